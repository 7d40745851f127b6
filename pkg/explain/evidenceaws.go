package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"gatepass/pkg/grant"
	"gatepass/pkg/trust"
	"gatepass/pkg/trust/awstrust"
	"gatepass/pkg/untrusted"
)

// awsEvidenceCauses are what the role's trust policy says, where the step has it. It is proof as far as the file is what AWS has.
var awsEvidenceCauses = []cause{
	{"aws-policy-forbids", where(evidently(trust.Denied), isForbidden), explainForbidden},
	{"aws-policy-denies", evidently(trust.Denied), explainPolicy},
	{"aws-policy-undecided", evidently(trust.Unknown), explainUndecided},
	{"aws-policy-allows-account", where(evidently(trust.Allowed), needsOwnPolicy), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The trust policy in aws-trust-policy lets in %s. If it is the one that the role has, the caller's own policies lack the permission.", c.caller()),
			Fix:     "Give the caller this statement:",
			Paste:   []string{c.allowStatement()},
		}
	}},
	{"aws-policy-allows", perhaps(evidently(trust.Allowed)), func(c Case) Explanation {
		return Explanation{
			Meaning: "The trust policy in aws-trust-policy lets in this job, so it is not the one that the role has, or something else than the role refuses.",
			Fix:     fmt.Sprintf("Compare the file with what this prints, with credentials of %s:", c.account()),
			Paste:   []string{c.getRole("Role.AssumeRolePolicyDocument")},
		}
	}},
}

// evidently is certain where the policy says what AWS may have said.
func evidently(verdict trust.Verdict) func(Case) odds {
	return func(c Case) odds {
		if decision, ok := c.decide(); ok && decision.Verdict == verdict {
			return certain
		}
		return no
	}
}

// needsOwnPolicy tells whether a caller's own policies have to allow the call beside the role's:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func needsOwnPolicy(c Case) bool {
	decision, _ := c.decide()
	return denied(c) == no && (decision.ByAccount || isCrossAccount(c))
}

func hasPolicy(c Case) bool { return c.Policy != nil }

// decide asks the policy what AWS has asked it.
func (c Case) decide() (decision awstrust.Decision, ok bool) {
	if c.Policy == nil {
		return awstrust.Decision{}, false
	}
	request := awstrust.Request{Keys: map[string]string{"sts:RoleSessionName": c.role().SessionName}}
	if !c.Refusal.Date.IsZero() {
		request.Keys["aws:CurrentTime"] = c.Refusal.Date.UTC().Format(time.RFC3339)
	}
	switch caller, action, suffix := c.refusedCall(); {
	case denied(c) != no:
		request.Action, request.Provider, request.Claims = "sts:AssumeRoleWithWebIdentity", c.providerARN(), c.Claims
	case refusedCaller(c) != no && suffix == "":
		request.Action = action
		request.Caller, request.Account = namesOf(caller)
		if id := c.role().ExternalID; id != "" {
			request.Keys["sts:ExternalId"] = id
		} else {
			request.Absent = append(request.Absent, "sts:ExternalId")
		}
	default:
		return awstrust.Decision{}, false
	}
	decision = c.Policy.Evaluate(request)
	return decision, !c.mayBeOfAPath(decision)
}

// namesOf is how a policy may name a caller and the caller's account.
func namesOf(caller string) (names, accounts []string) {
	names = []string{caller}
	if session := sessionForm().FindStringSubmatch(caller); session != nil {
		names = append(names, fmt.Sprintf("arn:%s:iam::%s:role/%s", session[1], session[2], session[3]))
	}
	if parts := strings.Split(caller, ":"); len(parts) > 4 {
		accounts = []string{fmt.Sprintf("arn:%s:iam::%s:root", parts[1], parts[4]), parts[4]}
	}
	return names, accounts
}

