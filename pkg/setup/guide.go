package setup

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/mitchellh/go-wordwrap"

	"gatepass/pkg/quote"
	"gatepass/pkg/trust"
)

// guide are notes for whoever has a document before them, in comments, which HCL, YAML and a shell have in common.
type guide struct{ lines []string }

const column = 110

// say adds a paragraph.
func (g *guide) say(text string) {
	if n := len(g.lines); n > 0 && g.lines[n-1] != "" {
		g.lines = append(g.lines, "")
	}
	g.lines = append(g.lines, strings.Split(wordwrap.WrapString(text, column), "\n")...)
}

// block adds lines to be copied.
func (g *guide) block(text string) {
	g.lines = append(g.lines, "")
	for line := range strings.SplitSeq(trimmed(text), "\n") {
		g.lines = append(g.lines, "  "+line)
	}
	g.lines = append(g.lines, "")
}

func (g *guide) String() string {
	var text strings.Builder
	for _, line := range g.lines {
		text.WriteString(strings.TrimRight("# "+line, " ") + "\n")
	}
	return strings.TrimSuffix(text.String(), "#\n")
}

func trimmed(text string) string { return strings.TrimSuffix(text, "\n") }

func (a AWS) guide(d document) *guide {
	g := &guide{}
	g.say("This lets in " + a.phrase(true) + ".")
	a.warn(g)
	held := "Nothing but sub tells repositories apart here, so that whoever registers the names again gets in by the form without IDs."
	switch {
	case !a.isShared():
		held = "Names will do, too, as the issuer vouches for your enterprise's repositories alone."
	case a.readsClaims() && a.Organization != "":
		held = "Names can be registered again by others, so that repository_owner_id is compared, too."
	case a.readsClaims():
		held = "Names can be registered again by others, so that repository_id is compared, too."
	}
	a.explainSubject(g, a.subjects(), held)
	if a.CreateProvider {
		g.say("The OIDC provider has no thumbprint, as AWS does without. The AWS CLI, and Terraform's provider for AWS, ask for one in versions from before 2025: " +
			"use a later one. An account has one OIDC provider for an issuer. If yours is there already, say --create-provider=false, and see that it takes the audience:")
		g.block(quote.Command(append([]string{"aws", "iam", "add-client-id-to-open-id-connect-provider", "--open-id-connect-provider-arn", a.providerARN(),
			"--client-id", a.audience()}, a.inRegion()...)...))
	}
	g.say("The role may do nothing yet: attach a policy with what the jobs need, and no more.")
	a.deploy(g, d)
	a.use(g, yaml.MapSlice{{Key: "aws-region", Value: a.Region}, {Key: "role-to-assume", Value: a.roleARN()}})
	g.say("To see what the trust policy says to such a job:")
	g.block(d.show + " | " + quote.Command(slices.Concat([]string{"gatepass", "check", "aws", "-"}, d.only, a.checkFlags(a.subjects()))...))
	return g
}

func (g Google) guide(d document) *guide {
	notes := &guide{}
	notes.say("This lets in " + g.phrase(g.isBySubject()) + ".")
	g.warn(notes)
	if g.isBySubject() {
		held := "Names can be registered again by others, so that the provider's condition compares the IDs, too."
		if !g.CreateProvider {
			held = "Names can be registered again by others, so that the provider's condition has to compare the IDs, too."
		}
		g.explainSubject(notes, g.subjects(), held)
	} else if !g.hasIDs() {
		g.explainNames(notes, false)
	}
	if g.CreateProvider {
		notes.say("The APIs that a sign-in needs, if the project does not have them:")
		notes.block("gcloud services enable iam.googleapis.com sts.googleapis.com iamcredentials.googleapis.com --project=" + g.Project)
	} else {
		notes.say("The provider " + g.providerName() + " must map google.subject to assertion.sub, and its condition should let in no others than it has to, such as:")
		notes.block(g.condition())
	}
	if g.ServiceAccount != "" {
		notes.say("The service account has to be there. What it may do, the jobs may do: give it what they need, and no more.")
	}
	g.deploy(notes, d)
	with := yaml.MapSlice{{Key: "workload_identity_provider", Value: g.providerName()}}
	if g.ServiceAccount != "" {
		with = append(with, yaml.MapItem{Key: "service_account", Value: g.ServiceAccount})
	} else {
		with = append(with, yaml.MapItem{Key: "project_id", Value: g.Project})
	}
	g.use(notes, with)
	notes.say("To see what the provider and the bindings say to such a job:")
	notes.block(g.bindings() + " >bindings.json\n" + d.show + " | " +
		quote.Command(append([]string{"gatepass", "check", "google", "-", "--bindings", "bindings.json"}, g.checkFlags(g.subjects())...)...))
	return notes
}

var commitForm = regexp.MustCompile(`@[0-9a-f]{40,64}\z`)

// warn says of what was asked for how wide it is.
func (j Jobs) warn(g *guide) {
	switch {
	case j.Organization != "" && j.Workflow != "":
		g.say("Whoever may write to one of the repositories, of today or tomorrow, can call the workflow, with inputs of their own. With --repo it is one repository.")
	case j.Organization != "":
		g.say("Whoever may write to one of the repositories, of today or tomorrow, gets in. With --repo it is one repository.")
	}
	if j.PullRequest {
		g.say("A pull request runs what its author wrote, before anyone has reviewed it: let it read, not write.")
	}
	if j.Workflow != "" && !commitForm.MatchString(j.Workflow) {
		g.say("What is behind the @ can be moved to another workflow. A commit's SHA cannot, if the callers name that.")
	}
}

