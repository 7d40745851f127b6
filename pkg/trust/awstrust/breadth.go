package awstrust

import (
	"fmt"
	"slices"
	"strings"
)

// breadth is whom of GitHub's jobs a statement lets in that allows what one of GitHub's issuers vouches for.
type breadth struct {
	statement *statement
	issuer    string
	limits    map[string][]limit // the conditions that ask for a text, by claim
	negated   []*condition       // those on sub and job_workflow_ref that only rule some out
	held      scope
	dead      bool // a condition holds for no token of the issuer
}

// limit is a condition with those of its values that a token can have.
type limit struct {
	*condition
	shapes []shape
}

func newBreadth(s *statement, issuer string) *breadth {
	b := &breadth{statement: s, issuer: issuer, limits: map[string][]limit{}}
	if issuer != sharedIssuer {
		b.held = oneOwner // Such an issuer is an enterprise's own.
	}
	for i := range s.conditions {
		c := &s.conditions[i]
		claim, is := claimOf(issuer, c.key)
		switch {
		case !is:
			b.dead = b.dead || isProviders(c.key) && c.limits() && !c.optional()
		case c.operator.negated && (claim == "sub" || claim == "job_workflow_ref"):
			b.negated = append(b.negated, c)
		case c.limits() && (!c.optional() || s.requires(c.key) || slices.Contains(constantClaims, claim)):
			l := limit{condition: c}
			held := ^scope(0)
			for _, v := range c.values {
				if s := newShape(v, c.operator); !s.dead && (claim != "sub" || s.subjectProblem() == "") {
					l.shapes = append(l.shapes, s)
					held &= s.scope(claim)
				}
			}
			b.limits[claim] = append(b.limits[claim], l)
			b.held |= held
			b.dead = b.dead || len(l.shapes) == 0
		}
	}
	return b
}

// values are the values of all conditions on a claim.
func (b *breadth) values(claim string) (values []shape) {
	for _, l := range b.limits[claim] {
		values = append(values, l.shapes...)
	}
	return values
}

// guards are the conditions that AWS insists on, one of which a policy for GitHub's own issuer needs.
func (b *breadth) guards() []limit {
	return slices.Concat(b.limits["sub"], b.limits["job_workflow_ref"])
}

func (l *linter) breadth(b *breadth) {
	if b.dead {
		return
	}
	l.audience(b)
	switch {
	case len(b.guards()) == 0 && b.issuer == sharedIssuer:
		l.unguarded(b)
		return
	case b.held&(owner|workflow) == workflow:
		c := b.guards()[len(b.guards())-1]
		l.report(anyCaller, c.place(), b.fix("sub", wantedSubject), "the condition holds for every repository that calls the workflow")
	case b.held&owner == 0:
		l.anyRepository(b)
	case b.held&(repository|workflow) == 0:
		l.everyRepository(b)
	}
	l.contexts(b)
	l.ids(b)
	l.vacuous(b)
}

// wantedSubject and wantedAudience are what a policy should ask for.
const (
	wantedSubject  = "repo:OWNER@OWNER-ID/REPO@REPO-ID:ref:refs/heads/BRANCH"
	wantedAudience = "sts.amazonaws.com"
)

// fix says which condition to write.
func (b *breadth) fix(claim, wanted string) string {
	return fmt.Sprintf(`Write "StringEquals": {"%s:%s": "%s"}.`, b.issuer, claim, wanted)
}

func (l *linter) unguarded(b *breadth) {
	if len(b.negated) > 0 {
		c := b.negated[0]
		l.report(negatedSubject, c.place(), b.fix("sub", wantedSubject), "%s lets in every repository of github.com but those that it rules out", c.operator.name)
		return
	}
	l.report(missingSubject, b.statement.place(), b.fix("sub", wantedSubject), "the statement lets in jobs without regard to sub or job_workflow_ref. AWS no longer "+
		"takes such a policy: it “must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, %[1]s:sub or %[1]s:job_workflow_ref "+
		"which is not scoped to all”", b.issuer)
}

func (l *linter) audience(b *breadth) {
	limited := func(l limit) bool {
		return !slices.ContainsFunc(l.shapes, func(s shape) bool { return isAnything(s.text) })
	}
	conditions := b.limits["aud"]
	switch {
	case slices.ContainsFunc(conditions, limited):
	case len(conditions) > 0:
		l.report(missingAudience, conditions[0].place(), b.fix("aud", wantedAudience), "the condition takes every audience")
	default:
		l.report(missingAudience, b.statement.place(), b.fix("aud", wantedAudience), "the statement does not ask for whom a token is meant")
	}
}

// isAnything reports whether a pattern matches every text.
func isAnything(pattern string) bool { return pattern != "" && strings.Trim(pattern, "*") == "" }

