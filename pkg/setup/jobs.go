package setup

import (
	"strings"

	"gatepass/pkg/trust"
)

// Jobs are those that are to get in. A job has to be of the repository, or of any of the organization's, and all else that is not empty has
// to be true of it, too. If nothing says what a run is for, it is for the branch main.
type Jobs struct {
	Repository   string // OWNER/NAME
	Organization string // in its place
	OwnerID      string // Optional. GitHub's numbers never change, as names do.
	RepositoryID string
	Branch       string
	Tag          string
	PullRequest  bool
	Environment  string
	Workflow     string // the reusable one that the job is written in, as the claim job_workflow_ref has it
	Subject      Subject
	Issuer       string
}

// Subject is the form of the claim sub: https://docs.github.com/actions/reference/security/oidc#immutable-subject-claims
type Subject string

// The forms. Where none is chosen, both are written if something else than sub holds the job to the IDs, so that a name is not enough.
const (
	ByDefault Subject = ""
	Immutable Subject = "immutable" // repo:OWNER@ID/NAME@ID:…
	Name      Subject = "name"      // repo:OWNER/NAME:…
	Both      Subject = "both"
)

// withDefaults has the branch main where nothing says what a run is for.
func (j Jobs) withDefaults() Jobs {
	if j.Branch == "" && j.Tag == "" && !j.PullRequest && j.Environment == "" {
		j.Branch = "main"
	}
	return j
}

func (j Jobs) owner() string {
	owner, _, _ := strings.Cut(j.Repository, "/")
	return owner + j.Organization
}

// hasIDs tells whether the numbers of all are known that have names here.
func (j Jobs) hasIDs() bool {
	return j.OwnerID != "" && (j.RepositoryID != "" || j.Organization != "")
}

// isOnServer tells whether GitHub is an enterprise's own server, which has no immutable form of sub.
func (j Jobs) isOnServer() bool { return strings.HasSuffix(j.Issuer, "/_services/token") }

// isShared tells whether the issuer is that of everybody on github.com.
func (j Jobs) isShared() bool { return j.Issuer == trust.GitHubIssuer }

// forms are the forms in which sub is written, immutable or not. What is held to the IDs by something else may have its name, too: one who
// registers it again has other IDs.
func (j Jobs) forms(held bool) (immutable []bool) {
	switch {
	case j.Subject == Immutable:
		return []bool{true}
	case j.Subject == Name, j.Subject == ByDefault && (j.isOnServer() || !j.hasIDs()):
		return []bool{false}
	case j.Subject == Both, held:
		return []bool{true, false}
	}
	return []bool{true}
}

// ref is that of the run, or nothing if it may be any.
func (j Jobs) ref() string {
	switch {
	case j.Branch != "":
		return "refs/heads/" + j.Branch
	case j.Tag != "":
		return "refs/tags/" + j.Tag
	}
	return ""
}

// claims are those that all of these jobs have.
func (j Jobs) claims() trust.Claims {
	claims := trust.Claims{"repository_owner": j.owner()}
	for name, value := range map[string]string{
		"repository": j.Repository, "repository_id": j.RepositoryID, "repository_owner_id": j.OwnerID,
		"ref": j.ref(), "environment": j.Environment, "job_workflow_ref": j.Workflow,
	} {
		if value != "" {
			claims[name] = value
		}
	}
	if j.PullRequest {
		claims["event_name"] = "pull_request"
	}
	return claims
}

// subject is the claim sub of these jobs of one repository.
func (j Jobs) subject(immutable bool) string { return trust.GitHubSubject(j.claims(), immutable) }

// context is what follows the repository in sub.
func (j Jobs) context() string {
	claims := j.claims()
	delete(claims, "repository")
	return strings.TrimPrefix(trust.GitHubSubject(claims, false), "repo:")
}

// isNarrowed tells whether more is asked for than sub tells: it names the environment, and then not the branch, and it names no workflow.
func (j Jobs) isNarrowed() bool { return j.Environment != "" && j.ref() != "" || j.Workflow != "" }

// phrase says who they are. Sub tells whether the claim sub is asked for, which a job with an environment has another of.
func (j Jobs) phrase(sub bool) string {
	who := "jobs of " + j.Repository
	if j.Organization != "" {
		who = "jobs of every repository of " + j.Organization
	}
	switch {
	case j.Environment != "":
		who += " that name the environment " + j.Environment
		if j.ref() == "" {
			who += ", on any branch"
		} else {
			who += ", on " + j.ref()
		}
	case j.PullRequest:
		who += " for any pull request"
	default:
		who += " on " + j.ref()
	}
	if sub && j.Environment == "" {
		who += " that name no environment"
	}
	if j.Workflow != "" {
		who += ", in the reusable workflow " + j.Workflow
	}
	return who
}
