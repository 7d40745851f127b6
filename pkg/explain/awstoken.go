package explain

import (
	"fmt"
	"strings"
)

// awsTokenCauses are the texts of InvalidIdentityToken, with which STS refuses the token before it looks at the role:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
var awsTokenCauses = []cause{
	{"aws-audience", answers(AWSSTS, "InvalidIdentityToken", "Incorrect token audience"), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The token's audience is %s, which the OIDC provider in account %s does not accept.", c.claim("aud"), c.AWS.Role.Account()),
			Fix:     "Add the audience to the provider, or set the input audience to one that the provider has:",
			Paste: []string{fmt.Sprintf("aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn %s --client-id %s",
				c.providerARN(), c.claim("aud"))},
		}
	}},
}

// answers is certain of a service's answer that begins with a text.
func answers(service, code, prefix string) func(Case) odds {
	return func(c Case) odds {
		if c.Refusal.Service == service && c.Refusal.Code == code && strings.HasPrefix(c.Refusal.Message, prefix) {
			return certain
		}
		return no
	}
}

// providerARN is the IAM OIDC provider that would vouch for the token: the one of the role's account for the token's issuer.
func (c Case) providerARN() string {
	return fmt.Sprintf("arn:%s:iam::%s:oidc-provider/%s", c.AWS.Partition, c.AWS.Role.Account(), strings.TrimPrefix(c.claim("iss"), "https://"))
}
