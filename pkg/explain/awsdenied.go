package explain

import (
	"fmt"
	"slices"
	"strings"

	"gatepass/pkg/grant"
	"gatepass/pkg/lazyregexp"
	"gatepass/pkg/quote"
)

// awsDeniedCauses are those for which AWS refuses a token that it has verified. STS tells the one no more than the other. So the first
// answer is what this job's sub looks like, which most policies get wrong; the rest follows.
var awsDeniedCauses = slices.Concat(awsSubjectCauses(), []cause{
	{"aws-role", perhaps(denied), func(c Case) Explanation {
		return Explanation{
			Meaning: "There is no such role; AWS's answer is the same.",
			Fix:     fmt.Sprintf("With credentials of %s, this must print %s, with its path:", c.account(), c.roleInput()),
			Paste:   []string{c.getRole("Role.Arn", "--output", "text")},
		}
	}},
	{"aws-statement", guess(denied), func(c Case) Explanation {
		return Explanation{
			Meaning: "The policy's statement is for sts:AssumeRole, or for another provider.",
			Fix:     "It needs:",
			Paste:   []string{`"Action": "sts:AssumeRoleWithWebIdentity", "Principal": ` + oneLine(struct{ Federated string }{c.providerARN()})},
		}
	}},
	{"aws-wildcard", guess(denied), func(Case) Explanation {
		return Explanation{
			Meaning: "The policy has a * under StringEquals, where it is a plain character.",
			Fix:     "Write StringLike, with owner and repository spelt out before the *.",
		}
	}},
	{"aws-case", guess(where(denied, hasCapitals)), func(c Case) Explanation {
		return Explanation{
			Meaning: "The policy spells the repository in small letters.",
			Fix:     fmt.Sprintf("AWS tells capitals from small ones; write %s.", c.claim("repository")),
		}
	}},
	{"aws-unpopulated", guess(where(denied, issuerIsGitHub)), func(c Case) Explanation {
		return Explanation{
			Meaning: "The policy has a condition on a claim that AWS does not read, such as repository_owner or event_name, and so never holds.",
			Fix:     "Replace it by one on a claim that AWS reads: " + strings.Join(c.readByAWS(), ", ") + ". This one holds for the job:",
			Paste:   []string{c.readCondition("repository")},
		}
	}},
	{"aws-evidence", guess(where(denied, not(isOfMany))), func(c Case) Explanation {
		return Explanation{
			Meaning: "You need not guess.",
			Fix:     "With the policy in a file of the checkout, this step says which of its conditions does not hold:",
			Paste:   []string{c.getRole("Role.AssumeRolePolicyDocument") + " >trust-policy.json", input("aws-trust-policy", "trust-policy.json")},
		}
	}},
	{"aws-propagation", perhaps(denied), func(Case) Explanation {
		return Explanation{
			Meaning: "The role or its policy was made or changed a moment ago.",
			Fix:     "Wait a minute and run the job again.",
		}
	}},
	{"aws-organization", perhaps(denied), func(c Case) Explanation {
		return Explanation{
			Meaning: "A service or resource control policy of your AWS organization forbids it.",
			Fix:     fmt.Sprintf("After about 15 minutes, this shows what CloudTrail says about this request, with credentials of %s:", c.account()),
			Paste:   []string{c.lookUpEvent()},
		}
	}},
})

// lookUpEvent prints what CloudTrail has recorded of the request.
func (c Case) lookUpEvent() string {
	event := "AssumeRoleWithWebIdentity"
	if _, action, _ := c.refusedCall(); action != "" {
		event = strings.TrimPrefix(action, "sts:")
	}
	return quote.Command("aws", "cloudtrail", "lookup-events", "--region", c.AWS.Region,
		"--lookup-attributes", "AttributeKey=EventName,AttributeValue="+event,
		"--query", fmt.Sprintf("Events[?contains(CloudTrailEvent, '%s')].CloudTrailEvent", c.Refusal.RequestID), "--output", "text")
}

// populated are the claims of GitHub's that AWS makes condition keys of:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
var populated = []string{
	"aud", "sub", "actor", "actor_id", "enterprise_id", "environment", "job_workflow_ref",
	"ref", "repository", "repository_id", "repository_owner_id", "workflow",
}

// readByAWS are the claims of this token's issuer that AWS reads.
func (c Case) readByAWS() []string {
	if grant.ReadsClaims(c.providerARN()) {
		return populated
	}
	return populated[:2]
}

