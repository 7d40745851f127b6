package grant

import (
	"encoding/json"
	"strings"

	"gatepass/pkg/trust"
)

// AWSPolicy is a role's trust policy.
type AWSPolicy struct {
	LetsIn string // a phrase
	JSON   string
}

// AWSPolicies are trust policies that let a job with these claims assume a role, the one that lets in the least first. The provider is the
// ARN of the IAM OIDC provider for the token's issuer, in the role's account.
func AWSPolicies(provider string, claims trust.Claims) []AWSPolicy {
	equals := func(names ...string) Values {
		values := make(Values)
		for _, name := range append(names, "aud") {
			if all := texts(claims, name); len(all) > 0 {
				values[name] = all
			}
		}
		return values
	}
	subject := []string{"sub"}
	withID := ReadsClaims(provider) && NeedsID(claims)
	if withID {
		subject = append(subject, "repository_id")
	}
	policies := []AWSPolicy{{thisSubject(claims, withID), TrustPolicy(provider, equals(subject...), nil)}}

	repository, ok := RepositoryOf(claims.Text("sub"))
	if !ok {
		return policies
	}
	// IAM takes no policy for GitHub that is silent about sub, whatever else it asks for:
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
	like := Values{"sub": {Literal(repository) + ":*"}}
	if !ReadsClaims(provider) || claims.Text("repository_id") == "" {
		return append(policies, AWSPolicy{thisRepository(claims), TrustPolicy(provider, equals(), like)})
	}
	if hasLastingRef(claims) {
		policies = append(policies, AWSPolicy{thisRef(claims), TrustPolicy(provider, equals("repository_id", "ref"), like)})
	}
	return append(policies, AWSPolicy{thisRepository(claims), TrustPolicy(provider, equals("repository_id"), like)})
}

// ReadsClaims tells whether AWS makes condition keys of more claims than sub and aud. It does so for github.com's tokens in its commercial
// regions:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
func ReadsClaims(provider string) bool {
	_, issuer, _ := strings.Cut(provider, ":oidc-provider/")
	return strings.HasPrefix(provider, "arn:aws:") && (issuer+"/" == githubHost || strings.HasPrefix(issuer, githubHost))
}

const githubHost = "token.actions.githubusercontent.com/"

// A value means itself in a policy when what begins a variable is written as one, and in StringLike a wildcard, too:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
var (
	exactly  = strings.NewReplacer("${", "${$}{")
	likewise = strings.NewReplacer("${", "${$}{", "*", "${*}", "?", "${?}")
)

// Exactly is a value as StringEquals takes it.
func Exactly(value string) string { return exactly.Replace(value) }

// Literal is a part of a pattern of StringLike that means itself.
func Literal(value string) string { return likewise.Replace(value) }

// RepositoryOf is the part of sub that names the repository, with its ID or without. A sub that was customised may begin otherwise.
func RepositoryOf(sub string) (string, bool) {
	name, ok := strings.CutPrefix(sub, "repo:")
	name, _, more := strings.Cut(name, ":")
	return "repo:" + name, ok && more && name != ""
}

// Values are what claims are asked to be, by claim: one of several texts.
type Values map[string][]string

// TrustPolicy is the JSON of a trust policy that lets in whom the provider vouches for, if each of these claims has one of its values.
// Those of like are patterns.
func TrustPolicy(provider string, equals, like Values) string {
	_, issuer, _ := strings.Cut(provider, ":oidc-provider/")
	when := make(map[string]map[string]oneOrMore)
	ask := func(operator, claim string, values []string) {
		if when[operator] == nil {
			when[operator] = make(map[string]oneOrMore)
		}
		when[operator][issuer+":"+claim] = values
	}
	for claim, values := range equals {
		exact := make([]string, len(values))
		for i, value := range values {
			exact[i] = Exactly(value)
		}
		ask("StringEquals", claim, exact)
	}
	for claim, patterns := range like {
		ask("StringLike", claim, patterns)
	}
	type principal struct{ Federated string }
	type statement struct {
		Effect    string
		Principal principal
		Action    string
		Condition map[string]map[string]oneOrMore
	}
	policy := struct {
		Version   string
		Statement []statement
	}{"2012-10-17", []statement{{"Allow", principal{provider}, "sts:AssumeRoleWithWebIdentity", when}}}
	return PolicyJSON("  ", policy)
}

// oneOrMore is a list that policies write without brackets where it has one value.
type oneOrMore []string

// MarshalJSON is for encoding/json.
func (values oneOrMore) MarshalJSON() ([]byte, error) {
	var value any = []string(values)
	if len(values) == 1 {
		value = values[0]
	}
	return []byte(PolicyJSON("", value)), nil
}

// PolicyJSON writes a part of a policy, with < and & as they are.
func PolicyJSON(indent string, value any) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(value); err != nil {
		return "" // never: there is nothing but texts in it
	}
	return text.String()
}
