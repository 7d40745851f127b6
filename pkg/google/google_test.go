package google_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gatepass/pkg/google"
	"gatepass/pkg/idtoken"
	"gatepass/pkg/inputs"
	"gatepass/pkg/retry"
	"gatepass/pkg/secret"
)

const (
	idToken  = "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"
	provider = "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo"
	account  = "deploy@my-project.iam.gserviceaccount.com"

	federated = `{"access_token":"f3d3rat3d","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer","expires_in":299}`

	exchange = `POST https://sts.googleapis.com/v1/token?alt=json&prettyPrint=false {"audience":"//iam.googleapis.com/` + provider + `","grantType":"urn:ietf:params:oauth:grant-type:token-exchange",` +
		`"requestedTokenType":"urn:ietf:params:oauth:token-type:access_token","scope":"https://www.googleapis.com/auth/cloud-platform","subjectToken":"` + idToken + `","subjectTokenType":"urn:ietf:params:oauth:token-type:jwt"}`
	accounts = "POST https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/" + account
)

func input(change func(*inputs.Google)) inputs.Google {
	in := inputs.Google{
		Provider:       provider,
		Audience:       "https://iam.googleapis.com/" + provider,
		STS:            &url.URL{Scheme: "https", Host: "sts.googleapis.com"},
		IAMCredentials: &url.URL{Scheme: "https", Host: "iamcredentials.googleapis.com"},
	}
	if change != nil {
		change(&in)
	}
	return in
}

func accessToken(in *inputs.Google) {
	in.ServiceAccount, in.TokenFormat = account, inputs.AccessTokenFormat
	in.AccessToken = inputs.AccessToken{Lifetime: time.Hour, Scopes: []string{"https://www.googleapis.com/auth/cloud-platform"}}
}

// answer is one answer of a server; with status 0 the connection breaks.
type answer struct {
	status int
	body   string
}

// server gives its answers one after the other, and the last one again. It keeps the requests, each as a line.
type server struct {
	answers       []answer
	requests      []string
	authorization []string
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.requests = append(s.requests, r.Method+" "+r.URL.String()+" "+strings.TrimSpace(string(body)))
	s.authorization = append(s.authorization, r.Header.Get("Authorization"))
	if !strings.Contains(r.UserAgent(), "gatepass") {
		return nil, fmt.Errorf("user agent %q does not name us", r.UserAgent())
	}
	a := s.answers[min(len(s.requests), len(s.answers))-1]
	if a.status == 0 {
		return nil, errors.New("connection reset by peer")
	}
	return &http.Response{StatusCode: a.status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

func (s *server) signIn(t *testing.T, in inputs.Google) (tokens google.Tokens, masked []string, err error) {
	t.Helper()
	client := google.Client{
		HTTP:  &http.Client{Transport: s},
		Retry: retry.Policy{Attempts: 5, Base: time.Second, Cap: time.Minute},
		Mask: func(secrets ...secret.String) {
			for _, s := range secrets {
				masked = append(masked, s.Reveal())
			}
		},
	}
	tokens, err = client.SignIn(t.Context(), in, secret.New(idToken))
	return tokens, masked, err
}

type request struct {
	change  func(*inputs.Google)
	answers []answer
	want    []string // the requests
	masked  string
}

func (test request) run(t *testing.T) {
	t.Parallel()
	s := &server{answers: append([]answer{{200, federated}}, test.answers...)}
	tokens, masked, err := s.signIn(t, input(test.change))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(s.requests, "\n"), strings.Join(test.want, "\n"); got != want {
		t.Errorf("got requests\n%s\nwant\n%s", got, want)
	}
	for i, got := range s.authorization {
		if want := []string{"", "Bearer f3d3rat3d"}[i]; got != want {
			t.Errorf("request %d has authorization %q, want %q", i+1, got, want)
		}
	}
	if got := strings.Join(masked, " "); got != test.masked {
		t.Errorf("masked %q, want %q", got, test.masked)
	}
	if got := strings.TrimSpace(tokens.Federated.Reveal() + " " + tokens.AccessToken.Reveal() + tokens.IDToken.Reveal()); got != test.masked {
		t.Errorf("got tokens %q, want %q", got, test.masked)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]request{
		"direct federation":         {nil, nil, []string{exchange}, "f3d3rat3d"},
		"service account, no token": {func(in *inputs.Google) { in.ServiceAccount = account }, nil, []string{exchange}, "f3d3rat3d"},
		"access token": {accessToken, []answer{{200, `{"accessToken":"acc3ss","expireTime":"2026-11-22T07:00:00Z"}`}},
			[]string{exchange, accounts + `:generateAccessToken?alt=json&prettyPrint=false {"lifetime":"3600s","scope":["https://www.googleapis.com/auth/cloud-platform"]}`}, "f3d3rat3d acc3ss"},
		"access token of Google's default lifetime": {func(in *inputs.Google) { accessToken(in); in.AccessToken.Lifetime = 0 }, []answer{{200, `{"accessToken":"acc3ss"}`}},
			[]string{exchange, accounts + `:generateAccessToken?alt=json&prettyPrint=false {"scope":["https://www.googleapis.com/auth/cloud-platform"]}`}, "f3d3rat3d acc3ss"},
		"ID token": {func(in *inputs.Google) {
			in.ServiceAccount, in.TokenFormat, in.IDToken = account, inputs.IDTokenFormat, inputs.IDToken{Audience: "https://service.example", IncludeEmail: true}
		}, []answer{{200, `{"token":"id.tok.en"}`}},
			[]string{exchange, accounts + `:generateIdToken?alt=json&prettyPrint=false {"audience":"https://service.example","includeEmail":true}`}, "f3d3rat3d id.tok.en"},
		"other endpoints": {func(in *inputs.Google) {
			in.STS = &url.URL{Scheme: "http", Host: "127.0.0.1:8484", Path: "/google/sts"}
		}, nil,
			[]string{strings.Replace(exchange, "https://sts.googleapis.com", "http://127.0.0.1:8484/google/sts", 1)}, "f3d3rat3d"},
	} {
		t.Run(name, test.run)
	}
}

func TestAnswers(t *testing.T) {
	const notGoogle = "the answer is not one of Google's; a proxy or the endpoint may be wrong"
	good := answer{200, federated}
	for name, test := range map[string]struct {
		change   func(*inputs.Google)
		answers  []answer
		requests int
		want     string
	}{
		"OAuth's shape of a refusal": {nil, []answer{{400, `{"error":"unauthorized_client","error_description":"The given credential is rejected by the attribute condition."}`}}, 1,
			"Google STS answered unauthorized_client: The given credential is rejected by the attribute condition. (HTTP 400)"},
		"Google's shape of a refusal": {accessToken, []answer{good, {403, `{"error":{"code":403,"message":"Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).","status":"PERMISSION_DENIED","details":[]}}`}}, 2,
			"Google's IAM Credentials API answered PERMISSION_DENIED: Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist). (HTTP 403)"},
		"the text of a 404 is kept": {accessToken, []answer{good, {404, `{"error":{"code":404,"message":"Not found; Gaia id not found for email x","status":"NOT_FOUND"}}`}}, 2,
			"Google's IAM Credentials API answered NOT_FOUND: Not found; Gaia id not found for email x (HTTP 404)"},
		"refusal with a command": {nil, []answer{{400, `{"error":"x\n::debug::","error_description":"##[error]y"}`}}, 1,
			"Google STS answered x ::debug::: ## [error]y (HTTP 400)"},
		"refusal in another shape": {nil, []answer{{403, "Forbidden by\nthe proxy"}}, 1, "Google STS answered Forbidden by the proxy (HTTP 403)"},
		"busy, then signed in":     {nil, []answer{{503, "<html>"}, {429, ""}, {0, ""}, good}, 4, ""},
		"token after a fault":      {accessToken, []answer{good, {500, ""}, {200, `{"accessToken":"acc3ss"}`}}, 3, ""},
		"always busy":              {nil, []answer{{429, `{"error":{"status":"RESOURCE_EXHAUSTED","message":"Quota exceeded"}}`}}, 5, "Google STS answered RESOURCE_EXHAUSTED: Quota exceeded (HTTP 429)"},
		"never reached":            {nil, []answer{{0, ""}}, 5, "Google STS was not reached: connection reset by peer"},
		"HTML":                     {nil, []answer{{200, "<html>Sign in to the network</html>"}}, 1, notGoogle},
		"nothing":                  {nil, []answer{{200, ""}}, 1, notGoogle},
		"JSON of another kind":     {nil, []answer{{200, `["x"]`}}, 1, notGoogle},
		"no token":                 {nil, []answer{{200, `{}`}}, 1, notGoogle},
		"token with a line break":  {nil, []answer{{200, `{"access_token":"a\nb"}`}}, 1, notGoogle},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{answers: test.answers}
				tokens, _, err := s.signIn(t, input(test.change))
				got := ""
				if err != nil {
					got = err.Error()
				}
				if got != test.want {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
				if len(s.requests) != test.requests {
					t.Errorf("%d requests, want %d", len(s.requests), test.requests)
				}
				if err != nil && tokens != (google.Tokens{}) {
					t.Error("tokens came with the error")
				}
			})
		})
	}
}

