package explain

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gatepass/pkg/lazyregexp"
	"gatepass/pkg/quote"
)

// awsTokenCauses are those for which STS refuses the token itself, before it looks at the role:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_Errors
var awsTokenCauses = []cause{
	{"aws-audience", ofToken("InvalidIdentityToken", "Incorrect token audience"), explainAWSAudience},
	{"aws-keys-busy", where(noKeys, func(c Case) bool { return issuerHost(c) == "token.actions.githubusercontent.com" }), func(Case) Explanation {
		return Explanation{
			Meaning: "AWS could not fetch the keys that GitHub signs its tokens with, which happens for moments when many jobs sign in at once. The step has used up its attempts.",
			Fix:     "Run the job again. If that happens often, give the step more attempts than the usual 12:",
			Paste:   []string{input("retry-max-attempts", "20")},
		}
	}},
	{"aws-keys-hidden", noKeys, func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("AWS cannot fetch the keys that the token's issuer, %s, signs its tokens with.", c.claim("iss")),
			Fix:     "AWS asks from the internet and waits for 5 seconds: make both of these answer there, with a certificate of a public authority:",
			Paste: []string{
				quote.Command("curl", "--fail", c.claim("iss")+"/.well-known/openid-configuration"),
				quote.Command("curl", "--fail", c.claim("iss")+"/.well-known/jwks"),
			},
		}
	}},
	{"aws-thumbprint", ofToken("InvalidIdentityToken", "doesn't match configured thumbprint"), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The OIDC provider in IAM pins the certificate of %s, and that has changed.", issuerHost(c)),
			Fix:     "Give the provider the thumbprint of the new certificate, which you get as in https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html:",
			Paste:   []string{quote.Command("aws", "iam", "update-open-id-connect-provider-thumbprint", "--open-id-connect-provider-arn", c.providerARN(), "--thumbprint-list") + " THUMBPRINT"},
		}
	}},
	{"aws-token-form", where(ofToken("InvalidIdentityToken", "is not a valid JWT"), fromFile), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The file of web-identity-token-file, %s, holds no ID token that AWS can read: one is a JWT, three parts with dots between them, signed with RS256, RS384, RS512, ES256, ES384 or ES512.", c.AWS.TokenFile),
			Fix:     "Write the token itself into the file, neither JSON nor an access token. Or leave the input out, and the step uses GitHub's own token.",
		}
	}},
	{"aws-token-issuer", where(ofToken("InvalidIdentityToken", "Issuer must be a valid URL"), fromFile), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The token in %s names the issuer %q. That is no https:// address, so AWS cannot look up who signed the token.", c.AWS.TokenFile, c.claim("iss")),
			Fix:     "Use a token of an issuer with a public https:// address (for Kubernetes, --service-account-issuer), or leave web-identity-token-file out and the step uses GitHub's own token.",
		}
	}},
	{"aws-token-expired-file", where(ofToken("ExpiredTokenException", "Token expired"), fromFile), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The token in %s had expired%s before AWS saw it.", c.AWS.TokenFile, c.expiredSince()),
			Fix:     "Write the file anew right before this step; GitHub's tokens live for 5 minutes. Or leave web-identity-token-file out: the step then fetches GitHub's token itself.",
		}
	}},
	{"aws-token-expired", ofToken("ExpiredTokenException", "Token expired"), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("GitHub's token had expired%s before AWS saw it, though the step had only just fetched it.", c.expiredSince()),
			Fix:     "The runner was probably suspended in between. Run the job again.",
		}
	}},
	{"aws-issuer-unanswered", ofToken("IDPCommunicationError", ""), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("AWS got no answer from the token's issuer, %s, and the step has used up its attempts.", c.claim("iss")),
			Fix:     "Run the job again. If it stays so, see whether the issuer answers from the internet:",
			Paste:   []string{quote.Command("curl", "--fail", c.claim("iss")+"/.well-known/openid-configuration")},
		}
	}},
	{"aws-claim-rejected", ofToken("IDPRejectedClaim", ""), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("AWS says that the token's issuer, %s, has withdrawn the token or what it says.", c.claim("iss")),
			Fix:     "Run the job again, which gives it a new token.",
		}
	}},
	{"aws-job-token", jobsToken, func(Case) Explanation {
		return Explanation{
			Meaning: "The step asks for the job's own credentials, which are to come from the token in AWS_WEB_IDENTITY_TOKEN_FILE for the role in AWS_ROLE_ARN. AWS refuses that token, or it for that role.",
			Fix:     "Empty both variables, or have this step sign in with that token and explain the refusal: set role-to-assume to the role, and web-identity-token-file to the file.",
		}
	}},
	// The text of a server with AWS's API, which says the same of the trust policy's conditions:
	// https://github.com/versity/versitygw/blob/v1.8.0/iamapi/controller.go
	{"aws-token-or-policy", ofToken("InvalidIdentityToken", "could not be validated"), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The answer leaves open whether the OIDC provider refuses the token or the trust policy of the role %s does.", c.roleName()),
			Fix:     fmt.Sprintf("Compare both with what the token says, issuer %s, audience %s and subject (sub) %s:", c.claim("iss"), c.claim("aud"), c.claim("sub")),
			Paste:   []string{c.getProvider(), c.getRole("Role.AssumeRolePolicyDocument")},
		}
	}},
	{"aws-token", where(ofToken("InvalidIdentityToken", ""), not(isNoProvider)), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("AWS refuses the token itself. It has not come to the trust policy of the role %s yet.", c.roleName()),
			Fix:     fmt.Sprintf("Compare what the token says, issuer %s and audience %s, with the OIDC provider:", c.claim("iss"), c.claim("aud")),
			Paste:   []string{c.getProvider()},
		}
	}},
}

