package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"
)

const audiencePrefix = "https://iam.googleapis.com/"

func exchangeRequest(provider, token string) map[string]string {
	return map[string]string{
		"audience":           "//iam.googleapis.com/" + provider,
		"grantType":          "urn:ietf:params:oauth:grant-type:token-exchange",
		"requestedTokenType": "urn:ietf:params:oauth:token-type:access_token",
		"scope":              "https://www.googleapis.com/auth/cloud-platform",
		"subjectToken":       token,
		"subjectTokenType":   "urn:ietf:params:oauth:token-type:jwt",
	}
}

// exchange sends the request in both forms, which must be answered alike.
func (f fixture) exchange(t *testing.T, request map[string]string) response {
	t.Helper()
	form := url.Values{}
	for camel, snake := range map[string]string{
		"audience": "audience", "grantType": "grant_type", "requestedTokenType": "requested_token_type",
		"scope": "scope", "subjectToken": "subject_token", "subjectTokenType": "subject_token_type",
	} {
		form.Set(snake, request[camel])
	}
	asJSON := f.postJSON(t, "/google/sts/v1/token?alt=json", "", request)
	asForm := f.postForm(t, "/google/sts/v1/token", form)
	if asJSON.status != asForm.status || (asForm.status != http.StatusOK && asJSON.body != asForm.body) {
		t.Errorf("as JSON: %d %s\nas form: %d %s", asJSON.status, asJSON.body, asForm.status, asForm.body)
	}
	return asForm
}

// federate returns a federated access token of a provider.
func (f fixture) federate(t *testing.T, provider string) string {
	t.Helper()
	request := exchangeRequest(provider, f.idToken(t, audiencePrefix+provider))
	return decode[map[string]any](t, f.postJSON(t, "/google/sts/v1/token", "", request))["access_token"].(string)
}

