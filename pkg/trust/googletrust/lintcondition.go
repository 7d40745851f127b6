package googletrust

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// lintCondition looks at what the condition says, and then at whom it lets in. Each alternative of an || is looked at on its own.
func (l *linter) lintCondition() {
	x := l.evaluator.condition
	l.lintClaims(x)
	l.lintComparisons(x)
	if !l.isGitHub || !guessable(x.root()) {
		return
	}
	solver := &solver{evaluator: l.evaluator, condition: x}
	var admissions []admission
	isOpen := l.isShared
	for _, part := range operands(x.root(), operators.LogicalOr) {
		a := l.admit(part, solver.jobs(part))
		admissions = append(admissions, a)
		isOpen = isOpen && a.stranger != nil
	}
	if isOpen {
		l.findIn(openCondition, x, x.root(), "any repository on GitHub passes, such as "+admissions[0].stranger.repository(), pinFix)
	}
	for _, a := range admissions {
		if !isOpen {
			l.lintAdmission(x, a)
		}
	}
	l.lintSubjectLength(admissions)
}

// admission is whom an alternative of the condition lets in.
type admission struct {
	part  celast.Expr
	meant []job // those that the alternative is meant for, and lets in

	// Those that it lets in, too, each nil if it does not.
	stranger  *job // of another owner, with names of his own
	similar   *job // of another owner, with names that are like those that are meant
	actors    *job // of another owner, triggered by the actor who is meant
	caller    *job // of another owner, calling the same reusable workflow
	successor *job // of who has registered the same names again
	other     *job // of another repository of the same owner
	longer    *job // of one whose name begins with that of the one that is meant

	former *job // one that it is meant for, whose token it would not let in if the subject had the IDs
}

// admit finds out by evaluating. Strangers are of several kinds, as no one name is like every other.
func (l *linter) admit(part celast.Expr, jobs []job) admission {
	a := admission{part: part}
	holds := func(j job) bool { return l.evaluator.holds(l.evaluator.condition, part, j) }
	first := func(jobs ...job) *job {
		for _, j := range jobs {
			for _, j.subjectHasIDs = range []bool{false, true} {
				if holds(j) {
					return &j
				}
			}
		}
		return nil
	}
	for _, j := range jobs {
		foreign := j.of("mallory", j.name)
		a.stranger = cmp.Or(a.stranger, first(foreign))
		a.similar = cmp.Or(a.similar, first(similarJobs(j)...))
		a.actors = cmp.Or(a.actors, first(foreign.triggeredBy(j)))
		a.caller = cmp.Or(a.caller, first(foreign.calling(j)))
		if !holds(j) {
			continue
		}
		a.meant = append(a.meant, j)
		a.other = cmp.Or(a.other, first(j.inOther()))
		a.longer = cmp.Or(a.longer, first(j.in(j.name+"-evil")))
		if successor := l.successor(j); a.successor == nil && holds(successor) {
			a.successor = &successor
		}
		if current := j; a.former == nil && !l.isServer && !j.subjectHasIDs && j.customSubject == "" {
			current.subjectHasIDs = true
			if !holds(current) {
				a.former = &j
			}
		}
	}
	return a
}

// successor is the job of who has registered the same names again. A repository of today has the IDs in its subject, but for one on a
// server.
func (l *linter) successor(j job) job {
	successor := j.of(j.owner, j.name).calling(j)
	successor.subjectHasIDs = !l.isServer
	return successor
}

// similarJobs are jobs of others who have chosen names that are like the owner's and the repository's: longer ones, one with another
// letter, and that of a branch.
func similarJobs(j job) []job {
	branch := j.of("mallory", "app")
	branch.ref, branch.context = "refs/heads/"+j.repository(), ":ref:refs/heads/"+j.repository()
	return []job{
		j.of(j.owner+"-evil", j.name), j.of("evil-"+j.owner, j.name), j.of("mallory", j.owner+"-"+j.name),
		j.of(otherLetter.ReplaceAllString(j.owner, "q"), j.name), branch,
	}
}

// otherLetter is the last letter of a name.
var otherLetter = regexp.MustCompile(`.$`)

