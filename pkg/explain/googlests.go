package explain

import (
	"fmt"
	"strings"
	"time"

	"gatepass/pkg/quote"
)

// googleSTSCauses are what is wrong if Google's STS does not take the token: with the provider, its issuer, its audience, its mapping. The
// texts are those of https://docs.cloud.google.com/iam/docs/troubleshooting-workload-identity-federation and of the issues of
// https://github.com/google-github-actions/auth.
var googleSTSCauses = []cause{
	{"google-provider-name", said(GoogleSTS, "invalid_request", `Invalid value for "audience"`), func(c Case) Explanation {
		e := Explanation{Meaning: fmt.Sprintf("Google does not take //%s/%s for the full name of a provider.", c.Google.IAM.Host, c.Google.Provider)}
		switch {
		case c.Google.IAM.Host != "iam."+c.Google.Universe:
			e.Fix = "The environment variable GHA_ENDPOINT_OVERRIDE_iam gives it another host. Unset it."
		case c.Google.Universe != "googleapis.com":
			e.Fix = fmt.Sprintf("The input universe gives it the host. Take the input out, or correct it: it is %s.", c.Google.Universe)
		default:
			e.Fix, e.Paste = "Set workload_identity_provider to a name that this prints:", []string{c.listProviders()}
		}
		return e
	}},
	{"google-provider-unknown", perhaps(noTarget), func(c Case) Explanation {
		of := c.workloadIdentity()
		e := Explanation{
			Meaning: fmt.Sprintf("Google knows no provider %s in the pool %s of the project with the number %s, or knows it as disabled or deleted.", of.provider, of.pool, of.project),
			Fix:     "Set workload_identity_provider to one that this prints, with its state:",
			Paste:   []string{c.listProviders()},
		}
		if c.Google.ProjectID != "" {
			e.Fix = fmt.Sprintf("Set workload_identity_provider to one that the first command prints, with its state. If the project is to be %s, the second prints its number.", c.Google.ProjectID)
			e.Paste = append(e.Paste, quote.Command("gcloud", "projects", "describe", c.Google.ProjectID, "--format=value(projectNumber)"))
		}
		return e
	}},
	{"google-provider-disabled", perhaps(noTarget), func(c Case) Explanation {
		return Explanation{
			Meaning: "It is disabled, or its pool is.",
			Fix:     "Enable both:",
			Paste:   []string{c.update("--no-disabled"), gcloudPools("update", c.pool(), "--no-disabled")},
		}
	}},
	{"google-provider-deleted", perhaps(noTarget), func(c Case) Explanation {
		return Explanation{
			Meaning: "It was deleted, or its pool was.",
			Fix:     "For 30 days, both can be brought back:",
			Paste:   []string{gcloudProviders("undelete", c.Google.Provider), gcloudPools("undelete", c.pool())},
		}
	}},
	{"google-provider-new", perhaps(noTarget), func(Case) Explanation {
		return Explanation{
			Meaning: "It was made in the last minutes, and not all of Google knows it yet.",
			Fix:     "Wait five minutes and run the job again.",
		}
	}},
	{"google-audience-listed", where(wrongAudience, func(c Case) bool { return c.claim("aud") == c.usualAudience() }), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The token's audience is %s, the usual one, but the provider has a list of allowed audiences, and this is not among them.", c.claim("aud")),
			Fix: "Set the input audience to one that the first command prints. Or allow the usual one: the second command replaces the list, so add, " +
				"with commas, those that other workflows use.",
			Paste: []string{c.show("oidc.allowedAudiences"), c.update("--allowed-audiences=" + c.claim("aud"))},
		}
	}},
	{"google-audience", wrongAudience, func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The token's audience is %s, as the input audience says, which the provider does not accept.", c.claim("aud")),
			Fix: fmt.Sprintf("If the first command prints nothing, the provider accepts its own name only: take the input audience out, and the step asks for %s. "+
				"Else set the input to one that it prints. Or allow this one: the second command replaces the list, so add, with commas, those that are there.", c.usualAudience()),
			Paste: []string{c.show("oidc.allowedAudiences"), c.update("--allowed-audiences=" + c.claim("aud"))},
		}
	}},
	{"google-issuer", wrongIssuer, func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The token's issuer is %s, and the provider trusts another one.", c.issuerPhrase()),
			Fix:     trustIssuerFix,
			Paste:   []string{c.trustIssuer()},
		}
	}},
	{"google-issuer-server", where(unreachableIssuer, issuerIsServer), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("Google could not fetch the keys of the token's issuer, %s: it is not on the internet, or Google does not trust its certificate.", c.issuerPhrase()),
			Fix:     "Give the provider the keys, from a machine that reaches the server, and again whenever the server changes them:",
			Paste:   c.uploadKeys(),
		}
	}},
	{"google-issuer-unreachable", unreachableIssuer, func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("Google did not get the key of this token from its issuer, %s.", c.issuerPhrase()),
			Fix:     "Run the job again. If it stays so, see whether the provider has keys of its own, which the first command prints; the others renew them.",
			Paste:   append([]string{c.show("oidc.jwksJson")}, c.uploadKeys()...),
		}
	}},
	{"google-signature", said(GoogleSTS, "invalid_grant", "Unable to verify the ID Token signature"), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The provider has keys of its own for the token's issuer, %s, and they are out of date: the token is signed with another key.", c.issuerPhrase()),
			Fix:     "Renew them:",
			Paste:   c.uploadKeys(),
		}
	}},
	{"google-token-early", where(staleToken, func(c Case) bool { return !c.Refusal.Date.IsZero() && c.Refusal.Date.Before(c.moment("iat")) }), func(c Case) Explanation {
		e := Explanation{
			Meaning: fmt.Sprintf("The token says that it was issued at %s, but by Google's clock it was %s only.", clock(c.moment("iat")), clock(c.Refusal.Date)),
			Fix:     "The clock of GitHub's token service was wrong. Run the job again.",
		}
		if issuerIsServer(c) {
			e.Fix = fmt.Sprintf("Set the clock of your GitHub Enterprise Server, %s: have it follow NTP.", issuerHost(c))
		}
		return e
	}},
	{"google-token-late", where(staleToken, func(c Case) bool { return c.Refusal.Date.After(c.moment("exp")) }), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The token was good from %s to %s, and Google read it at %s.", clock(c.moment("iat")), clock(c.moment("exp")), clock(c.Refusal.Date)),
			Fix:     "Run the job again. If it stays so, something between the runner and Google holds requests back, such as a proxy.",
		}
	}},
	{"google-token-stale", staleToken, func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The token was good from %s to %s, and that was not the time when Google read it.", clock(c.moment("iat")), clock(c.moment("exp"))),
			Fix:     "Run the job again. On GitHub Enterprise Server, see that the server's clock is right, too.",
		}
	}},
}

