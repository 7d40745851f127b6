package awstrust

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"gatepass/pkg/lazyregexp"
)

// condition checks one condition by itself.
func (l *linter) condition(s *statement, c *condition) {
	l.texts(c)
	issuers := s.issuers()
	if len(issuers) == 0 {
		return
	}
	at := slices.IndexFunc(issuers, func(issuer string) bool {
		_, is := claimOf(issuer, c.key)
		return is
	})
	if at < 0 {
		l.foreign(s, c, issuers)
		return
	}
	claim, _ := claimOf(issuers[at], c.key)
	if populated(issuers[at], claim) == No {
		l.unpopulated(s, c, claim)
		return
	}
	if c.operator.name == null {
		l.null(s, c, claim)
		return
	}
	if !s.deny && c.optional() && !s.requires(c.key) {
		plain := strings.TrimPrefix(strings.TrimSuffix(c.operator.name, "IfExists"), "ForAllValues:")
		l.report(optionalCondition, c.place(), "Write "+plain+".", "%s holds for every token without the claim %s", c.operator.name, claim)
	}
	if !c.limits() {
		return
	}
	for _, v := range c.values {
		l.value(s, claim, newShape(v, c.operator))
	}
	if !s.deny {
		l.alternatives(c)
	}
}

// texts checks what is read in another way than it was written.
func (l *linter) texts(c *condition) {
	for _, v := range c.values {
		if !l.policy.variables && c.operator.variables && strings.Contains(v.text, "${") {
			l.report(literalVariable, v.place(), `Write "Version": "2012-10-17".`, "%q has a policy variable, which is plain text in this version", v.text)
		}
		// A workflow may be called "build *".
		if strings.HasSuffix(lower(c.key), ":workflow") || !c.operator.literal() || !newShape(v, c.operator).dead {
			continue
		}
		like := strings.NewReplacer("EqualsIgnoreCase", "Like", "Equals", "Like").Replace(c.operator.name)
		l.report(literalWildcard, v.place(), "Write "+like+", or the value in full.",
			"%s takes the wildcard in %q for a plain character, which no token has there", c.operator.name, v.text)
	}
}

// foreign checks a condition on a key that is none of GitHub's. Of two providers' keys no token has both.
func (l *linter) foreign(s *statement, c *condition, issuers []string) {
	if !isProviders(c.key) || !c.limits() || c.optional() {
		return
	}
	_, name, _ := strings.Cut(c.key, ":")
	fix := "Write " + issuers[0] + ":" + name + "."
	switch {
	case !s.trusts(c.key):
		l.report(neverMatches, c.place(), fix, "%q is a key of another provider than the statement's, %s, so that the statement %s nothing",
			c.key, issuers[0], s.effect())
	case slices.ContainsFunc(s.conditions, func(other condition) bool {
		_, gitHubs := claimOf(issuers[0], other.key)
		return gitHubs && other.limits() && !other.optional()
	}):
		l.report(neverMatches, c.place(), "Give each provider a statement of its own.", "no token has both %q and a key of %s, so that the statement %s nothing",
			c.key, issuers[0], s.effect())
	}
}

// trusts reports whether the statement is about the provider that a key is of.
func (s *statement) trusts(key string) bool {
	return slices.ContainsFunc(s.principal.names, func(name principal) bool {
		_, is := claimOf(cmp.Or(issuerOf(name.text), name.text), key)
		return is
	})
}

func (l *linter) unpopulated(s *statement, c *condition, claim string) {
	fix := "Take it out. AWS makes keys of sub, aud and, for GitHub's own issuer, " + strings.Join(populatedClaims[2:], ", ") + "."
	absent := c.absent()
	if c.operator.name == null {
		absent = truth(slices.ContainsFunc(c.values, func(v value) bool { return v.text == "true" }))
	}
	if absent == Yes {
		l.report(unpopulatedKey, c.place(), fix, "AWS makes no condition key of the claim %s, so that the condition always holds", claim)
	} else {
		l.report(unpopulatedKey, c.place(), fix, "AWS makes no condition key of the claim %s, so that the statement %s nothing", claim, s.effect())
	}
}

// constantClaims are those that every token has.
var constantClaims = []string{
	"sub", "aud", "actor", "actor_id", "job_workflow_ref", "ref", "repository", "repository_id", "repository_owner_id", "workflow",
}

func (l *linter) null(s *statement, c *condition, claim string) {
	if !slices.Contains(constantClaims, claim) || len(c.values) != 1 {
		return
	}
	if c.values[0].text == "true" {
		l.report(neverMatches, c.place(), "Take it out.", "every token has the claim %s, so that the statement %s nothing", claim, s.effect())
	} else if !s.deny {
		l.report(vacuousCondition, c.place(), "Take it out.", "every token has the claim %s", claim)
	}
}