// readCondition is what to write in place of a condition on a claim that AWS does not read: the ID of the owner or of the repository, or,
// where AWS reads neither, the sub.
func (c Case) readCondition(claim string) string {
	id := "repository_id"
	if claim == "repository_owner" {
		id = "repository_owner_id"
	}
	if !grant.ReadsClaims(c.providerARN()) || c.claim(id) == "" {
		id = "sub"
	}
	if id == "sub" {
		return `"StringEquals": ` + oneLine(c.exactSubject())
	}
	return `"StringEquals": ` + oneLine(map[string]string{c.conditionKey(id): grant.Exactly(c.claim(id))})
}

// guess is what may be wrong with a policy that the step does not have.
func guess(fits func(Case) odds) func(Case) odds { return perhaps(where(fits, not(hasPolicy))) }

var denied = ofToken("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")

func hasCapitals(c Case) bool { return strings.ToLower(c.claim("repository")) != c.claim("repository") }

// trait is something about a job that makes its sub another one than many a policy has.
type trait struct {
	name  string
	holds func(Case) bool
	says  func(Case) string
}

// traits are the traits of https://docs.github.com/actions/reference/security/oidc, those that most people do not know of first.
var traits = []trait{
	{"aws-subject-immutable", hasImmutableSubject, func(c Case) string {
		return fmt.Sprintf("This repository's tokens have the IDs of owner and repository in sub, as those of all repositories that were made, renamed or moved since 15 July 2026, so a condition on repo:%s:… does not match.", c.claim("repository"))
	}},
	{"aws-subject-environment", func(c Case) bool { return c.claim("environment") != "" }, func(c Case) string {
		return fmt.Sprintf("The job names the environment %s, so sub ends in that, and a condition on the branch (…:ref:%s) does not match.", c.claim("environment"), c.claim("ref"))
	}},
	{"aws-subject-pull-request", isPullRequest, func(c Case) string {
		return "The run is a pull request's, so sub ends in :pull_request, and a condition on a branch does not match. It is the same for every pull request, so be sure that you mean to let them in."
	}},
	{"aws-subject-custom", hasCustomSubject, func(Case) string {
		return "Your organization or repository has GitHub write sub in a form of its own, so a condition in the usual form does not match."
	}},
	{"aws-subject-tag", func(c Case) bool { return strings.HasPrefix(c.claim("ref"), "refs/tags/") }, func(c Case) string {
		return fmt.Sprintf("The run is for a tag, so sub ends in :ref:%s, and a condition on a branch does not match.", c.claim("ref"))
	}},
	{"aws-subject-reusable", isCalled, func(c Case) string {
		return fmt.Sprintf("The job is in a reusable workflow, but sub names the repository that calls it, so a condition on the workflow's does not match. That is in job_workflow_ref: %s.", c.claim("job_workflow_ref"))
	}},
}

// awsSubjectCauses makes a cause of each trait, for the jobs of which it is the first one. It tells of the further ones, too.
func awsSubjectCauses() []cause {
	var causes []cause
	for i, t := range traits {
		earlier := traits[:i]
		first := func(c Case) bool {
			return t.holds(c) && !slices.ContainsFunc(earlier, func(e trait) bool { return e.holds(c) })
		}
		causes = append(causes, cause{t.name, guess(where(denied, first)), explainSubject})
	}
	none := func(c Case) bool { return !slices.ContainsFunc(traits, func(t trait) bool { return t.holds(c) }) }
	return append(causes, cause{"aws-subject", guess(where(denied, none)), explainSubject})
}

func explainSubject(c Case) Explanation {
	meaning := fmt.Sprintf("The trust policy of the role %s does not let in this job, whose subject (sub) is %s. (The OIDC provider and the audience are right.)", c.roleName(), c.claim("sub"))
	for _, t := range traits {
		if t.holds(c) {
			meaning += " " + t.says(c)
		}
	}
	return Explanation{
		Meaning: meaning,
		Fix:     "To let in jobs with exactly this sub, write in the policy:",
		Paste:   []string{c.exactCondition()},
	}
}

var immutableForm = lazyregexp.New(`^repo:[^/:]+@[0-9]+/[^/:]+@[0-9]+:`)

func hasImmutableSubject(c Case) bool { return immutableForm().MatchString(c.claim("sub")) }

func isPullRequest(c Case) bool { return strings.HasSuffix(c.claim("sub"), ":pull_request") }

// hasCustomSubject tells whether sub is none of the forms that GitHub gives it by default.
func hasCustomSubject(c Case) bool {
	return issuerIsGitHub(c) && !grant.HasUsualSubject(c.Claims)
}

// isCalled tells whether the job is in another repository's workflow, or in another file, than the run's own.
func isCalled(c Case) bool {
	return c.claim("job_workflow_ref") != "" && c.claim("workflow_ref") != "" && c.claim("job_workflow_ref") != c.claim("workflow_ref")
}