var (
	noTarget          = said(GoogleSTS, "invalid_target", "")
	unreachableIssuer = said(GoogleSTS, "invalid_grant", "Error connecting to the given credential's issuer")
	staleToken        = said(GoogleSTS, "invalid_grant", "is stale to sign-in")
	wrongAudience     = either(said(GoogleSTS, "invalid_grant", "The audience in ID Token"), said(GoogleSTS, "invalid_grant", "The audience in JWT"))
	wrongIssuer       = either(said(GoogleSTS, "invalid_grant", "The issuer in ID Token"), said(GoogleSTS, "invalid_grant", "Specified identity issuer"))
)

func (c Case) listProviders() string {
	of := c.workloadIdentity()
	return gcloudProviders("list", "--workload-identity-pool="+of.pool, "--location=global", "--project="+of.project, "--show-deleted", "--format=value(name,state,disabled)")
}

// uploadKeys fetches the issuer's keys and gives them to the provider.
func (c Case) uploadKeys() []string {
	return []string{
		curl("--fail", "--output", "jwks.json", strings.TrimSuffix(c.claim("iss"), "/")+"/.well-known/jwks"),
		c.update("--jwk-json-path=jwks.json"),
	}
}

// moment is one of the token's times, which are seconds since 1970.
func (c Case) moment(claim string) time.Time {
	seconds, _ := c.Claims[claim].(float64)
	return time.Unix(int64(seconds), 0)
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05 UTC") }
