package explain

import (
	"fmt"
	"strings"
)

// googleOAuthCauses are what is wrong with domain-wide delegation, the input access_token_subject:
// https://developers.google.com/identity/protocols/oauth2/service-account
var googleOAuthCauses = []cause{
	{"google-delegation", either(said(GoogleOAuth, "unauthorized_client", ""), said(GoogleOAuth, "access_denied", "")), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The Google Workspace of %s does not let %s act as its users with all of the scopes that the step asks for.", c.Google.AccessToken.Subject, c.Google.ServiceAccount),
			Fix: "A super administrator of the Workspace must add the service account at https://admin.google.com/ac/owl/domainwidedelegation, by the client ID that the command prints " +
				"and with the scopes of the second line. It may take up to 24 hours.",
			Paste: []string{
				gcloudAccounts("describe", c.Google.ServiceAccount, "--format=value(oauth2ClientId)"),
				strings.Join(c.Google.AccessToken.Scopes, ","),
			},
		}
	}},
	{"google-delegation-clock", where(said(GoogleOAuth, "invalid_grant", "short-lived token"), isSkewed), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The runner's clock is %s Google's, so the request for a token of %s is dated wrongly.", skewPhrase(c), c.Google.AccessToken.Subject),
			Fix:     "Set the runner's clock: have it follow NTP.",
		}
	}},
	{"google-delegation-lifetime", said(GoogleOAuth, "invalid_grant", "short-lived token"), func(c Case) Explanation {
		return Explanation{
			Meaning: "The request for the token is dated wrongly, or asks for more than 1 hour.",
			Fix:     "See that the runner's clock follows NTP; this must print the same time twice, but for a second:",
			Paste:   []string{"date --utc; " + curl("--head", c.Google.OAuth2.String()) + " | grep -i ^date"},
		}
	}},
	{"google-delegation-user", either(said(GoogleOAuth, "invalid_grant", "Invalid email or User ID"), said(GoogleOAuth, "invalid_grant", "Not a valid email")), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("Google Workspace has no user %s who is active.", c.Google.AccessToken.Subject),
			Fix:     "Set access_token_subject to the primary e-mail address of a user, not to an alias, a group or the service account.",
		}
	}},
	{"google-delegation-key", said(GoogleOAuth, "invalid_grant", "Invalid JWT Signature"), func(c Case) Explanation {
		e := Explanation{
			Meaning: fmt.Sprintf("Google does not know the key that the request is signed with: it was deleted or disabled, or %s was.", c.Google.ServiceAccount),
			Fix:     "See which keys there are:",
			Paste:   []string{gcloudAccounts("keys", "list", "--iam-account="+c.Google.ServiceAccount)},
		}
		if c.Google.Key != nil {
			e.Fix = fmt.Sprintf("The step has the key %s; see whether it is still there:", c.Google.Key.ID)
		}
		return e
	}},
	{"google-delegation-account", said(GoogleOAuth, "invalid_grant", "account not found"), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("There is no service account %s any more.", c.Google.ServiceAccount),
			Fix:     "Correct the input service_account; its project's service accounts are:",
			Paste:   []string{c.listAccounts()},
		}
	}},
	{"google-delegation-scopes", said(GoogleOAuth, "invalid_scope", ""), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("Google does not know all of these scopes: %s.", strings.Join(c.Google.AccessToken.Scopes, ", ")),
			Fix:     "Correct access_token_scopes, by https://developers.google.com/identity/protocols/oauth2/scopes.",
		}
	}},
}
