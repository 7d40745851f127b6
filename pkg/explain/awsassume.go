package explain

import (
	"fmt"
	"strings"

	"gatepass/pkg/lazyregexp"
)

// awsAssumeCauses are those for which AWS refuses a caller whom it knows by a key. The end of its text names the kind of policy that lacks
// or forbids something; it is missing where AWS does not say:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
var awsAssumeCauses = []cause{
	{"aws-tag-session", where(refusedCaller, triesTo("sts:TagSession")), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("%s may assume the role, but not pass it session tags, which the step does as the official action does.", c.caller()),
			Fix:     "Either allow sts:TagSession beside sts:AssumeRole in the role's trust policy (for a role of another account, in the caller's own policies, too), or let the step pass no tags:",
			Paste:   []string{input("role-skip-session-tagging", "true")},
		}
	}},
	{"aws-source-identity", where(refusedCaller, triesTo("sts:SetSourceIdentity")), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("%s has a source identity, which goes over to the roles that it assumes, and the role does not allow that.", c.caller()),
			Fix:     "Allow these actions in the role's trust policy:",
			Paste:   []string{`"Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]`},
		}
	}},
	{"aws-assume-denied", where(refusedCaller, hasSuffix("with an explicit deny")), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("A statement with Effect Deny forbids %s to assume the role. It is in %s, and no Allow elsewhere outweighs it.", c.caller(), article(c.layer())),
			Fix:     "Except this caller or this role from that statement, which " + ownerOf(c.layer()) + " can change.",
		}
	}},
	{"aws-assume-identity", where(refusedCaller, lacks("identity-based")), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The role trusts the account, but no policy of %s allows it to assume the role.", c.caller()),
			Fix:     "Add this statement to a policy of that user or role:",
			Paste:   []string{c.allowStatement()},
		}
	}},
	{"aws-assume-session", where(refusedCaller, lacks("session")), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The session of %s was opened with a session policy that does not allow it to assume the role.", c.caller()),
			Fix:     "Where the session is opened, take out inline-session-policy and managed-session-policies, or add this statement:",
			Paste:   []string{c.allowStatement()},
		}
	}},
	{"aws-assume-boundary", where(refusedCaller, lacks("permissions boundary")), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The permissions boundary of %s does not allow it to assume the role.", c.caller()),
			Fix:     "Add this statement to the policy that is the boundary:",
			Paste:   []string{c.allowStatement()},
		}
	}},
	{"aws-assume-organization", where(refusedCaller, lacks("control policy")), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("No %s of your AWS organization allows %s to assume the role.", c.layer(), c.caller()),
			Fix:     "Have the administrators of the organization add this statement:",
			Paste:   []string{c.allowStatement()},
		}
	}},
	{"aws-assume-endpoint", where(refusedCaller, lacks("VPC endpoint policy")), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The request went through a VPC endpoint whose policy does not allow %s to assume the role.", c.caller()),
			Fix:     "Add this statement, with a Principal, to the policy of the endpoint for STS:",
			Paste:   []string{c.allowStatement()},
		}
	}},
	{"aws-assume-root", said(AWSSTS, "AccessDenied", "Roles may not be assumed by root accounts"), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("%s is of an account's root user, who can assume no role.", sentence(c.keySource())),
			Fix:     "Use GitHub's token in place of the key, or a key of an IAM user. Then delete the root user's key: it can do anything.",
		}
	}},
	{"aws-assume-trust", where(refusedCaller, not(isCrossAccount)), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The trust policy of the role does not let in %s, or there is no such role.%s", c.caller(), c.externalID()),
			Fix:     "Look at the policy. It needs a statement with Action sts:AssumeRole and this Principal:",
			Paste:   []string{c.getRole("Role.AssumeRolePolicyDocument"), c.callerPrincipal()},
		}
	}},
	{"aws-assume-cross-account", refusedCaller, func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("%s is of another account than the role. Then the role's trust policy must let it in, and its own policies must allow it to assume the role. AWS does not say which of them lacks, nor whether the role exists.%s",
				c.caller(), c.externalID()),
			Fix: fmt.Sprintf("Look at the trust policy with credentials of %s, and at the caller's policies in its own account:", c.account()),
			Paste: []string{
				remark("The trust policy needs a statement with Action sts:AssumeRole and this Principal:",
					c.getRole("Role.AssumeRolePolicyDocument"), c.callerPrincipal()),
				remark("The caller needs this statement:", c.allowStatement()),
			},
		}
	}},
}

