package inputs

import (
	"slices"
	"strings"
)

// webIdentity checks that a step that leaves the exchange of GitHub's token to later steps asks for nothing that an exchange would take or
// give.
func (r *reader) webIdentity(in *AWS) {
	const input = "aws-web-identity"
	var others []string
	for _, other := range []string{
		"aws-access-key-id", "aws-secret-access-key", "aws-session-token", "web-identity-token-file",
		"role-duration-seconds", "role-external-id", "inline-session-policy", "managed-session-policies", "custom-tags", "transitive-tag-keys",
		"aws-profile", "sts-endpoint", "aws-trust-policy",
	} {
		if r.raw(other) != "" {
			others = append(others, r.called(other))
		}
	}
	for _, other := range []string{"aws-refresh", "role-chaining", "force-skip-oidc", "use-existing-credentials", "special-characters-workaround", "output-credentials"} {
		if r.awsBoolean(other) {
			others = append(others, r.called(other))
		}
	}
	if r.raw("output-env-credentials") != "" && !in.ExportEnvironment {
		others = append(others, "output-env-credentials")
	}
	if len(others) > 0 {
		r.fault(input, "leaves the exchange of GitHub's token to later steps, and hands over nothing else; leave out %s", strings.Join(others, ", "))
	}
	if in.Role == nil {
		r.fault("role-to-assume", "is missing; aws-web-identity needs the role to assume")
	} else if account := in.Role.Account(); account != "" && len(in.AllowedAccounts) > 0 && !slices.Contains(in.AllowedAccounts, account) {
		r.fault("allowed-account-ids", "the role is of account %s, which is not among %s", account, strings.Join(in.AllowedAccounts, ", "))
	}
}
