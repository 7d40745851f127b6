package explain

import (
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
	_, issuer, _ := strings.Cut(provider, ":oidc-provider/")
	key := func(claim string) string { return issuer + ":" + claim }
	equals := func(names ...string) map[string]string {
		values := make(map[string]string)
		for _, name := range append(names, "aud") {
			if value := text(claims, name); value != "" {
				values[key(name)] = exactly.Replace(value)
			}
		}
		return values
	}
	subject := []string{"sub"}
	withID := readsClaims(provider) && needsID(claims)
	if withID {
		subject = append(subject, "repository_id")
	}
	policies := []AWSPolicy{{thisSubject(claims, withID), trustPolicy(provider, condition{"StringEquals": equals(subject...)})}}

	repository, ok := repositoryOf(text(claims, "sub"))
	if !ok {
		return policies
	}
	// IAM takes no policy for GitHub that is silent about sub, whatever else it asks for:
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
	like := map[string]string{key("sub"): likewise.Replace(repository) + ":*"}
	if !readsClaims(provider) || text(claims, "repository_id") == "" {
		return append(policies, AWSPolicy{thisRepository(claims), trustPolicy(provider, condition{"StringEquals": equals(), "StringLike": like})})
	}
	if hasLastingRef(claims) {
		policies = append(policies, AWSPolicy{thisRef(claims), trustPolicy(provider, condition{"StringEquals": equals("repository_id", "ref"), "StringLike": like})})
	}
	return append(policies, AWSPolicy{thisRepository(claims), trustPolicy(provider, condition{"StringEquals": equals("repository_id"), "StringLike": like})})
}

// readsClaims tells whether AWS makes condition keys of more claims than sub and aud. It does so for github.com's tokens in its commercial regions:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
func readsClaims(provider string) bool {
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

// repositoryOf is the part of sub that names the repository, with its ID or without. A sub that was customised may begin otherwise.
func repositoryOf(sub string) (string, bool) {
	name, ok := strings.CutPrefix(sub, "repo:")
	name, _, more := strings.Cut(name, ":")
	return "repo:" + name, ok && more && name != ""
}

type condition map[string]map[string]string

func trustPolicy(provider string, when condition) string {
	type principal struct{ Federated string }
	type statement struct {
		Effect    string
		Principal principal
		Action    string
		Condition condition
	}
	policy := struct {
		Version   string
		Statement []statement
	}{"2012-10-17", []statement{{"Allow", principal{provider}, "sts:AssumeRoleWithWebIdentity", when}}}
	return policyJSON("  ", policy)
}
