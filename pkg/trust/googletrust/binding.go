package googletrust

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gatepass/pkg/trust"
)

// Binding is a member of an IAM policy's binding, and where it stands.
type Binding struct {
	trust.Text         // the member
	Path        string // such as bindings[0].members[1]
	Role        string // such as roles/iam.workloadIdentityUser
	Conditional bool   // the binding has a condition of its own, which is not looked at
}

// ParseBindings reads the members of an IAM policy, such as the answer of `gcloud iam service-accounts get-iam-policy --format=json`:
// https://docs.cloud.google.com/iam/docs/reference/rest/v1/Policy
func ParseBindings(policy *trust.Node) (bindings []Binding, err error) {
	var faults []error
	fault := func(node *trust.Node, name string, want trust.Kind) {
		faults = append(faults, &trust.FaultError{Position: node.Position, Message: fmt.Sprintf("%s is %s, not %s", name, node.Kind, want)})
	}
	if policy.Kind != trust.Object {
		fault(policy, "this", trust.Object)
		return nil, faults[0]
	}
	list := policy.Get("bindings")
	if list == nil || list.Kind == trust.Null { // A policy without a binding has no list.
		return nil, nil
	}
	if list.Kind != trust.Array {
		fault(list, "bindings", trust.Array)
	}
	for i, node := range list.Items {
		path := fmt.Sprintf("bindings[%d]", i)
		members, role := node.Get("members"), node.Get("role")
		switch {
		case node.Kind != trust.Object:
			fault(node, path, trust.Object)
			continue
		case members == nil || role == nil:
			faults = append(faults, &trust.FaultError{Position: node.Position, Message: path + " has no role or no members"})
			continue
		case members.Kind != trust.Array:
			fault(members, path+".members", trust.Array)
		case role.Kind != trust.String:
			fault(role, path+".role", trust.String)
		}
		for j, member := range members.Items {
			path := fmt.Sprintf("%s.members[%d]", path, j)
			if member.Kind != trust.String {
				fault(member, path, trust.String)
			}
			text := trust.Text{Position: member.Position, Value: member.Text}
			bindings = append(bindings, Binding{text, path, role.Text, node.Get("condition") != nil})
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return bindings, nil
}

// lintBinding looks at one member. Those of other pools, and of none, it leaves alone.
func (l *linter) lintBinding(b Binding) {
	find := func(rule *trust.Rule, message, fix string) { l.find(rule, b.Position, b.Path, message, fix) }
	if !isOfPools(b.Value) {
		return
	}
	m, fault := parseMember(b.Value)
	if fault != "" {
		find(malformedMember, "the member "+fault, "write one of these forms")
		return
	}
	if pool := l.provider.PoolName(); pool != "" && pool != m.pool {
		return
	}
	const narrower = "bind to principal://…/subject/SUBJECT, one branch or environment of one repository"
	second := secondAttribute.FindStringSubmatch(m.value)
	switch {
	case m.attribute == "":
		find(wildcardMember, "everybody in the pool has "+b.Role, narrower)
	case second != nil:
		find(twoAttributes, fmt.Sprintf("%s is taken for a part of the value of %s", second[1], m.attribute),
			"map an attribute to both, such as assertion.repository_id + '/' + assertion.ref, and bind to that")
	case !l.evaluator.maps(m.attribute):
		find(unmappedAttribute, "the provider does not map "+m.attribute+": nobody is in this set",
			"map it, or bind to an attribute that is mapped")
	default:
		l.lintMember(b, m, find, narrower)
	}
}

// lintMember looks at whom a member is.
func (l *linter) lintMember(b Binding, m member, find func(rule *trust.Rule, message, fix string), narrower string) {
	claim := l.evaluator.claimOf(referenceTo(m.attribute))
	switch meant := jobWith(map[string]string{claim: m.value}); {
	case claim == "" || !l.isGitHub: // An attribute of several claims is as narrow as it is meant.
		return
	case claim == "sub" && !l.isServer && !meant.subjectHasIDs && meant.customSubject == "" && !l.bindsWithIDs(b.Role, meant):
		find(nameOnlySubject, quote(m.value)+" has no IDs", "bind to the subject with the IDs; while both are in use, to both")
		return
	case claim == "sub":
		return
	case claim == "actor" || claim == "actor_id":
		find(anyRepository, quote(m.value)+" is in this set in whichever repository", narrower)
		return
	case claim == "job_workflow_ref" || claim == "workflow_ref":
		if strings.Contains(m.value, "@") && !commit.MatchString(m.value) {
			find(mutableWorkflow, quote(m.value)+" can be changed", pinWorkflowFix)
		}
	}
	jobs := l.jobsOf(claim, m.value)
	some := func(change func(job) job) bool {
		return slices.ContainsFunc(jobs, func(j job) bool { return l.letsIn(change(j)) && l.isMemberOf(m, change(j)) })
	}
	if some(l.successor) {
		find(reusableName, "whoever registers the names again after their owner gave them up is in this set",
			"bind to attribute.repository_id or attribute.repository_owner_id, or compare the IDs in the condition")
	}
	if some(job.inOther) {
		find(wholeOwner, "every repository of the owner is in this set", narrower)
	}
	if (claim == "repository" || claim == "repository_id") && some(job.pullRequest) && some(job.onOtherBranch) {
		find(anyBranch, "every branch, pull request and workflow of "+quote(m.value)+" is in this set",
			narrower+", or have the condition do so")
	}
}

// bindsWithIDs reports whether a role is bound to the subject that a job has if there are IDs in it.
func (l *linter) bindsWithIDs(role string, names job) bool {
	return slices.ContainsFunc(l.bindings, func(b Binding) bool {
		m, fault := parseMember(b.Value)
		if fault != "" || b.Role != role || l.evaluator.claimOf(referenceTo(m.attribute)) != "sub" {
			return false
		}
		j := jobWith(map[string]string{"sub": m.value})
		return j.subjectHasIDs && j.repository() == names.repository() && j.context == names.context
	})
}

// jobsOf are jobs with a claim that the condition, if there is one, is meant for.
func (l *linter) jobsOf(claim, value string) []job {
	claims := []map[string]string{{}}
	if x := l.evaluator.condition; x != nil && guessable(x.root()) {
		claims = (&solver{evaluator: l.evaluator, condition: x}).solve(x.root())
	}
	var jobs []job
	for _, joined := range combine(claims, []map[string]string{{claim: value}}) {
		jobs = append(jobs, jobWith(joined))
	}
	return jobs
}

// letsIn reports whether the condition holds for a job.
func (l *linter) letsIn(j job) bool {
	x := l.evaluator.condition
	return x == nil || guessable(x.root()) && l.evaluator.holds(x, x.root(), j)
}

// isMember reports whether a job is a binding's member.
func (l *linter) isMember(b Binding, j job) bool {
	m, fault := parseMember(b.Value)
	return fault == "" && l.isMemberOf(m, j)
}

func (l *linter) isMemberOf(m member, j job) bool {
	return m.attribute == "" || l.evaluator.attributeOf(j, m.attribute) == m.value
}
