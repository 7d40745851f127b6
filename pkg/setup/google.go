package setup

import (
	"cmp"
	"regexp"
	"strings"

	"gatepass/pkg/grant"
)

// Google is what certain jobs get on Google Cloud, and the workload identity provider that lets them in.
type Google struct {
	Jobs
	Project        string // its ID
	ProjectNumber  string
	Pool           string // Defaults to github- and the name of the repository or the organization.
	Provider       string // Defaults to github.
	ServiceAccount string // the address of whom the jobs may act as
	Role           string // in its place, what they get in the project themselves
	// CreateProvider is for a project that has no such pool and provider.
	CreateProvider bool
}

var (
	projectForm = regexp.MustCompile(`\A(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]\z`)
	numberForm  = regexp.MustCompile(`\A[0-9]{6,20}\z`)
	// poolForm is also that of providers. What begins with gcp- is Google's:
	// https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools/create
	poolForm    = regexp.MustCompile(`\A[a-z0-9-]{4,32}\z`)
	accountAddr = regexp.MustCompile(`\A[^@\s/:?#%]+@[a-z0-9.-]+\.gserviceaccount\.com\z`)
	roleForm    = regexp.MustCompile(`\A(?:roles|projects/[^/\s]+/roles|organizations/[0-9]+/roles)/[A-Za-z0-9_.]+\z`)
)

// Terraform is the configuration for Terraform and OpenTofu, with a guide in comments.
func (g Google) Terraform() (string, error) { return g.write(Google.terraform) }

// Commands are those of gcloud, with a guide in comments.
func (g Google) Commands() (string, error) { return g.write(Google.commands) }

func (g Google) write(format func(Google) document) (string, error) {
	g.Jobs = g.withDefaults()
	if g.Pool == "" {
		g.Pool = strings.TrimRight(notInPool.ReplaceAllString(strings.ToLower(g.usualName(32)), "-"), "-")
	}
	g.Provider = cmp.Or(g.Provider, "github")
	if err := g.check(); err != nil {
		return "", err
	}
	d := format(g)
	return d.text + "\n" + g.guide(d).String(), nil
}

var notInPool = regexp.MustCompile(`[^a-z0-9]+`)

func (g Google) check() error {
	var f faults
	g.Jobs.check(&f)
	switch {
	case numberForm.MatchString(g.Project):
		f.add("--project %s: this is a project's number, which goes to --project-number; here goes its ID, such as my-project", g.Project)
	default:
		f.need("project", g.Project, projectForm, "the project's ID, such as my-project")
	}
	project := g.Project
	if !projectForm.MatchString(project) {
		project = "PROJECT"
	}
	f.need("project-number", g.ProjectNumber, numberForm, "the project's number, as gcloud projects describe "+project+" --format='value(projectNumber)' prints it")
	for _, id := range []struct{ flag, value string }{{"pool", g.Pool}, {"provider", g.Provider}} {
		if strings.HasPrefix(id.value, "gcp-") {
			f.add("--%s %s: Google keeps names that begin with gcp- for itself", id.flag, id.value)
		} else {
			f.need(id.flag, id.value, poolForm, "a name of 4 to 32 characters of a-z 0-9 -")
		}
	}
	switch {
	case g.ServiceAccount == "" && g.Role == "":
		f.add("--service-account: is missing; say whom the jobs may act as, or with --role, such as roles/storage.objectViewer, what they get in the project themselves")
	case g.ServiceAccount != "" && g.Role != "":
		f.add("--service-account and --role: want one of them; what a service account may do is its own")
	case g.Role != "":
		f.need("role", g.Role, roleForm, "the name of a role, such as roles/storage.objectViewer")
	default:
		f.need("service-account", g.ServiceAccount, accountAddr, "a service account's address, such as deploy@my-project.iam.gserviceaccount.com")
	}
	if len(f) == 0 && !g.CreateProvider && (g.isNarrowed() || !g.isBySubject()) {
		f.add("--create-provider=false: not all of what is asked for is in google.subject, so that the provider has to ask for it; make one for these jobs alone, " +
			"with --pool and --provider")
	}
	return f.join()
}

func (g Google) poolName() string {
	return "projects/" + g.ProjectNumber + "/locations/global/workloadIdentityPools/" + g.Pool
}

func (g Google) providerName() string { return g.poolName() + "/providers/" + g.Provider }

// subjects are the forms of sub that the bindings have. The condition of a provider that is made here holds all to the IDs.
func (g Google) subjects() (immutable []bool) { return g.forms(g.CreateProvider) }

// isBySubject tells whether bindings can name the jobs by their sub. There is no pattern for the repositories of an organization, and
// Google takes no longer one.
func (g Google) isBySubject() bool {
	if g.Organization != "" {
		return false
	}
	for _, immutable := range g.subjects() {
		if len(g.subject(immutable)) > grant.MaxSubject {
			return false
		}
	}
	return true
}

// boundary is the claim that tells the repository, or the owner for an organization.
func (g Google) boundary() (claim, value string) {
	switch {
	case g.Organization != "" && g.OwnerID != "":
		return "repository_owner_id", g.OwnerID
	case g.Organization != "":
		return "repository_owner", g.Organization
	case g.RepositoryID != "":
		return "repository_id", g.RepositoryID
	}
	return "repository", g.Repository
}

func (g Google) mapping() grant.Mapping {
	claims := g.claims()
	if g.isBySubject() {
		claims["sub"] = g.subject(g.subjects()[0])
		return grant.GoogleMapping(claims)
	}
	claim, _ := g.boundary()
	ref := g.ref()
	if g.PullRequest {
		ref = "refs/pull/9999999999/merge" // the longest
	}
	return grant.Mapping{{Name: "google.subject", Expression: grant.ShortSubject(ref)}, {Name: "attribute." + claim, Expression: "assertion." + claim}}
}

// condition admits the repository, and of its jobs those that bindings cannot name.
func (g Google) condition() string {
	claims := g.claims()
	terms := []string{grant.GoogleCondition(claims)}
	for _, claim := range []string{"event_name", "environment", "ref", "job_workflow_ref"} {
		value, _ := claims[claim].(string)
		notInSubject := claim == "job_workflow_ref" || claim == "ref" && g.Environment != ""
		if value != "" && (notInSubject || !g.isBySubject()) {
			terms = append(terms, grant.Is(claim, value))
		}
	}
	return strings.Join(terms, " && ")
}

// members are those of the bindings.
func (g Google) members() (members []string) {
	if !g.isBySubject() {
		claim, value := g.boundary()
		return []string{grant.SetMember(g.poolName(), "attribute."+claim, value)}
	}
	for _, immutable := range g.subjects() {
		claims := g.claims()
		claims["sub"] = g.subject(immutable)
		members = append(members, grant.GoogleMembers(g.poolName(), claims)[0].Member)
	}
	return members
}