// ofToken is certain of an answer about the token that the step has sent.
func ofToken(code, text string) func(Case) odds { return where(said(AWSSTS, code, text), withToken) }

// jobsToken fits where a library has sent a token of the job's, of which nothing is known.
func jobsToken(c Case) odds {
	if c.Refusal.Service != AWSSTS || withToken(c) {
		return no
	}
	if c.Refusal.Code == "InvalidIdentityToken" || strings.HasPrefix(c.Refusal.Message, "Token expired") || strings.HasSuffix(c.Refusal.Message, "perform sts:AssumeRoleWithWebIdentity") {
		return certain
	}
	return no
}

var noKeys = ofToken("InvalidIdentityToken", "Couldn't retrieve verification key")

func isNoProvider(c Case) bool { return noProvider(c) != no }

// explainAWSAudience names the audience that the provider is likely to have, as AWS does not say which.
func explainAWSAudience(c Case) Explanation {
	guess, why := c.guessAudience()
	other := remark("Or see what it accepts, and ask for that, such as here. The trust policy's condition on aud must name the same:",
		c.getProvider(), input("audience", guess))
	if fromFile(c) {
		why = "Most providers have sts.amazonaws.com."
		other = remark("Or see what it accepts, and write a token for that into "+c.AWS.TokenFile+":", c.getProvider())
	}
	return Explanation{
		Meaning: fmt.Sprintf("The token is for the audience %s, which is not among the client IDs of the OIDC provider for %s in %s. %s", c.claim("aud"), c.issuer(), c.account(), why),
		Fix:     "There are two ways out:",
		Paste: []string{
			remark("Either have the provider accept it:",
				quote.Command("aws", "iam", "add-client-id-to-open-id-connect-provider", "--open-id-connect-provider-arn", c.providerARN(), "--client-id", c.claim("aud"))),
			other,
		},
	}
}

// guessAudience is the audience that a provider usually has if it does not have the token's.
func (c Case) guessAudience() (audience, why string) {
	owner := cmp.Or(c.Job.ServerURL, "https://github.com") + "/" + cmp.Or(c.claim("repository_owner"), c.Job.RepositoryOwner)
	switch c.claim("aud") {
	case "sts.amazonaws.com.cn":
		return "sts.amazonaws.com", "Providers that were made as for other regions have sts.amazonaws.com in its place."
	case "sts.amazonaws.com":
		return owner, fmt.Sprintf("Providers that were made for the audience of GitHub's tokens by default have %s in its place.", owner)
	}
	return "sts.amazonaws.com", "Most providers have sts.amazonaws.com, which the step asks for if you leave out the input audience."
}

func (c Case) getProvider() string {
	return quote.Command("aws", "iam", "get-open-id-connect-provider", "--open-id-connect-provider-arn", c.providerARN())
}

var expiry = lazyregexp.New(`current date/time ([0-9]{1,11}) must be before the expiration date/time ([0-9]{1,11})`)

// expiredSince is how long a token had been expired, by AWS's own clock, as its answer says.
func (c Case) expiredSince() string {
	times := expiry().FindStringSubmatch(c.Refusal.Message)
	if times == nil {
		return ""
	}
	now, _ := strconv.ParseInt(times[1], 10, 64)
	expired, _ := strconv.ParseInt(times[2], 10, 64)
	return " " + span(time.Duration(now-expired)*time.Second)
}
