package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"unicode/utf8"
)

// maxSessionPolicies is how many characters session policies may have together.
const maxSessionPolicies = 2048

// sessionPolicies limit what a session may do:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
//
// The sandbox checks their form. Of what they allow it knows nothing, so that
// a session with a policy may assume no further role.
type sessionPolicies struct {
	inline string
	arns   []string
}

const policyPattern = `[\u0009\u000A\u000D\u0020-\u00FF]+`

var policyForm = regexp.MustCompile(`\A[\t\n\r\x{20}-\x{FF}]+\z`)

func (p *sessionPolicies) any() bool { return p.inline != "" || len(p.arns) > 0 }

// read reads the parameters Policy and PolicyArns and adds to v what is wrong with them.
func (p *sessionPolicies) read(form url.Values, v *violations) {
	if policy, given := form["Policy"]; given {
		p.inline = policy[0]
		v.length("policy", policy, 1, maxSessionPolicies, shown)
		v.matches("policy", policy, policyForm, policyPattern)
	}
	for i, member := range members(form, "PolicyArns") {
		v.length(fmt.Sprintf("policyArns.%d.member.arn", i+1), member["arn"], 20, 2048, shown)
		p.arns = append(p.arns, member.Get("arn"))
	}
	v.atMost("policyArns", len(p.arns), 10)
}

// check checks the policies of a session of role.
func (p *sessionPolicies) check(role roleARN) error {
	if p.inline != "" {
		if err := checkSessionPolicy(p.inline); err != nil {
			return err
		}
	}
	form := regexp.MustCompile(`\Aarn:` + role.partition + `:iam::(?:aws|` + role.account + `):policy/.+\z`)
	length := utf8.RuneCountInString(p.inline)
	for _, arn := range p.arns {
		if !form.MatchString(arn) {
			// The text is the one that IAM's own operations have.
			return malformedPolicy("ARN %s is not valid.", arn)
		}
		length += utf8.RuneCountInString(arn)
	}
	if length > maxSessionPolicies {
		return refuse(http.StatusBadRequest, "PackedPolicyTooLarge",
			"Packed policy consumes %d%% of allotted space, please use smaller policy.", length*100/maxSessionPolicies)
	}
	return nil
}

// checkSessionPolicy checks the form of an inline policy. The texts are those
// of IAM's grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func checkSessionPolicy(text string) error {
	var policy map[string]any
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
		return malformedPolicy("This policy contains invalid Json")
	}
	if version, given := policy["Version"]; given && version != "2012-10-17" && version != "2008-10-17" {
		return malformedPolicy("The policy must contain a valid version string.")
	}
	statements, ok := policy["Statement"].([]any)
	if !ok {
		statements = []any{policy["Statement"]}
	}
	for _, item := range statements {
		statement, ok := item.(map[string]any)
		has := func(name string) bool { return statement[name] != nil || statement["Not"+name] != nil }
		switch {
		case !ok, !slices.Contains([]any{"Allow", "Deny"}, statement["Effect"]):
			return malformedPolicy("Syntax errors in policy.")
		case has("Principal"):
			return malformedPolicy("Policy document should not specify a principal.")
		case !has("Action"):
			return malformedPolicy("Policy statement must contain actions.")
		case !has("Resource"):
			return malformedPolicy("Policy statement must contain resources.")
		}
	}
	return nil
}

func malformedPolicy(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "MalformedPolicyDocument", format, args...)
}