// lintAdmission reports the gravest of what one alternative lets in.
func (l *linter) lintAdmission(x *expression, a admission) {
	const pin = "join it with && to assertion.repository_id == 'REPOSITORY-ID'"
	switch {
	case a.stranger != nil && !l.isShared:
		l.findIn(wholeOwner, x, a.part, "repositories of every owner at the issuer pass, such as "+a.stranger.repository(), pin)
	case a.stranger != nil:
		l.findIn(openAlternative, x, a.part, "by this alternative any repository on GitHub passes, such as "+a.stranger.repository(), pin)
	case a.similar != nil:
		l.findIn(looseMatch, x, l.loosePart(a.part), a.similar.repository()+" passes, too", "compare the whole name with ==, or better the ID")
	case a.actors != nil:
		l.findIn(anyRepository, x, a.part, "the actor passes in whichever repository, such as "+a.actors.repository(), pin)
	case a.caller != nil:
		l.findIn(callableWorkflow, x, a.part, "whoever may call the reusable workflow passes, such as "+a.caller.repository(),
			"join it with && to assertion.repository_owner_id == 'OWNER-ID'")
	default:
		l.lintNames(x, a)
	}
}

// lintNames reports what is wrong with a condition that strangers do not pass today.
func (l *linter) lintNames(x *expression, a admission) {
	if a.successor != nil {
		part := l.partAbout(a.part, "repository", "repository_owner", "sub", "workflow_ref", "job_workflow_ref")
		l.findIn(reusableName, x, part, "whoever registers the name "+a.successor.owner+" after its owner gave it up passes",
			"compare assertion.repository_owner_id and assertion.repository_id")
	}
	if a.former != nil {
		l.findIn(nameOnlySubject, x, l.partAbout(a.part, "sub"),
			quote(a.former.subject())+" passes, and the same job's subject with the IDs does not",
			"compare assertion.repository_id and assertion.ref, or the subject with the IDs")
	}
	switch {
	case a.other == nil && a.longer != nil:
		l.findIn(looseMatch, x, l.loosePart(a.part), a.longer.repository()+" passes, too",
			"compare the whole name with ==, or end the text with what follows the name, such as :")
	case a.other != nil && l.bindingsTake(*a.other):
		l.findIn(wholeOwner, x, a.part, "every repository of "+a.other.owner+" passes",
			"join it with && to assertion.repository_id == 'REPOSITORY-ID', or bind to members of one repository")
	}
}

// bindingsTake reports whether one of the bindings is to a job. Of bindings that are not known it must be supposed.
func (l *linter) bindingsTake(j job) bool {
	return len(l.bindings) == 0 || slices.ContainsFunc(l.bindings, func(b Binding) bool { return l.isMember(b, j) })
}

// loosePart is the comparison in a part that takes a text for a part of another.
func (l *linter) loosePart(part celast.Expr) celast.Expr {
	return first(part, func(part celast.Expr) bool { return isAnyCall(part, looseComparisons) })
}

// partAbout is the comparison in a part that reads one of the claims.
func (l *linter) partAbout(part celast.Expr, claims ...string) celast.Expr {
	return first(part, func(part celast.Expr) bool {
		return (isAnyCall(part, wholeComparisons) || isAnyCall(part, looseComparisons)) &&
			slices.ContainsFunc(l.evaluator.claimsIn(part), func(claim string) bool { return slices.Contains(claims, claim) })
	})
}

// first is the first of a part's parts that is as wanted, or the part itself.
func first(part celast.Expr, wanted func(celast.Expr) bool) celast.Expr {
	found := part
	walk(part, func(inner celast.Expr) {
		if found == part && wanted(inner) {
			found = inner
		}
	})
	return found
}

// roomForBranch is the length of a branch's name that a subject should have room for. Few are longer.
const roomForBranch = 64

// lintSubjectLength looks for a subject that is too long for jobs that the condition is meant for.
func (l *linter) lintSubjectLength(admissions []admission) {
	x := l.evaluator.mapping[subjectAttribute]
	if x == nil || !guessable(x.root()) {
		return
	}
	for _, a := range admissions {
		for _, j := range a.meant {
			long := j
			long.ref = "refs/heads/" + strings.Repeat("b", roomForBranch)
			if long.context != "" {
				long.context = ":ref:" + long.ref
			}
			if !l.evaluator.holds(l.evaluator.condition, a.part, long) {
				long = j // the branch is given
			}
			subject := l.evaluator.attributeOf(long, subjectAttribute)
			if len(subject) > maxSubject {
				l.findIn(longSubject, x, x.root(), fmt.Sprintf("of a job of %s it can be %d bytes long, as %s is; Google takes %d",
					long.repository(), len(subject), quote(subject), maxSubject),
					"map it to something shorter, such as assertion.repository_id + ':' + assertion.ref")
				return
			}
		}
	}
}

// attributeOf is what a job's token is mapped to, if that is a text.
func (e *Evaluator) attributeOf(j job, attribute string) string {
	read := referenceTo(attribute)
	mapped, _ := e.guess(j, read)[read.variable].(map[string]any)
	text, _ := mapped[read.key].(types.String)
	return string(text)
}