// mayBeOfAPath tells whether a policy refuses a session whose role it may name by a path, which the session's ARN does not tell.
func (c Case) mayBeOfAPath(decision awstrust.Decision) bool {
	return sessionForm().MatchString(c.caller()) && slices.ContainsFunc(decision.Statements, func(s awstrust.StatementDecision) bool {
		return slices.ContainsFunc(s.Reasons, func(r awstrust.Reason) bool { return r.Cause == awstrust.OtherPrincipal })
	})
}

func isForbidden(c Case) bool {
	decision, _ := c.decide()
	return slices.ContainsFunc(decision.Statements, forbids)
}

func forbids(s awstrust.StatementDecision) bool { return s.Deny && s.Applies == awstrust.Yes }

func explainForbidden(c Case) Explanation {
	decision, _ := c.decide()
	statement := decision.Statements[slices.IndexFunc(decision.Statements, forbids)]
	return Explanation{
		Meaning: fmt.Sprintf("The trust policy in aws-trust-policy forbids this job: %s has Effect Deny and applies to it, and no Allow outweighs that.", name(statement)),
		Fix:     "Except this job by a condition of that statement, or run it where the statement does not apply.",
	}
}

// explainPolicy shows why the statement does not let in the job that comes nearest to it.
func explainPolicy(c Case) Explanation {
	decision, _ := c.decide()
	statement, ok := nearest(decision)
	if !ok {
		return Explanation{
			Meaning: "The trust policy in aws-trust-policy has no statement with Effect Allow, so it lets in nobody.",
			Fix:     "Add one with Action sts:AssumeRoleWithWebIdentity and:",
			Paste:   []string{c.exactCondition()},
		}
	}
	e := Explanation{
		Meaning: fmt.Sprintf("The trust policy in aws-trust-policy does not let in this job. %s asks for something else.", sentence(name(statement))),
		Fix:     "Correct it in IAM, and in the file:",
	}
	if len(decision.Statements) > 1 {
		e.Meaning = fmt.Sprintf("The trust policy in aws-trust-policy does not let in this job. Of its %d statements, %s comes nearest, but asks for something else.", len(decision.Statements), name(statement))
	}
	for _, reason := range statement.Reasons {
		if reason.Truth != awstrust.No {
			continue
		}
		e.Paste = append(e.Paste, remark(fmt.Sprintf("Line %d, %s", reason.Line, reason), c.correction(reason)...))
	}
	return e
}

// nearest is the statement that fails in the least: a condition counts for less than the principal or the action.
func nearest(decision awstrust.Decision) (statement awstrust.StatementDecision, ok bool) {
	distance := func(s awstrust.StatementDecision) (sum int) {
		for _, reason := range s.Reasons {
			switch {
			case reason.Truth != awstrust.No:
			case reason.Operator == "":
				sum += 100
			default:
				sum++
			}
		}
		return sum
	}
	allows := slices.DeleteFunc(slices.Clone(decision.Statements), func(s awstrust.StatementDecision) bool { return s.Deny })
	if len(allows) == 0 {
		return awstrust.StatementDecision{}, false
	}
	return slices.MinFunc(allows, func(a, b awstrust.StatementDecision) int { return cmp.Compare(distance(a), distance(b)) }), true
}

// keyInputs are the inputs that give a condition key its value.
var keyInputs = map[string]string{"sts:ExternalId": "role-external-id", "sts:RoleSessionName": "role-session-name"}

