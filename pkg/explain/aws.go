package explain

import (
	"fmt"
	"path"
	"strings"
	"time"

	"gatepass/pkg/grant"
	"gatepass/pkg/inputs"
	"gatepass/pkg/quote"
)

// role is the role that was asked for, as the step names it. Keys can sign in without one.
func (c Case) role() inputs.AWSRole {
	if c.AWS.Role == nil {
		return inputs.AWSRole{}
	}
	return *c.AWS.Role
}

// roleName is the role's name without its path, as IAM's commands take it.
func (c Case) roleName() string { return path.Base(c.role().ARN) }

// account is the role's account, for a sentence.
func (c Case) account() string {
	if account := c.role().Account(); account != "" {
		return "account " + account
	}
	return "the role's account"
}

// issuer is the token's issuer as IAM writes it: without https://.
func (c Case) issuer() string { return strings.TrimPrefix(c.claim("iss"), "https://") }

// providerARN is the IAM OIDC provider that would vouch for the token: the one of the role's account for the token's issuer.
func (c Case) providerARN() string {
	return fmt.Sprintf("arn:%s:iam::%s:oidc-provider/%s", c.AWS.Partition, c.role().Account(), c.issuer())
}

// conditionKey is the condition key that a claim becomes:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
func (c Case) conditionKey(claim string) string { return c.issuer() + ":" + claim }

// exactCondition is the part of a trust policy that lets in the jobs with this subject, and no others.
func (c Case) exactCondition() string {
	equals := c.exactSubject()
	equals[c.conditionKey("aud")] = grant.Exactly(c.claim("aud"))
	return `"Condition": ` + grant.PolicyJSON("  ", map[string]any{"StringEquals": equals})
}

// exactSubject is what a condition holds the subject to; a customised one in this repository alone, where AWS can tell.
func (c Case) exactSubject() map[string]string {
	equals := map[string]string{c.conditionKey("sub"): grant.Exactly(c.claim("sub"))}
	if grant.ReadsClaims(c.providerARN()) && grant.NeedsID(c.Claims) {
		equals[c.conditionKey("repository_id")] = c.claim("repository_id")
	}
	return equals
}

// oneLine writes a part of a policy on one line.
func oneLine(value any) string { return strings.TrimSuffix(grant.PolicyJSON("", value), "\n") }

// getRole prints something of the role.
func (c Case) getRole(query string, more ...string) string {
	return quote.Command(append([]string{"aws", "iam", "get-role", "--role-name", c.roleName(), "--query", query}, more...)...)
}

// remark is what to paste, below a line that says what it is for. In a shell, in YAML and in a person's eyes # begins a comment.
func remark(text string, paste ...string) string {
	return strings.Join(append([]string{"# " + text}, paste...), "\n")
}

// input is a line of the step, under with:.
func input(name, value string) string { return name + ": " + value }

// span is a time for a sentence: 3 hours, 90 seconds.
func span(d time.Duration) string {
	count, unit := int64(d/time.Second), "second"
	for _, larger := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if d%larger.of == 0 || d >= 2*larger.of {
			count, unit = int64(d/larger.of), larger.name
			break
		}
	}
	if count == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", count, unit)
}