// callerForm is how AWS refuses a caller whom it knows.
var callerForm = lazyregexp.New(`^User: (\S+) is not authorized to perform: (\S+)(?: on resource: (\S+))?(.*)$`)

func (c Case) refusedCall() (caller, action, suffix string) {
	if parts := callerForm().FindStringSubmatch(c.Refusal.Message); parts != nil {
		return parts[1], parts[2], parts[4]
	}
	return "", "", ""
}

func refusedCaller(c Case) odds {
	if _, action, _ := c.refusedCall(); action != "" {
		return said(AWSSTS, "AccessDenied", "")(c)
	}
	return no
}

func triesTo(action string) func(Case) bool {
	return func(c Case) bool { _, got, _ := c.refusedCall(); return got == action }
}

func hasSuffix(text string) func(Case) bool {
	return func(c Case) bool { _, _, suffix := c.refusedCall(); return strings.Contains(suffix, text) }
}

// lacks tells whether a kind of policy has no statement that allows the call.
func lacks(layer string) func(Case) bool {
	return func(c Case) bool { return hasSuffix("because no ")(c) && strings.Contains(c.layer(), layer) }
}

var layerForm = lazyregexp.New(`(?:because no|with an explicit deny in an?) ((?:identity-based|resource-based|session|service control|resource control|VPC endpoint) policy|permissions boundary)`)

// layer is the kind of policy that AWS's answer ends with.
func (c Case) layer() string {
	_, _, suffix := c.refusedCall()
	if parts := layerForm().FindStringSubmatch(suffix); parts != nil {
		return parts[1]
	}
	return "a policy"
}

func article(layer string) string {
	if strings.HasPrefix(layer, "identity") {
		return "an " + layer
	}
	return "a " + strings.TrimPrefix(layer, "a ")
}

// ownerOf is who can change a kind of policy.
func ownerOf(layer string) string {
	switch layer {
	case "service control policy", "resource control policy":
		return "the administrators of your AWS organization"
	case "resource-based policy":
		return "whoever manages the role's trust policy"
	case "session policy":
		return "the step that opens the caller's session"
	case "VPC endpoint policy":
		return "whoever manages the VPC endpoint for STS"
	}
	return "whoever manages the caller"
}

// caller is who asked, by ARN.
func (c Case) caller() string { caller, _, _ := c.refusedCall(); return caller }

var sessionForm = lazyregexp.New(`^arn:(aws[a-z-]*):sts::([0-9]{12}):assumed-role/([^/]+)/`)

// callerPrincipal is how a trust policy names the caller. A session's role may have a path, which the session's ARN does not show.
func (c Case) callerPrincipal() string {
	caller := c.caller()
	if session := sessionForm().FindStringSubmatch(caller); session != nil {
		caller = fmt.Sprintf("arn:%s:iam::%s:role/%s", session[1], session[2], session[3])
	}
	return `"Principal": ` + oneLine(struct{ AWS string }{caller})
}

func isCrossAccount(c Case) bool {
	parts := strings.Split(c.caller(), ":")
	account := c.role().Account()
	return len(parts) > 4 && account != "" && parts[4] != account
}

// externalID is what else a trust policy may ask of a caller.
func (c Case) externalID() string {
	if c.role().ExternalID != "" {
		return " The policy may ask for another external ID than role-external-id."
	}
	return " If the policy asks for an external ID, set role-external-id; the step has sent none."
}

// allowStatement is what lets a caller assume the role.
func (c Case) allowStatement() string {
	return oneLine(struct{ Effect, Action, Resource string }{"Allow", "sts:AssumeRole", c.resource()})
}

// resource is the role's ARN as AWS says it, which is whole where the step gives a name.
func (c Case) resource() string {
	if parts := callerForm().FindStringSubmatch(c.Refusal.Message); parts != nil && parts[3] != "" {
		return parts[3]
	}
	return c.role().ARN
}
