package explain

import (
	"fmt"
	"net/url"
	"strings"

	"gatepass/pkg/inputs"
	"gatepass/pkg/quote"
	"gatepass/pkg/trust"
)

// awsProviderCauses are what is wrong if AWS finds no IAM OIDC provider for the token's issuer. The issuer tells them apart:
// https://docs.github.com/actions/reference/security/oidc
var awsProviderCauses = []cause{
	{"aws-provider-partition", perhaps(where(noProvider, inAnotherPartition)), func(c Case) Explanation {
		return c.missingProvider(fmt.Sprintf("The role is in %s, in the partition %s, which shares no OIDC providers with the others. There, the account has none for this token's issuer, %s.",
			c.account(), c.AWS.Partition, c.claim("iss")))
	}},
	{"aws-provider-enterprise", perhaps(where(noProvider, issuerHasEnterprise)), func(c Case) Explanation {
		return c.missingProvider(fmt.Sprintf("Your enterprise's tokens have an issuer of their own, %s. IAM has no OIDC provider for exactly that in %s; one for %s is another.",
			c.claim("iss"), c.account(), strings.TrimSuffix(c.claim("iss"), "/"+lastPart(c.claim("iss")))))
	}},
	{"aws-provider-server", perhaps(where(noProvider, issuerIsServer)), func(c Case) Explanation {
		e := c.missingProvider(fmt.Sprintf("The token is of GitHub Enterprise Server, with the issuer %s. IAM has no OIDC provider for exactly that in %s.", c.claim("iss"), c.account()))
		e.Fix = "AWS must reach that address from the internet. If it does, create the provider:"
		return e
	}},
	{"aws-provider-residency", perhaps(where(noProvider, issuerHasResidency)), func(c Case) Explanation {
		return c.missingProvider(fmt.Sprintf("Your enterprise is on GHE.com, whose tokens have the issuer %s. IAM has no OIDC provider for exactly that in %s; one for https://token.actions.githubusercontent.com is another.",
			c.claim("iss"), c.account()))
	}},
	{"aws-provider-foreign", perhaps(where(noProvider, not(issuerIsGitHub))), func(c Case) Explanation {
		return c.missingProvider(fmt.Sprintf("The token in web-identity-token-file is not GitHub's: its issuer is %s, and IAM has no OIDC provider for that in %s.", c.claim("iss"), c.account()))
	}},
	{"aws-provider", perhaps(where(noProvider, issuerIsUsual)), func(c Case) Explanation {
		return c.missingProvider(fmt.Sprintf("IAM has no OIDC provider for GitHub's issuer, %s, in %s.", c.claim("iss"), c.account()))
	}},
	{"aws-provider-account", perhaps(noProvider), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("You have set up another account than %s names; the provider must be in the role's own, %s.", c.roleInput(), c.role().Account()),
			Fix:     "See with credentials of that account which providers it has:",
			Paste:   []string{"aws iam list-open-id-connect-providers"},
		}
	}},
}

var noProvider = ofToken("InvalidIdentityToken", "No OpenIDConnect provider found in your account for")

// missingProvider has the provider created.
func (c Case) missingProvider(meaning string) Explanation {
	return Explanation{
		Meaning: meaning,
		Fix:     fmt.Sprintf("Create it with credentials of %s:", c.account()),
		Paste:   []string{quote.Command("aws", "iam", "create-open-id-connect-provider", "--url", c.claim("iss"), "--client-id-list", c.claim("aud"))},
	}
}

func issuerIsUsual(c Case) bool {
	return c.claim("iss") == trust.GitHubIssuer && !inAnotherPartition(c)
}

// issuerIsGitHub tells whether a token is GitHub's, of whichever issuer: no one else's has these claims.
func issuerIsGitHub(c Case) bool {
	return c.claim("repository") != "" && c.claim("job_workflow_ref") != ""
}

func inAnotherPartition(c Case) bool {
	return c.AWS.Partition != "aws" && c.claim("iss") == trust.GitHubIssuer
}

// issuerHasEnterprise: https://docs.github.com/enterprise-cloud@latest/rest/actions/oidc adds the enterprise's name to the path.
func issuerHasEnterprise(c Case) bool {
	return issuerIsGitHub(c) && strings.HasPrefix(c.claim("iss"), trust.GitHubIssuer+"/")
}

func issuerIsServer(c Case) bool {
	return issuerIsGitHub(c) && strings.HasSuffix(c.claim("iss"), "/_services/token")
}

func issuerHasResidency(c Case) bool {
	return issuerIsGitHub(c) && strings.HasSuffix(issuerHost(c), ".ghe.com")
}

// issuerHost is the host that AWS asks for the issuer's keys.
func issuerHost(c Case) string {
	u, err := url.Parse(c.claim("iss"))
	if err != nil {
		return ""
	}
	return u.Host
}

func lastPart(address string) string { return address[strings.LastIndexByte(address, '/')+1:] }

func fromFile(c Case) bool { return c.AWS != nil && c.AWS.Source == inputs.FromTokenFile }
