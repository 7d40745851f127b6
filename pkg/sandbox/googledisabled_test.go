package sandbox_test

import (
	"testing"

	"gatepass/pkg/sandbox"
)

func TestDisabledAPI(t *testing.T) {
	t.Parallel()
	f := newGoogle(t, func(g *sandbox.Google) { g.DisabledAPIs = []string{"iamcredentials.googleapis.com"} }, nil)
	federated := f.federate(t, pool+"/providers/octo-repo")
	disabled := iamRefusal{
		refusal: refusal{403, "PERMISSION_DENIED", "IAM Service Account Credentials API has not been used in project 123456789012 before or it is disabled. " +
			"Enable it by visiting https://console.developers.google.com/apis/api/iamcredentials.googleapis.com/overview?project=123456789012 then retry. " +
			"If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry."},
		reason: "SERVICE_DISABLED", service: "iamcredentials.googleapis.com", consumer: "projects/123456789012",
	}
	unauthenticated := iamRefusal{refusal: refusal{401, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."}}
	for _, test := range []iamTest{
		{name: "access token", email: deploy, bearer: federated, want: disabled},
		{name: "ID token", method: "generateIdToken", email: deploy, bearer: federated, want: disabled},
		{name: "signature", method: "signJwt", email: byPool, bearer: federated, want: disabled},
		{name: "before permissions", email: elsewhere, bearer: federated, want: disabled},
		{name: "before the account", email: nobody, bearer: federated, want: disabled},
		{name: "key", email: byItself, bearer: f.accountKey(t, byItself).selfSigned(t, nil), want: disabled},
		{name: "nobody's project", email: deploy, bearer: "ya29.x", want: unauthenticated},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, f) })
	}
}

// TestDisabledAPIWithoutProvider has no number of a project but the documentation's.
func TestDisabledAPIWithoutProvider(t *testing.T) {
	t.Parallel()
	f := serve(t, sandbox.Config{Google: sandbox.Google{
		ServiceAccounts: []sandbox.ServiceAccount{{Email: byItself}},
		DisabledAPIs:    []string{"iamcredentials.googleapis.com"},
	}}, nil)
	key := f.accountKey(t, byItself)
	got := readIAMRefusal(t, f.postJSON(t, accounts+byItself+":generateAccessToken", key.selfSigned(t, nil), object{"scope": []string{"openid"}}))
	if got.reason != "SERVICE_DISABLED" || got.consumer != "projects/123456789012" {
		t.Errorf("got %+v", got)
	}
}
