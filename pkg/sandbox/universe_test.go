package sandbox_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"gatepass/pkg/sandbox"
)

// TestUniverse asks a universe of its own for what it knows, and for what is Google's.
func TestUniverse(t *testing.T) {
	t.Parallel()
	const inUniverse = "deploy@my-project.s3ns.iam.gserviceaccount.com"
	f := newGoogle(t, func(g *sandbox.Google) {
		g.Universe = "apis.example"
		g.ServiceAccounts = append(g.ServiceAccounts, sandbox.ServiceAccount{
			Email:    inUniverse,
			Bindings: map[string][]string{"roles/iam.serviceAccountTokenCreator": {"serviceAccount:" + inUniverse}},
		})
	}, nil)
	const provider = pool + "/providers/octo-repo"
	const name, scope = "//iam.apis.example/" + provider, "https://www.apis.example/auth/cloud-platform"
	ours := map[string]string{"audience": name, "scope": "openid https://mail.google.com/ " + scope}
	other := refusal{400, "invalid_scope", "Invalid OAuth scope or ID token audience provided."}
	for _, test := range []exchangeTest{
		{name: "granted", audience: "https:" + name, request: ours},
		{name: "granted for the name without https", audience: name, request: ours},
		{name: "Google's token audience", request: ours, want: refusal{400, "invalid_grant",
			"The audience in ID Token [" + audiencePrefix + provider + "] does not match the expected audience."}},
		{name: "Google's scope", audience: name, want: other, request: map[string]string{"audience": name}},
		{name: "Google's provider", audience: name, request: map[string]string{"scope": scope}, want: refusal{400, "invalid_request",
			`Invalid value for "audience". This value should be the full resource name of the Identity Provider. See https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token for the list of possible formats.`}},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, f) })
	}

	key := f.accountKey(t, inUniverse)
	file, err := f.ServiceAccountKey(inUniverse)
	if err != nil {
		t.Fatal(err)
	}
	var written map[string]string
	if err := json.Unmarshal(file, &written); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		"universe_domain": "apis.example", "token_uri": "https://oauth2.apis.example/token", "project_id": "s3ns:my-project",
	} {
		if written[field] != want {
			t.Errorf("%s is %q, want %q", field, written[field], want)
		}
	}
	own := key.selfSigned(t, object{"aud": "https://iamcredentials.apis.example/"})
	scopes := func(scope string) object { return object{"scope": []string{scope}} }
	for _, test := range []iamTest{
		{name: "key", email: inUniverse, bearer: own, request: scopes(scope)},
		{name: "key, Google's scope", email: inUniverse, bearer: own, request: scopes("https://www.googleapis.com/auth/cloud-platform"),
			want: iamRefusal{refusal: refusal{400, "INVALID_ARGUMENT", "Request contains an invalid argument."}}},
		{name: "key, Google's audience", email: inUniverse, bearer: key.selfSigned(t, nil), request: scopes(scope),
			want: iamRefusal{refusal: refusal{401, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."}}},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, f) })
	}
	for name, test := range map[string]struct {
		audience, scope string
		want            refusal
	}{
		"granted":           {"https://oauth2.apis.example/token", scope, refusal{}},
		"Google's scope":    {"https://oauth2.apis.example/token", directoryScope, other},
		"Google's audience": {"https://oauth2.googleapis.com/token", scope, refusal{400, "invalid_grant", "Invalid JWT: Failed audience check. The right audience is https://oauth2.apis.example/token"}},
	} {
		r := f.postForm(t, "/google/oauth2/token", url.Values{
			"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"},
			"assertion":  {key.selfSigned(t, object{"aud": test.audience, "scope": test.scope, "sub": nil})},
		})
		if got := oauthRefusal(t, r); got != test.want {
			t.Errorf("assertion, %s: got %v, want %v", name, got, test.want)
		}
	}
}
