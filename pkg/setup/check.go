package setup

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"gatepass/pkg/untrusted"
)

var (
	repositoryForm = regexp.MustCompile(`\A[A-Za-z0-9_-]+/[A-Za-z0-9._-]+\z`)
	ownerForm      = regexp.MustCompile(`\A[A-Za-z0-9_-]+\z`)
	idForm         = regexp.MustCompile(`\A[0-9]{1,20}\z`)
	workflowForm   = regexp.MustCompile(`\A[A-Za-z0-9_-]+/[A-Za-z0-9._-]+/\.github/workflows/([^/@]+\.ya?ml)@(?:refs/(?:heads|tags)/(.+)|[0-9a-f]{40}|[0-9a-f]{64})\z`)
	// issuerForm is the issuer of github.com, of an enterprise there, of one at ghe.com, or of a server:
	// https://docs.github.com/enterprise-cloud@latest/actions/reference/security/oidc
	issuerForm = regexp.MustCompile(
		`\Ahttps://(?:token\.actions\.(?:githubusercontent\.com|[a-z0-9-]+\.ghe\.com)(?:/[A-Za-z0-9._-]+)?|[a-z0-9.-]+(?::[0-9]+)?/_services/token)\z`)
	// noRef is what no name of a branch or a tag has: https://git-scm.com/docs/git-check-ref-format
	noRef = regexp.MustCompile(`[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|//|\A[/.-]|/\.|[/.]\z|\.lock(?:/|\z)|\A@\z`)
)

// faults are what is wrong with flags. They name a flag as the command has it, and are safe to print.
type faults []error

func (f *faults) add(format string, values ...any) {
	*f = append(*f, errors.New(untrusted.Line(fmt.Sprintf(format, values...))))
}

func (f faults) join() error { return errors.Join(f...) }

// need adds a fault unless a flag's value has a form.
func (f *faults) need(flag, value string, form *regexp.Regexp, want string) {
	switch {
	case value == "":
		f.add("--%s: is missing; want %s", flag, want)
	case !form.MatchString(value):
		f.add("--%s %s: want %s", flag, value, want)
	}
}

func (j Jobs) check(f *faults) {
	j.checkRepository(f)
	j.checkRun(f)
	if parts := workflowForm.FindStringSubmatch(j.Workflow); j.Workflow != "" && (parts == nil || noRef.MatchString(parts[1]) || noRef.MatchString(parts[2])) {
		f.add("--workflow %s: want OWNER/NAME/.github/workflows/FILE@ with a commit's SHA, refs/tags/TAG or refs/heads/BRANCH behind it", j.Workflow)
	}
	if !issuerForm.MatchString(j.Issuer) {
		f.add("--issuer %s: want https://token.actions.githubusercontent.com, with /ENTERPRISE behind it if yours has an issuer of its own, "+
			"https://token.actions.ENTERPRISE.ghe.com, or https://HOST/_services/token", j.Issuer)
	}
	j.checkSubject(f)
}

func (j Jobs) checkRepository(f *faults) {
	switch {
	case j.Repository != "" && j.Organization != "":
		f.add("--repo and --organization: want one of them")
	case j.Organization != "" && !ownerForm.MatchString(j.Organization):
		f.add("--organization %s: want a name such as octo-org", j.Organization)
	case j.Organization == "" && j.Repository == "":
		f.add("--repo: is missing; say whose jobs get in, such as --repo octo-org/octo-repo")
	case j.Organization == "" && !repositoryForm.MatchString(j.Repository):
		f.add("--repo %s: want OWNER/NAME", j.Repository)
	}
	for _, id := range []struct{ flag, value string }{{"owner-id", j.OwnerID}, {"repo-id", j.RepositoryID}} {
		if id.value != "" && !idForm.MatchString(id.value) {
			f.add("--%s %s: want a number", id.flag, id.value)
		}
	}
	switch {
	case j.Organization != "" && j.RepositoryID != "":
		f.add("--repo-id: is for --repo; an organization has --owner-id")
	case j.Organization == "" && (j.OwnerID == "") != (j.RepositoryID == ""):
		f.add("--owner-id and --repo-id: want both; %s prints them", j.printIDs())
	}
}

func (j Jobs) checkRun(f *faults) {
	var of []string
	for _, run := range []struct {
		flag  string
		given bool
	}{{"--branch", j.Branch != ""}, {"--tag", j.Tag != ""}, {"--pull-request", j.PullRequest}} {
		if run.given {
			of = append(of, run.flag)
		}
	}
	if len(of) > 1 {
		f.add("%s: a run is for one of them; run this for each, with a role or an account of its own", strings.Join(of, " and "))
	}
	for _, ref := range []struct{ flag, name string }{{"branch", j.Branch}, {"tag", j.Tag}} {
		switch {
		case strings.HasPrefix(ref.name, "refs/"):
			f.add("--%s %s: want the name alone", ref.flag, ref.name)
		case strings.ContainsAny(ref.name, "*?["):
			f.add("--%s %s: want one name; a pattern lets in what anyone may push who can write to the repository. For several, use --environment, and list them in the rules of that environment on GitHub", ref.flag, ref.name)
		case ref.name != "" && (noRef.MatchString(ref.name) || untrusted.Line(ref.name) != ref.name):
			f.add("--%s %s: git takes no such name", ref.flag, ref.name)
		}
	}
	switch {
	case strings.ContainsAny(j.Environment, "*?"):
		f.add("--environment %s: want one name; run this for each environment", j.Environment)
	case j.Environment != untrusted.Line(j.Environment) || utf8.RuneCountInString(j.Environment) > 255:
		f.add("--environment %s: want the name of an environment, which has 255 characters at the most, all of them visible", j.Environment)
	}
	if j.PullRequest && j.Environment != "" {
		f.add("--pull-request and --environment: the sub of a job that names an environment does not tell a pull request; leave out --pull-request, " +
			"and say in the environment's settings which branches may use it")
	}
}

func (j Jobs) checkSubject(f *faults) {
	switch {
	case !slices.Contains([]Subject{ByDefault, Immutable, Name, Both}, j.Subject):
		f.add("--subject %s: want immutable, name or both", j.Subject)
	case j.Subject == Immutable || j.Subject == Both:
		if j.isOnServer() {
			f.add("--subject %s: GitHub Enterprise Server has the form name only", j.Subject)
		} else if !j.hasIDs() {
			f.add("--subject %s: needs %s; %s prints them", j.Subject, cmp.Or(map[bool]string{true: "--owner-id"}[j.Organization != ""], "--owner-id and --repo-id"), j.printIDs())
		}
	}
}