// oauthRefusal decodes a refusal as RFC 6749 writes it.
func oauthRefusal(t *testing.T, r response) refusal {
	t.Helper()
	if r.status == http.StatusOK {
		return refusal{}
	}
	var body struct {
		Error       string
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal([]byte(r.body), &body); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	return refusal{r.status, body.Error, body.Description}
}

// exchangeTest exchanges a good token at the provider octo-repo, but for what it says.
type exchangeTest struct {
	name     string
	provider string // short name
	audience string // of the token
	token    string // in place of the issuer's
	change   [2]string
	request  map[string]string
	wait     time.Duration
	want     refusal
}

func (test exchangeTest) run(t *testing.T, f fixture) {
	f.wait(0)
	provider := pool + "/providers/octo-repo"
	if test.provider != "" {
		provider = pool + "/providers/" + test.provider
	}
	token := test.token
	if token == "" {
		audience := test.audience
		if audience == "" {
			audience = audiencePrefix + provider
		}
		token = f.idToken(t, audience)
	}
	if test.change[0] != "" {
		token = rewrite(t, token, test.change[0], test.change[1])
	}
	request := exchangeRequest(provider, token)
	for name, value := range test.request {
		request[name] = value
	}
	f.wait(test.wait)
	if got := oauthRefusal(t, f.exchange(t, request)); got != test.want {
		t.Errorf("got  %v\nwant %v", got, test.want)
	}
}

func TestTokenExchange(t *testing.T) {
	t.Parallel()
	f, other := newFixture(t, nil), newFixture(t, nil)
	octoRepo := audiencePrefix + pool + "/providers/octo-repo"
	refused := func(code, message string) refusal { return refusal{400, code, message} }
	target := refused("invalid_target", `The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn't exist.`)
	form := refused("invalid_request", `Invalid value for "audience". This value should be the full resource name of the Identity Provider. See https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token for the list of possible formats.`)
	unreachable := refused("invalid_grant", "Error connecting to the given credential's issuer.")
	condition := refused("unauthorized_client", "The given credential is rejected by the attribute condition.")
	stale := refused("invalid_grant", "ID Token issued at 1795348800 is stale to sign-in.")
	granted := refusal{}

	for _, test := range []exchangeTest{
		{name: "granted", want: granted},
		{name: "granted for the name without https", audience: "//iam.googleapis.com/" + pool + "/providers/octo-repo", want: granted},
		{name: "granted for a listed audience", provider: "listed", audience: "second", want: granted},
		{name: "granted for an ID token", request: map[string]string{"subjectTokenType": "urn:ietf:params:oauth:token-type:id_token"}, want: granted},

		{name: "grant type", request: map[string]string{"grantType": "authorization_code"},
			want: refused("unsupported_grant_type", `Unsupported grant type: "authorization_code".`)},
		{name: "requested token type", request: map[string]string{"requestedTokenType": "urn:ietf:params:oauth:token-type:id_token"},
			want: refused("invalid_request", `Invalid value for "requested_token_type". This value should be urn:ietf:params:oauth:token-type:access_token.`)},
		{name: "no scope", request: map[string]string{"scope": ""}, want: refused("invalid_scope", "Empty or missing scope not allowed.")},
		{name: "subject token type", request: map[string]string{"subjectTokenType": "urn:ietf:params:oauth:token-type:saml2"},
			want: refused("invalid_request", `Invalid value for "subject_token_type". This value should be urn:ietf:params:oauth:token-type:jwt or urn:ietf:params:oauth:token-type:id_token.`)},
		{name: "pool as audience", request: map[string]string{"audience": "//iam.googleapis.com/" + pool}, want: form},
		{name: "https in audience", request: map[string]string{"audience": octoRepo}, want: form},
		{name: "prefix twice", request: map[string]string{"audience": "//iam.googleapis.com///iam.googleapis.com/" + pool + "/providers/octo-repo"}, want: form},
		{name: "project id in place of its number", want: form, request: map[string]string{
			"audience": "//iam.googleapis.com/projects/my-project/locations/global/workloadIdentityPools/github/providers/octo-repo"}},
		{name: "no such provider", provider: "none", want: target},
		{name: "disabled provider", provider: "disabled", want: target},
		{name: "deleted provider", provider: "deleted", want: target},

		{name: "no JWT", token: "ya29.x", want: refused("invalid_grant", "The given credential is not a valid ID Token.")},
		{name: "issuer of another", token: unsigned(t, map[string]any{"iss": githubIssuer + "/acme"}),
			want: refused("invalid_grant", "The issuer in ID Token https://token.actions.githubusercontent.com/acme does not match the expected ones: https://token.actions.githubusercontent.com")},
		{name: "issuer out of reach", provider: "unreachable", token: unsigned(t, map[string]any{"iss": "https://unreachable.example"}), want: unreachable},
		{name: "key of another", token: other.idToken(t, octoRepo), want: unreachable},
		{name: "changed token", change: [2]string{"octo-org", "evil-org"}, want: refused("invalid_grant", "Unable to verify the ID Token signature.")},
		{name: "expired within the skew", wait: 6 * time.Minute, want: granted},
		{name: "expired", wait: 6*time.Minute + time.Second, want: stale},
		{name: "issued ahead within the skew", wait: -time.Minute, want: granted},
		{name: "issued in the future", wait: -time.Minute - time.Second, want: stale},
		{name: "other audience", audience: "https://github.com/octo-org",
			want: refused("invalid_grant", "The audience in ID Token [https://github.com/octo-org] does not match the expected audience.")},
		{name: "default audience where others are listed", provider: "listed",
			want: refused("invalid_grant", "The audience in ID Token ["+audiencePrefix+pool+"/providers/listed] does not match the expected audience.")},

		{name: "subject of 127 bytes", provider: "longest", want: granted},
		{name: "subject too long", provider: "too-long", want: refused("invalid_request", "The size of mapped attribute google.subject exceeds the 127 bytes limit. Either modify your attribute mapping or the incoming assertion to produce a mapped attribute that is less than 127 bytes.")},
		{name: "subject that is no text", provider: "not-text", want: refused("unauthorized_client", "The mapped attribute 'google.subject' must be of type STRING.")},
		{name: "attribute that is no text", provider: "attribute-not-text", want: refused("unauthorized_client", "The mapped attribute 'attribute.number' must be of type STRING.")},
		{name: "mapping of a claim that is not there", provider: "unmappable", want: condition},
		{name: "mapping of which only Google knows whether it may fail", provider: "unsure", want: condition},
		{name: "false condition", provider: "false", want: condition},
		{name: "condition on a claim that is not there", provider: "failing", want: condition},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, f) })
	}
}

func TestTokenExchangeAnswer(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	const provider = pool + "/providers/octo-repo"
	request := exchangeRequest(provider, f.idToken(t, audiencePrefix+provider))
	for wait, want := range map[time.Duration]float64{0: 300, 100 * time.Second: 200, 330 * time.Second: 1} {
		f.wait(wait)
		got := decode[map[string]any](t, f.exchange(t, request))
		if got["expires_in"] != want || got["token_type"] != "Bearer" ||
			got["issued_token_type"] != "urn:ietf:params:oauth:token-type:access_token" {
			t.Errorf("after %s: %v, want expires_in %v", wait, got, want)
		}
	}
}

func TestTokenExchangeOfUntimelyToken(t *testing.T) {
	t.Parallel()
	const provider = pool + "/providers/octo-repo"
	for _, claim := range []string{"iat", "exp"} {
		f := newFixture(t, map[string]*string{claim: nil})
		issued := "1795348800"
		if claim == "iat" {
			issued = "0"
		}
		want := refusal{400, "invalid_grant", "ID Token issued at " + issued + " is stale to sign-in."}
		got := oauthRefusal(t, f.exchange(t, exchangeRequest(provider, f.idToken(t, audiencePrefix+provider))))
		if got != want {
			t.Errorf("without %s: got %v, want %v", claim, got, want)
		}
	}
}

func TestTokenExchangeOfBrokenBody(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	got := oauthRefusal(t, f.do(t, "POST", "/google/sts/v1/token", "application/json", "", "{"))
	if want := (refusal{400, "invalid_request", "The request body cannot be read."}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