// correction is what to write in place of what fails.
func (c Case) correction(reason awstrust.Reason) []string {
	for key, name := range keyInputs {
		if strings.EqualFold(reason.Key, key) && len(reason.Want) > 0 {
			return []string{input(name, untrusted.Line(reason.Want[0]))}
		}
	}
	switch reason.Cause {
	case awstrust.OtherPrincipal:
		if caller := c.caller(); caller != "" {
			return []string{c.callerPrincipal()}
		}
		return []string{`"Principal": ` + oneLine(struct{ Federated string }{c.providerARN()})}
	case awstrust.OtherAction:
		_, action, _ := c.refusedCall()
		return []string{`"Action": "` + cmp.Or(action, "sts:AssumeRoleWithWebIdentity") + `"`}
	case awstrust.LiteralWildcard:
		if c.isNarrow(reason) {
			return []string{`"StringLike": ` + oneLine(map[string][]string{reason.Key: reason.Want})}
		}
	case awstrust.OtherProvider:
		return []string{"# This token's keys begin with " + c.conditionKey("")}
	case awstrust.NotPopulated, awstrust.NoExternalID:
		return []string{remark("It never holds. Replace it by a condition that AWS reads:", c.readCondition(claimOf(reason.Key)))}
	case awstrust.Absent, awstrust.AbsentKey:
		return seeThatJobHas(reason)
	}
	isExact := len(reason.Got) == 1 && (strings.HasPrefix(reason.Operator, "StringEquals") || strings.HasPrefix(reason.Operator, "StringLike"))
	switch {
	case isExact && strings.EqualFold(reason.Key, c.conditionKey("sub")):
		return []string{`"StringEquals": ` + oneLine(c.exactSubject())}
	case isExact:
		return []string{`"StringEquals": ` + oneLine(map[string]string{untrusted.Line(reason.Key): grant.Exactly(untrusted.Line(reason.Got[0]))})}
	}
	return nil
}

// isNarrow tells whether a condition on sub lets in this job under StringLike, and none of a repository that it does not spell out.
func (c Case) isNarrow(reason awstrust.Reason) bool {
	spelt := func(pattern string) bool {
		repository, ok := grant.RepositoryOf(pattern)
		return ok && strings.Contains(repository, "/") && !strings.ContainsAny(repository, "*?$") && untrusted.Line(pattern) == pattern
	}
	like := func(pattern string) bool { return awstrust.Like(pattern, c.claim("sub")) }
	return claimOf(reason.Key) == "sub" && untrusted.Line(reason.Key) == reason.Key &&
		!slices.ContainsFunc(reason.Want, func(pattern string) bool { return !spelt(pattern) }) && slices.ContainsFunc(reason.Want, like)
}

// claimOf is the claim that a condition key is made of. The names of keys have no case.
func claimOf(key string) string { return strings.ToLower(key[strings.LastIndex(key, ":")+1:]) }

// seeThatJobHas says how a job comes by what a condition asks for. Without the condition, others might get in.
func seeThatJobHas(reason awstrust.Reason) []string {
	if claimOf(reason.Key) != "environment" {
		return []string{"# See that the job has it."}
	}
	environment := "NAME"
	if len(reason.Want) > 0 && !strings.ContainsAny(reason.Want[0], "*?$") {
		environment = untrusted.Line(reason.Want[0])
	}
	return []string{remark("See that the job has it, beside runs-on:", input("environment", environment))}
}

// explainUndecided names what only AWS knows.
func explainUndecided(c Case) Explanation {
	decision, _ := c.decide()
	e := Explanation{
		Meaning: "All that is known of this job fits the trust policy in aws-trust-policy. What is left are conditions whose values only AWS knows.",
		Fix:     fmt.Sprintf("Compare them with the event in CloudTrail, which is there after about 15 minutes, with credentials of %s:", c.account()),
	}
	for _, statement := range decision.Statements {
		for _, reason := range statement.Reasons {
			if reason.Truth == awstrust.Perhaps && statement.Applies == awstrust.Perhaps {
				e.Paste = append(e.Paste, remark(fmt.Sprintf("Line %d, %s", reason.Line, reason)))
			}
		}
	}
	e.Paste = append(e.Paste, c.lookUpEvent())
	return e
}

// name is what a person finds a statement by.
func name(s awstrust.StatementDecision) string {
	text := fmt.Sprintf("%s (line %d)", s.Path, s.Line)
	if s.Sid != "" {
		text = fmt.Sprintf("the statement %s (line %d)", untrusted.Line(s.Sid), s.Line)
	}
	return text
}
