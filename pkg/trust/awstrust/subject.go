package awstrust

import (
	"regexp"
	"slices"
	"strings"

	"gatepass/pkg/lazyregexp"
)

// shape is a value as a pattern: a policy variable is any text, and what stands for a plain wildcard is another character.
type shape struct {
	value
	text string
	dead bool // no token matches it, for the wildcards in it
}

func newShape(v value, o operator) shape {
	s := shape{value: v}
	for _, p := range v.parts {
		switch {
		case p.key != "":
			s.text += "*"
		case p.plain || o.literal():
			s.dead = s.dead || !p.plain && hasWildcard(p.text)
			s.text += strings.NewReplacer("*", "\ufffd", "?", "\ufffd").Replace(p.text)
		default:
			s.text += p.text
		}
	}
	if strings.Contains(o.name, "IgnoreCase") {
		s.text = lower(s.text)
	}
	return s
}

func hasWildcard(text string) bool { return strings.ContainsAny(text, "*?") }

// scope is what a condition holds a token to.
type scope int

const (
	owner      scope = 1 << iota
	ownerID          // the owner by an id, too
	repository       // the repository, by the name at least
	repositoryID
	workflow // the owner of the workflow that is called

	oneOwner      = owner | ownerID
	oneRepository = oneOwner | repository | repositoryID
)

// scopeForms are what holds a token to an owner, a repository or a workflow, by claim.
var scopeForms = map[string][]struct {
	form  func() *regexp.Regexp
	scope scope
}{
	"sub": {
		{lazyregexp.New(`(?:\A|:)repo:[^/:@*?]+[@/]`), owner},
		{lazyregexp.New(`(?:\A|:)repo:[^/:@*?]+@\d+/`), oneOwner},
		{lazyregexp.New(`(?:\A|:)repo:[^/:@*?]+(?:@[^/:]*)?/[^/:@*?]+(?:@|:|\z)`), repository},
		{lazyregexp.New(`(?:\A|:)repo:[^/:@*?]+@\d+/[^/:@*?]+@\d+(?::|\z)`), oneRepository},
		{lazyregexp.New(`(?:\A|:)repository_owner:[^:*?]+(?::|\z)`), owner},
		{lazyregexp.New(`(?:\A|:)enterprise:[^:*?]+(?::|\z)`), owner},
		{lazyregexp.New(`(?:\A|:)(?:repository_owner_id|enterprise_id):\d+(?::|\z)`), oneOwner},
		{lazyregexp.New(`(?:\A|:)repository_id:\d+(?::|\z)`), oneRepository},
		{lazyregexp.New(`(?:\A|:)job_workflow_ref:[^/:*?]+/`), workflow},
	},
	"repository": {
		{lazyregexp.New(`\A[^/*?]+/`), owner},
		{lazyregexp.New(`\A[^/*?]+/[^/*?]+\z`), repository},
	},
	"repository_id":       {{lazyregexp.New(`\A\d+\z`), oneRepository}},
	"repository_owner_id": {{lazyregexp.New(`\A\d+\z`), oneOwner}},
	"enterprise_id":       {{lazyregexp.New(`\A\d+\z`), oneOwner}},
	"job_workflow_ref":    {{lazyregexp.New(`\A[^/*?]+/`), workflow}},
}

// scope is what the value holds a claim to.
func (s shape) scope(claim string) (held scope) {
	for _, f := range scopeForms[claim] {
		if f.form().MatchString(s.text) {
			held |= f.scope
		}
	}
	return held
}

// subject is a pattern for sub in its default form, repo:OWNER/REPO:CONTEXT, of which a wildcard may have swallowed the end.
type subject struct {
	owner, ownerRest string // the name up to a wildcard or @, and the rest
	repo, repoRest   string
	context          string
}

var subjectForm = lazyregexp.New(`\Arepo:([^/:@*?]*)([^/:]*)(?:/([^/:@*?]*)([^/:]*))?(?::(.*))?\z`)

// subject takes the value apart, if it has that form; else there is nothing in it.
func (s shape) subject() (parts subject) {
	if match := subjectForm().FindStringSubmatch(s.text); match != nil {
		parts = subject{match[1], match[2], match[3], match[4], match[5]}
	}
	return parts
}

// namesOnly reports whether the subject names one repository, without its ids.
func (s subject) namesOnly() bool {
	return s.owner != "" && s.repo != "" && s.ownerRest == "" && s.repoRest == ""
}

// withIDs reports whether the subject can be one with IDs.
func (s subject) withIDs() bool {
	return strings.HasPrefix(s.ownerRest, "@") && s.owner != "" && s.repo != ""
}

func (s subject) wildOwnerID() bool {
	return strings.HasPrefix(s.ownerRest, "@") && hasWildcard(s.ownerRest)
}

func (s subject) wildRepositoryID() bool {
	return strings.HasPrefix(s.repoRest, "@") && hasWildcard(s.repoRest)
}

// repository is the subject up to its context, with something in place of each wildcard.
func (s subject) repository() string {
	filled := strings.NewReplacer("*", "1", "?", "1")
	return "repo:" + s.owner + filled.Replace(s.ownerRest) + "/" + s.repo + filled.Replace(s.repoRest)
}

// claimNames are the claims of GitHub's that a customised sub may name:
// https://docs.github.com/actions/reference/security/oidc#custom-claims-provided-by-github
var claimNames = []string{
	"actor", "actor_id", "base_ref", "check_run_id", "enterprise", "enterprise_id", "environment", "event_name", "head_ref",
	"job_workflow_ref", "job_workflow_sha", "ref", "ref_protected", "ref_type", "repo", "repository", "repository_id", "repository_owner",
	"repository_owner_id", "repository_visibility", "run_attempt", "run_id", "run_number", "runner_environment", "sha", "workflow",
	"workflow_ref", "workflow_sha",
}

func isClaimName(name string) bool {
	return slices.Contains(claimNames, name) || strings.HasPrefix(name, "repo_property_")
}

// subjectProblem says why no sub of GitHub's has the form of a pattern.
func (s shape) subjectProblem() string {
	segments := strings.Split(s.text, ":")
	switch first := segments[0]; {
	case hasWildcard(first):
		return ""
	case !isClaimName(first):
		return "GitHub's sub begins with repo:OWNER/REPO: or, customised, with the name of a claim"
	case first != "repo":
		return ""
	case len(segments) < 2 || !strings.Contains(segments[1], "/") && !hasWildcard(segments[1]):
		return "GitHub's sub names the repository as repo:OWNER/REPO"
	case hasWildcard(segments[1]) || len(segments) < 3 || hasWildcard(segments[2]):
		return ""
	}
	switch context := segments[2]; {
	case context != "pull_request" && !isClaimName(context):
		return "after the repository, GitHub's sub has ref:refs/heads/BRANCH, ref:refs/tags/TAG, pull_request or environment:NAME"
	case context == "ref" && !canBeRef(strings.Join(segments[3:], ":")):
		return "a ref is written in full, as refs/heads/BRANCH or refs/tags/TAG"
	}
	return ""
}

func canBeRef(pattern string) bool {
	at := strings.IndexAny(pattern, "*?")
	return strings.HasPrefix(pattern, "refs/") || at >= 0 && strings.HasPrefix("refs/", pattern[:at])
}