func (l *linter) anyRepository(b *breadth) {
	claim := "sub"
	if len(b.limits[claim]) == 0 {
		claim = "job_workflow_ref"
	}
	for _, v := range b.values(claim) {
		s := v.subject()
		switch {
		case v.scope(claim) != 0:
		case claim == "sub" && s.owner != "":
			l.report(ownerPrefix, v.place(), "Write the owner's name in full: "+wantedSubject+".",
				"%q has a wildcard in the owner's name, which lets in other owners", v.value.text)
		case isAnything(v.text):
			l.report(anyRepository, v.place(), b.fix("sub", wantedSubject),
				"%q lets in every repository of github.com", v.value.text)
		default:
			l.report(anyRepository, v.place(), b.fix("sub", wantedSubject),
				"%q names no owner, and lets in the repositories of strangers", v.value.text)
		}
	}
}

func (l *linter) everyRepository(b *breadth) {
	const fix = "Name the repository: " + wantedSubject + "."
	for _, claim := range []string{"sub", "repository", "repository_owner_id", "enterprise_id"} {
		for _, v := range b.values(claim) {
			held := v.scope(claim)
			if held&(owner|repository) != owner {
				continue
			}
			if v.subject().repo != "" {
				l.report(everyRepository, v.place(), fix, "%q lets in every repository of the owner that has such a name", v.value.text)
			} else {
				l.report(everyRepository, v.place(), fix, "%q lets in every repository of the owner", v.value.text)
			}
			return
		}
	}
	l.report(everyRepository, b.statement.place(), fix, "the statement lets in every repository of the enterprise that has the issuer %s", b.issuer)
}

// contexts checks what sub says after the repository.
func (l *linter) contexts(b *breadth) {
	if len(b.limits["environment"]) > 0 {
		return
	}
	for _, v := range b.values("sub") {
		s := v.subject()
		if s.owner == "" || s.repo == "" || v.scope("sub")&repository == 0 {
			continue
		}
		pull := s.repository() + ":pull_request"
		switch {
		case hasWildcard(v.text) && Like(v.text, pull) && b.takes("sub", pull) && b.takes("ref", "refs/pull/1/merge"):
			l.report(pullRequest, v.place(), "Write what may run: …:ref:refs/heads/BRANCH or …:environment:NAME.",
				"%q lets in the jobs of pull requests, too", v.value.text)
		case hasWildcard(s.context) && len(b.limits["ref"]) == 0:
			l.report(contextWildcard, v.place(), "Write the branch, the tag or the environment in full.",
				"%q takes every branch, tag or environment of such a name", v.value.text)
		}
	}
}

// takes reports whether every condition on a claim takes a value.
func (b *breadth) takes(claim, value string) bool {
	return !slices.ContainsFunc(b.limits[claim], func(l limit) bool {
		return !slices.ContainsFunc(l.shapes, func(s shape) bool { return Like(s.text, value) })
	})
}

// ids checks whether names are held to the IDs that they had.
func (l *linter) ids(b *breadth) {
	var wild, names bool
	for _, v := range b.values("sub") {
		s := v.subject()
		if s.wildOwnerID() && b.held&ownerID == 0 || s.wildRepositoryID() && b.held&repositoryID == 0 {
			l.report(wildcardID, v.place(), "Write the IDs, or ask for repository_id, too.", "%q takes whoever has the names now", v.value.text)
			wild = true
		}
		if s.namesOnly() && !names && strings.HasPrefix(b.issuer, sharedIssuer) && !l.hasIDs(s) {
			l.report(nameOnlySubject, v.place(), "Write repo:"+s.owner+"@OWNER-ID/"+s.repo+"@REPO-ID:…, beside this one as long as both occur.",
				"%q has the names alone, and matches no sub with IDs", v.value.text)
			names = true
		}
	}
	for _, v := range b.values("actor") {
		l.report(reusableName, v.place(), "Write actor_id.", "%q names an account, and whoever has that name gets in", v.value.text)
	}
	if wild || b.held&oneOwner != owner {
		return
	}
	for _, claim := range []string{"sub", "repository"} {
		for _, v := range b.values(claim) {
			if v.scope(claim)&oneOwner == owner {
				l.report(reusableName, v.place(), "Write the IDs, as in "+wantedSubject+", or ask for repository_id, too.",
					"%q names the owner, and whoever has that name gets in", v.value.text)
				return
			}
		}
	}
}

// hasIDs reports whether the policy takes the same repository with IDs, too.
func (l *linter) hasIDs(names subject) bool {
	for i := range l.policy.statements {
		for _, c := range l.policy.statements[i].conditions {
			if !strings.HasSuffix(lower(c.key), ":sub") || !c.limits() {
				continue
			}
			for _, v := range c.values {
				if s := newShape(v, c.operator).subject(); s.withIDs() && s.owner == names.owner && s.repo == names.repo {
					return true
				}
			}
		}
	}
	return false
}

// vacuous checks for conditions that every token matches.
func (l *linter) vacuous(b *breadth) {
	for _, claim := range constantClaims {
		for _, v := range b.values(claim) {
			if isAnything(v.text) && claim != "aud" && b.held&owner != 0 {
				l.report(vacuousCondition, v.place(), "Take it out.", "every token has a %s, and %q takes them all", claim, v.value.text)
			}
		}
	}
}