// explainSubject says which forms sub is written in, and why. Held says what keeps the form without IDs from letting in others.
func (j Jobs) explainSubject(g *guide, immutable []bool, held string) {
	const forms = "Repositories that were made, renamed or transferred since 15 July 2026 have the IDs in sub, the others do if they have opted in. "
	which := "this repository has:"
	if j.Organization != "" {
		which = "a repository has:"
	}
	switch {
	case !j.hasIDs():
		j.explainNames(g, true)
		return
	case j.isOnServer():
		return
	case len(immutable) == 2:
		g.say(forms + "Both forms are let in. " + held + " --subject immutable or --subject name leaves one of them out. Which one " + which)
	case immutable[0]:
		g.say(forms + "Only the form with IDs is let in, as names can be registered again by others. Which one " + which)
	default:
		g.say(forms + "Only the form without IDs is let in, as --subject name says. Which one " + which)
	}
	g.block(j.printSubject())
}

// explainNames says what is missing where the IDs are not given.
func (j Jobs) explainNames(g *guide, sub bool) {
	flags := "--owner-id and --repo-id"
	if j.Organization != "" {
		flags = "--owner-id"
	}
	text := "Without " + flags + " only names are compared, and whoever registers them after they were given up gets in. "
	prints := j.printIDs()
	if sub && !j.isOnServer() {
		text += "Repositories that were made, renamed or transferred since 15 July 2026 have the IDs in sub, and do not get in. This prints the IDs, and how sub begins:"
		prints += "\n" + j.printSubject()
	} else {
		text += "This prints the IDs:"
	}
	g.say(text)
	g.block(prints)
}

// printIDs is the command that prints the IDs of the owner and of the repository.
func (j Jobs) printIDs() string {
	if j.Organization != "" {
		return quote.Command(j.gh("users/"+j.Organization, "--jq", ".id")...)
	}
	repository := j.Repository
	if !repositoryForm.MatchString(repository) {
		repository = "OWNER/NAME"
	}
	return quote.Command(j.gh("repos/"+repository, "--jq", ".owner.id, .id")...)
}

// printSubject is the command that prints how sub begins.
func (j Jobs) printSubject() string {
	repository := j.Repository
	if j.Organization != "" {
		repository = j.Organization + "/REPOSITORY"
	}
	return quote.Command(j.gh("repos/"+repository+"/actions/oidc/customization/sub", "--jq", ".sub_claim_prefix")...)
}

// gh is a request to the API of the GitHub that the issuer belongs to.
func (j Jobs) gh(path string, flags ...string) []string {
	words := []string{"gh", "api", path}
	if issuer, err := url.Parse(j.Issuer); err == nil && issuer.Host != "" && issuer.Host != "token.actions.githubusercontent.com" {
		words = append(words, "--hostname", strings.TrimPrefix(issuer.Host, "token.actions."))
	}
	return append(words, flags...)
}

func (j Jobs) deploy(g *guide, d document) {
	if len(d.deploy) == 0 {
		return
	}
	var lines []string
	for _, s := range d.deploy {
		if s.remark != "" {
			s.command += " # " + s.remark
		}
		lines = append(lines, s.command)
	}
	g.say("To create it:")
	g.block(strings.Join(lines, "\n"))
}

// use is the job that signs in.
func (j Jobs) use(g *guide, with yaml.MapSlice) {
	job := yaml.MapSlice{{Key: "runs-on", Value: "ubuntu-latest"}}
	if j.Environment != "" {
		job = append(job, yaml.MapItem{Key: "environment", Value: j.Environment})
	}
	job = append(job,
		yaml.MapItem{Key: "permissions", Value: yaml.MapSlice{{Key: "id-token", Value: "write"}, {Key: "contents", Value: "read"}}},
		yaml.MapItem{Key: "steps", Value: []yaml.MapSlice{{{Key: "uses", Value: "OWNER/gatepass@v1"}, {Key: "with", Value: with}}}})
	where := "the workflow"
	if j.Workflow != "" {
		where, _, _ = strings.Cut(j.Workflow, "@")
	}
	g.say("The job in " + where + ":")
	g.block(yamlText(yaml.MapSlice{{Key: "deploy", Value: job}}))
}

// checkFlags describe such a job to gatepass check.
func (j Jobs) checkFlags(immutable []bool) []string {
	repository, id := j.Repository, j.RepositoryID
	if j.Organization != "" {
		repository = j.Organization + "/any-repository"
		if j.hasIDs() {
			id = "1"
		}
	}
	flags := []string{"--repo", repository}
	add := func(name, value string) {
		if value != "" {
			flags = append(flags, name, value)
		}
	}
	add("--owner-id", j.OwnerID)
	add("--repo-id", id)
	switch {
	case len(immutable) == 2 || !j.hasIDs():
	case immutable[0]:
		flags = append(flags, "--immutable-subject")
	default:
		flags = append(flags, "--immutable-subject=false")
	}
	add("--ref", j.ref())
	if j.PullRequest {
		flags = append(flags, "--event", "pull_request")
	}
	add("--environment", j.Environment)
	add("--workflow", j.Workflow)
	if j.Issuer != trust.GitHubIssuer {
		add("--issuer", j.Issuer)
	}
	return flags
}
