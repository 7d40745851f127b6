package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"
)

const directoryScope = "https://www.googleapis.com/auth/admin.directory.user"

// assertionTest exchanges a good assertion of byPool for a user's token, but for what it says.
type assertionTest struct {
	name      string
	claims    object // changes; nil leaves a claim out
	change    [2]string
	assertion string // in place of the signed one
	grantType string
	wait      time.Duration
	want      refusal
}

func (test assertionTest) run(t *testing.T, f fixture, federated string) {
	f.wait(0)
	assertion := test.assertion
	if assertion == "" {
		claims := object{
			"iss": byPool, "aud": "https://oauth2.googleapis.com/token", "sub": "admin@example.com",
			"scope": directoryScope, "iat": start.Unix(), "exp": start.Unix() + 3600,
		}
		for name, value := range test.claims {
			claims[name] = value
			if value == nil {
				delete(claims, name)
			}
		}
		assertion = f.signJWT(t, federated, claims)
	}
	if test.change[0] != "" {
		assertion = rewrite(t, assertion, test.change[0], test.change[1])
	}
	grantType := test.grantType
	if grantType == "" {
		grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	}
	f.wait(test.wait)
	r := f.postForm(t, "/google/oauth2/token", url.Values{"grant_type": {grantType}, "assertion": {assertion}})
	if got := oauthRefusal(t, r); got != test.want {
		t.Errorf("got  %v\nwant %v", got, test.want)
	}
}

func (f fixture) signJWT(t *testing.T, federated string, claims object) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	r := f.postJSON(t, accounts+byPool+":signJwt", federated, object{"payload": string(payload)})
	return decode[map[string]string](t, r)["signedJwt"]
}

func TestDomainWideDelegation(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	federated := f.federate(t, pool+"/providers/octo-repo")
	refused := func(message string) refusal { return refusal{400, "invalid_grant", message} }
	untimely := refused("Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.")
	unauthorized := refusal{401, "unauthorized_client", "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested."}
	signature := refused("Invalid JWT Signature.")
	granted := refusal{}

	for _, test := range []assertionTest{
		{name: "granted", want: granted},
		{name: "granted to the service account itself", claims: object{"sub": nil, "scope": "https://www.googleapis.com/auth/other"}, want: granted},
		{name: "within the skew", wait: time.Hour + time.Minute, want: granted},

		{name: "grant type", grantType: "password", want: refusal{400, "unsupported_grant_type", "Invalid grant_type: password"}},
		{name: "no JWT", assertion: "x", want: refused("Invalid JWT: the assertion is not a signed JWT.")},
		{name: "no such account", claims: object{"iss": nobody}, want: refused("Invalid grant: account not found")},
		{name: "issuer of another account", claims: object{"iss": deploy}, want: signature},
		{name: "changed assertion", change: [2]string{"admin@", "owner@"}, want: signature},
		{name: "other audience", claims: object{"aud": "https://www.googleapis.com/"}, want: refused("Invalid JWT: Failed audience check. The right audience is https://oauth2.googleapis.com/token")},
		{name: "longer than an hour", claims: object{"exp": start.Unix() + 3601}, want: untimely},
		{name: "no iat", claims: object{"iat": nil}, want: untimely},
		{name: "no exp", claims: object{"exp": nil}, want: untimely},
		{name: "expired", wait: time.Hour + time.Minute + time.Second, want: untimely},
		{name: "issued in the future", wait: -time.Minute - time.Second, want: untimely},
		{name: "no scope", claims: object{"scope": ""}, want: refusal{400, "invalid_scope", "Empty or missing scope not allowed."}},
		{name: "scope that is not delegated", claims: object{"scope": directoryScope + " openid"}, want: unauthorized},
		{name: "no such user", claims: object{"sub": "root@example.com"}, want: refused("Invalid email or User ID")},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, f, federated) })
	}
}

// TestSignedJWT verifies a signature with the key that the account publishes.
func TestSignedJWT(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	federated := f.federate(t, pool+"/providers/octo-repo")
	token := f.signJWT(t, federated, object{"iss": byPool, "exp": start.Unix() + 60, "claim": "value"})
	claims := verified(t, keySetVerifier(t.Context(), byPool, f.url+"/google/oauth2/keys/"+byPool, f), token)
	if claims["claim"] != "value" {
		t.Errorf("the claims are %v", claims)
	}
	other := keySetVerifier(t.Context(), byPool, f.url+"/google/oauth2/certs", f)
	if _, err := other.Verify(t.Context(), token); err == nil {
		t.Error("Google's own key verifies a service account's signature")
	}
}

// TestUserTokenIsNoServiceAccounts shows that delegation gives no way back to service accounts.
func TestUserTokenIsNoServiceAccounts(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	assertion := f.signJWT(t, f.federate(t, pool+"/providers/octo-repo"), object{
		"iss": byPool, "aud": "https://oauth2.googleapis.com/token", "sub": "admin@example.com",
		"scope": directoryScope, "iat": start.Unix(), "exp": start.Unix() + 3600,
	})
	r := f.postForm(t, "/google/oauth2/token", url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion},
	})
	user := decode[map[string]any](t, r)["access_token"].(string)
	if got := readIAMRefusal(t, f.postJSON(t, accounts+byDelegate+":generateAccessToken", user, object{"scope": []string{"openid"}})); got.status != http.StatusForbidden {
		t.Errorf("got %+v, want a refusal", got)
	}
}