// claimForms are the forms of claims' values, where they have one.
var claimForms = map[string]struct {
	form func() *regexp.Regexp
	says string
}{
	"ref":                 {lazyregexp.New(`\Arefs/.+\z`), "a ref is written in full, as refs/heads/BRANCH or refs/tags/TAG"},
	"repository":          {lazyregexp.New(`\A[^/]+/[^/]+\z`), "a repository is written as OWNER/REPO"},
	"repository_id":       {lazyregexp.New(`\A\d+\z`), "an id is a number"},
	"repository_owner_id": {lazyregexp.New(`\A\d+\z`), "an id is a number"},
	"enterprise_id":       {lazyregexp.New(`\A\d+\z`), "an id is a number"},
	"actor_id":            {lazyregexp.New(`\A\d+\z`), "an id is a number"},
	"job_workflow_ref":    {lazyregexp.New(`\A[^/]+/[^/]+/.+@.+\z`), "a workflow is written as OWNER/REPO/.github/workflows/FILE@REF"},
}

// value checks one value of a condition that asks for one of them.
func (l *linter) value(s *statement, claim string, v shape) {
	if v.dead {
		return
	}
	fix, problem := "Write it as the job's token has it.", ""
	if claim == "sub" {
		fix = "Write it as the job's token has it, such as " + wantedSubject + "."
		problem = v.subjectProblem()
	} else if f, known := claimForms[claim]; known && !hasWildcard(v.text) && !f.form().MatchString(v.text) {
		problem = f.says
	}
	switch {
	case problem != "":
		l.report(neverMatches, v.place(), fix, "no token has the %s %q: %s", claim, v.value.text, problem)
	case s.deny:
	case claim == "job_workflow_ref":
		l.workflow(v.place(), v.text)
	case claim == "sub" && strings.Contains(v.text, "job_workflow_ref:"):
		_, ref, _ := strings.Cut(v.text, "job_workflow_ref:")
		ref, _, _ = strings.Cut(ref, ":")
		l.workflow(v.place(), ref)
	case claim == "aud" && strings.HasPrefix(v.text, "https://github.com/"):
		l.report(defaultAudience, v.place(), "Take it out, and have jobs ask for a token with the audience sts.amazonaws.com.",
			"%q is the audience of a token for which the job named none", v.value.text)
	}
}

var commitForm = lazyregexp.New(`@(?:[0-9a-f]{40}|[0-9a-f]{64})\z`)

// workflow checks which versions of a workflow a value takes.
func (l *linter) workflow(where place, ref string) {
	const fix = "Have jobs use the workflow at a commit, and write …/.github/workflows/FILE@SHA."
	name, version, found := strings.Cut(ref, "@")
	switch {
	case commitForm().MatchString(ref), isAnything(ref):
	case !found || hasWildcard(version) && !strings.HasPrefix(version, "refs/"):
		l.report(mutableWorkflow, where, fix, "the workflow %q may be of any branch, tag or commit", name)
	default:
		l.report(mutableWorkflow, where, fix, "the workflow %q is what %q is at the time", name, version)
	}
}

// alternatives checks whether a value of a list makes another one needless.
func (l *linter) alternatives(c *condition) {
	if !c.operator.wildcards {
		return
	}
	for i, v := range c.values {
		loose := newShape(v, c.operator)
		for j, other := range c.values {
			if tight := newShape(other, c.operator); i != j && loose.text != tight.text && covers(loose.text, tight.text) {
				l.report(looseAlternative, v.place(), "Take out the one of the two that is not meant.", "%q lets in all that %q does, and more", v.text, other.text)
				break
			}
		}
	}
}

// covers reports whether a pattern matches all that another one does: only a * can take a *, which these texts are as good as any for.
func covers(loose, tight string) bool {
	return Like(loose, strings.NewReplacer("*", "", "?", "\ufffd").Replace(tight)) &&
		Like(loose, strings.NewReplacer("*", "\ufffd/:\ufffd", "?", "\ufffd").Replace(tight))
}

// contradictions checks whether two conditions ask for different values of one key.
func (l *linter) contradictions(s *statement) {
	for i := range s.conditions {
		later := &s.conditions[i]
		for j := range s.conditions[:i] {
			earlier := &s.conditions[j]
			if lower(earlier.key) == lower(later.key) && contradict(earlier, later) {
				l.report(neverMatches, later.place(), "Take out one of the two, or write one list.",
					"no value of %s is also one that %s asks for, so that the statement %s nothing", later.operator.name, earlier.operator.name, s.effect())
			}
		}
	}
}

func contradict(a, b *condition) bool {
	for _, c := range []*condition{a, b} {
		if !c.limits() || c.optional() || strings.Contains(c.operator.name, "IgnoreCase") {
			return false
		}
	}
	for _, v := range a.values {
		for _, w := range b.values {
			v, w := newShape(v, a.operator), newShape(w, b.operator)
			if v.dead || w.dead || hasWildcard(v.text) && hasWildcard(w.text) || Like(v.text, w.text) || Like(w.text, v.text) {
				return false
			}
		}
	}
	return true
}
