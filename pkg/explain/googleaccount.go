package explain

import (
	"cmp"
	"fmt"
	"strings"

	"gatepass/pkg/lazyregexp"
)

// googleAccountCauses are what is wrong if the service account may not be used:
// https://docs.cloud.google.com/iam/docs/service-account-impersonation
var googleAccountCauses = []cause{
	{"google-api-disabled", either(where(anyAnswer, func(c Case) bool { return c.Refusal.Reason == "SERVICE_DISABLED" }),
		said(IAMCredentials, "PERMISSION_DENIED", "has not been used in project")), func(c Case) Explanation {
		api, project := c.disabledAPI()
		return Explanation{
			Meaning: fmt.Sprintf("The API %s is not enabled in project %s%s.", api, project, c.whoseProject(project)),
			Fix:     "Enable it there, wait a few minutes, and run the job again:",
			Paste:   []string{gcloud("services", "enable", api, "--project="+project)},
		}
	}},
	{"google-account-unknown", said(IAMCredentials, "NOT_FOUND", ""), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("There is no service account %s.", c.Google.ServiceAccount),
			Fix:     "Correct the input service_account; its project's service accounts are:",
			Paste:   []string{c.listAccounts()},
		}
	}},
	{"google-lifetime-over-hour", said(IAMCredentials, "INVALID_ARGUMENT", "can not have lifetimes of more than 1 hour"), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The input access_token_lifetime asks for %s. Google gives more than 1 hour only to service accounts that the organization lists for it.", span(c.Google.AccessToken.Lifetime)),
			Fix: "Set the input to 1 hour, as in the first line. Or have an administrator of the organization add the service account to the policy " +
				"iam.allowServiceAccountCredentialLifetimeExtension, as the second line does for the project.",
			Paste: []string{
				input("access_token_lifetime", "3600s"),
				gcloud("resource-manager", "org-policies", "allow", "iam.allowServiceAccountCredentialLifetimeExtension", c.Google.ServiceAccount, "--project="+c.projectOrPlace()),
			},
		}
	}},
	{"google-lifetime", either(said(IAMCredentials, "INVALID_ARGUMENT", "Lifetime of access token"), said(IAMCredentials, "INVALID_ARGUMENT", "'lifetime'")), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("Google does not take the lifetime of the access token, %s.", span(c.Google.AccessToken.Lifetime)),
			Fix:     "Set access_token_lifetime to between 1 second and 1 hour:",
			Paste:   []string{input("access_token_lifetime", "3600s")},
		}
	}},
	{"google-scopes", where(badArgument, func(c Case) bool { return c.Google.IDToken.Audience == "" }), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("Google does not say which part of the request is wrong. The scopes are the likeliest: %s.", strings.Join(c.Google.AccessToken.Scopes, ", ")),
			Fix: "Compare access_token_scopes with https://developers.google.com/identity/protocols/oauth2/scopes, letter by letter, or ask for the usual one, and " +
				"leave what the token may do to the service account's roles:",
			Paste: []string{input("access_token_scopes", c.Google.WWW.String()+"/auth/cloud-platform")},
		}
	}},
	{"google-id-token-audience", badArgument, func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("Google does not say which part of the request is wrong. The audience of the ID token is the likeliest: %s.", c.Google.IDToken.Audience),
			Fix:     "Set id_token_audience to what your service expects; for Cloud Run and the like that is its URL, such as https://service-abc-ey.a.run.app.",
		}
	}},
	{"google-key-clock", where(unauthenticated, func(c Case) bool { return c.Google.Key != nil && isSkewed(c) }), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The runner's clock is %s Google's, so what the key signs is not valid at Google.", skewPhrase(c)),
			Fix:     "Set the runner's clock: have it follow NTP.",
		}
	}},
	{"google-key", where(unauthenticated, func(c Case) bool { return c.Google.Key != nil }), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("Google does not know the key %s of %s: the key was deleted or disabled, or the service account was.", c.Google.Key.ID, c.Google.Key.Email),
			Fix:     "See whether the key is still there. If not, set workload_identity_provider in place of credentials_json: that needs no key.",
			Paste:   []string{gcloudAccounts("keys", "list", "--iam-account="+c.Google.Key.Email)},
		}
	}},
	{"google-unauthenticated", unauthenticated, func(c Case) Explanation {
		return Explanation{
			Meaning: "Google does not take the federated token that its STS has just given: the token has expired, or is of another Google.",
			Fix:     "Run the job again. If it stays so, unset GHA_ENDPOINT_OVERRIDE_sts, GHA_ENDPOINT_OVERRIDE_iamcredentials and the input universe, or have all of them lead to the same Google.",
		}
	}},
}

var (
	badArgument     = said(IAMCredentials, "INVALID_ARGUMENT", "")
	unauthenticated = said(IAMCredentials, "UNAUTHENTICATED", "")
)

// anyAnswer fits every answer of Google's.
func anyAnswer(c Case) odds {
	if c.Google != nil {
		return certain
	}
	return no
}

var disabledForm = lazyregexp.New(`has not been used in project (\S+) before`)

// disabledAPI is the API that is disabled, and in which project, as Google says it: that is mostly not the one of the input project_id.
func (c Case) disabledAPI() (api, project string) {
	project = strings.TrimPrefix(c.Refusal.Metadata["consumer"], "projects/")
	if match := disabledForm().FindStringSubmatch(c.Refusal.Message); project == "" && match != nil {
		project = match[1]
	}
	return cmp.Or(c.Refusal.Metadata["service"], "iamcredentials.googleapis.com"), cmp.Or(project, c.workloadIdentity().project, "PROJECT")
}

func (c Case) whoseProject(project string) string {
	if project == c.workloadIdentity().project {
		return ", that of the workload identity provider"
	}
	return ""
}

func (c Case) listAccounts() string {
	return gcloudAccounts("list", "--project="+c.projectOrPlace(), "--format=value(email)")
}

// projectOrPlace is the service account's project, or the word that stands for one that is not known.
func (c Case) projectOrPlace() string { return cmp.Or(c.Google.ProjectID, "PROJECT") }

// isSkewed tells whether the clocks are too far apart for what a runner signs: Google allows for a minute or so.
func isSkewed(c Case) bool { return c.Refusal.Skew.Abs().Seconds() > 60 }

func skewPhrase(c Case) string {
	if c.Refusal.Skew < 0 {
		return span(-c.Refusal.Skew) + " behind"
	}
	return span(c.Refusal.Skew) + " ahead of"
}
