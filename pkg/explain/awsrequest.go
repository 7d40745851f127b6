package explain

import (
	"fmt"
	"strings"
	"time"

	"gatepass/pkg/lazyregexp"
	"gatepass/pkg/quote"
)

// awsRequestCauses are those for which AWS takes the caller, but not what is asked for.
var awsRequestCauses = []cause{
	{"aws-duration-role", said(AWSSTS, "ValidationError", "exceeds the MaxSessionDuration set for this role"), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The step asks for a session of %s; the role does not allow such a long one.", span(c.role().Duration)),
			Fix:     "There are two ways out:",
			Paste: []string{
				c.askForAnHour(),
				remark("Or raise what the role allows, up to 12 hours:",
					quote.Command("aws", "iam", "update-role", "--role-name", c.roleName(), "--max-session-duration", seconds(c.role().Duration))),
			},
		}
	}},
	{"aws-duration-chaining", said(AWSSTS, "ValidationError", "1 hour session limit for roles assumed by role chaining"), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The step asks for a session of %s, but with the credentials of another role. AWS opens such a session for an hour at the most, whatever the role allows.", span(c.role().Duration)),
			Fix:     "Ask for an hour, or assume the role directly with GitHub's token, without role-chaining:",
			Paste:   []string{input("role-duration-seconds", "3600")},
		}
	}},
	{"aws-arn", said(AWSSTS, "ValidationError", "Request ARN is invalid"), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("AWS does not read %s, %s, as the ARN of a role.", c.roleInput(), c.role().ARN),
			Fix:     "Take it from what this prints:",
			Paste:   []string{c.getRole("Role.Arn", "--output", "text")},
		}
	}},
	{"aws-value", said(AWSSTS, "ValidationError", ""), func(c Case) Explanation {
		return Explanation{
			Meaning: "AWS does not take one of the request's values, for the reason that its answer gives.",
			Fix:     "Correct " + c.faultyInputs() + ".",
		}
	}},
	{"aws-malformed", said(AWSSTS, "MalformedInput", ""), func(Case) Explanation {
		return Explanation{
			Meaning: "AWS cannot read the request, and does not say why. What sts-endpoint or AWS_ENDPOINT_URL_STS names may be another service.",
			Fix:     "Leave both out, and the step asks AWS's own endpoint.",
		}
	}},
	{"aws-policy-packed", where(packed, func(c Case) bool { return strings.Contains(c.Refusal.Message, "policy consumes") }), func(Case) Explanation {
		return Explanation{
			Meaning: "inline-session-policy and managed-session-policies are too large together, in the packed form that AWS puts into the session.",
			Fix:     "Make them shorter: write actions with wildcards, leave out Sid, or put the policy into a managed one and give its ARN.",
		}
	}},
	{"aws-tags-packed", packed, func(Case) Explanation {
		return Explanation{
			Meaning: "The session's tags are too large, in the packed form that AWS puts into the session. The step has left out the tags that only describe the run, and it was not enough.",
			Fix:     "Shorten custom-tags, or pass no tags:",
			Paste:   []string{input("role-skip-session-tagging", "true")},
		}
	}},
	{"aws-policy-managed", where(malformedPolicy, func(c Case) bool { return c.role().Policy == "" }), func(Case) Explanation {
		return Explanation{
			Meaning: "AWS does not take the policies in managed-session-policies: each must exist, and be AWS's own or of the role's account.",
			Fix:     "Correct their ARNs. This prints those of the account:",
			Paste:   []string{"aws iam list-policies --scope Local --query Policies[].Arn"},
		}
	}},
	{"aws-policy-inline", malformedPolicy, func(Case) Explanation {
		return Explanation{
			Meaning: "inline-session-policy is JSON, but not a session policy: it needs Version 2012-10-17 and statements with Effect, Action and Resource, and none with Principal.",
			Fix:     "Correct it. This shows its faults, with the policy in the file policy.json:",
			Paste:   []string{"aws accessanalyzer validate-policy --policy-type IDENTITY_POLICY --policy-document file://policy.json"},
		}
	}},
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html
	{"aws-region-disabled", perhaps(regionDisabled), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The account has STS switched off in %s, or the whole region, as new regions are at first.", c.AWS.Region),
			Fix:     "Switch STS on in the IAM console (Account settings, Security Token Service), and the region, if it is off, with this:",
			Paste:   []string{quote.Command("aws", "account", "enable-region", "--region-name", c.AWS.Region)},
		}
	}},
	{"aws-region-elsewhere", where(regionDisabled, func(c Case) bool { return withToken(c) && c.AWS.Partition == "aws" }), func(Case) Explanation {
		return Explanation{
			Meaning: "It is to stay off.",
			Fix:     "Then ask STS of another region; aws-region stays the region of later steps:",
			Paste:   []string{input("sts-endpoint", "https://sts.us-east-1.amazonaws.com")},
		}
	}},
}

var (
	packed          = said(AWSSTS, "PackedPolicyTooLarge", "")
	malformedPolicy = said(AWSSTS, "MalformedPolicyDocument", "")
	regionDisabled  = said(AWSSTS, "RegionDisabledException", "")
)

// parameters are STS's names of what an input gives.
var parameters = map[string]string{
	"durationSeconds": "role-duration-seconds", "externalId": "role-external-id", "policy": "inline-session-policy", "policyArns": "managed-session-policies",
	"roleArn": "role-to-assume", "roleSessionName": "role-session-name", "tags": "custom-tags", "transitiveTagKeys": "transitive-tag-keys",
	"webIdentityToken": "web-identity-token-file",
}

var parameterForm = lazyregexp.New(`at '([A-Za-z]+)`)

// faultyInputs names the inputs that an answer finds fault with.
func (c Case) faultyInputs() string {
	var names []string
	for _, parts := range parameterForm().FindAllStringSubmatch(c.Refusal.Message, -1) {
		name := parameters[parts[1]]
		if name == "role-to-assume" {
			name = c.roleInput()
		}
		if name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "the input that it names"
	}
	return strings.Join(names, " and ")
}

func seconds(d time.Duration) string { return fmt.Sprint(int64(d / time.Second)) }