// The libraries log whole requests, tokens included, for whom asks them to.
func TestNothingIsLogged(t *testing.T) {
	t.Setenv("GOOGLE_SDK_GO_LOGGING_LEVEL", "debug")
	stderr := captureStderr(t)
	s := &server{answers: []answer{{200, federated}, {200, `{"accessToken":"acc3ss"}`}}}
	if _, _, err := s.signIn(t, input(accessToken)); err != nil {
		t.Fatal(err)
	}
	if got := stderr(); got != "" {
		t.Errorf("printed %s", got)
	}
}

func TestCredentialsFile(t *testing.T) {
	t.Parallel()
	source, err := idtoken.NewSource("https://run.actions.githubusercontent.com/idtoken/1?api-version=2.0", "r3qu3st")
	if err != nil {
		t.Fatal(err)
	}
	const direct = `{"type":"external_account","audience":"//iam.googleapis.com/` + provider + `","subject_token_type":"urn:ietf:params:oauth:token-type:jwt","token_url":"https://sts.googleapis.com/v1/token",` +
		`"credential_source":{"url":"https://run.actions.githubusercontent.com/idtoken/1?api-version=2.0&audience=https%3A%2F%2Fiam.googleapis.com%2Fprojects%2F123456789012%2Flocations%2Fglobal%2FworkloadIdentityPools%2Fgithub%2Fproviders%2Focto-repo",` +
		`"headers":{"Authorization":"Bearer r3qu3st"},"format":{"type":"json","subject_token_field_name":"value"}}}`
	const impersonated = `,"service_account_impersonation_url":"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/` + account + `:generateAccessToken"}`
	for name, test := range map[string]struct {
		change func(*inputs.Google)
		want   string
	}{
		"direct federation": {nil, direct},
		"service account":   {func(in *inputs.Google) { in.ServiceAccount = account }, strings.TrimSuffix(direct, "}") + impersonated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := google.CredentialsFile(input(test.change), source)
			if err != nil || string(got) != test.want {
				t.Errorf("got  %s\nwant %s\nerror %v", got, test.want, err)
			}
		})
	}
}
