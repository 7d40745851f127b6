package google_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gatepass/pkg/google"
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
		Universe:       "googleapis.com",
		Audience:       "https://iam.googleapis.com/" + provider,
		STS:            &url.URL{Scheme: "https", Host: "sts.googleapis.com"},
		IAMCredentials: &url.URL{Scheme: "https", Host: "iamcredentials.googleapis.com"},
		OAuth2:         &url.URL{Scheme: "https", Host: "oauth2.googleapis.com"},
		IAM:            &url.URL{Scheme: "https", Host: "iam.googleapis.com"},
		WWW:            &url.URL{Scheme: "https", Host: "www.googleapis.com"},
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
	reasons       []string
	date          time.Time // what its clock says, if it does
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.requests = append(s.requests, r.Method+" "+r.URL.String()+" "+strings.TrimSpace(string(body)))
	s.authorization = append(s.authorization, r.Header.Get("Authorization"))
	s.reasons = append(s.reasons, r.Header.Get("X-Goog-Request-Reason"))
	if !strings.Contains(r.UserAgent(), "gatepass") {
		return nil, fmt.Errorf("user agent %q does not name us", r.UserAgent())
	}
	a := s.answers[min(len(s.requests), len(s.answers))-1]
	if a.status == 0 {
		return nil, errors.New("connection reset by peer")
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if !s.date.IsZero() {
		header.Set("Date", s.date.Format(http.TimeFormat))
	}
	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

func now() time.Time { return time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC) }

func (s *server) signIn(t *testing.T, in inputs.Google) (tokens google.Tokens, masked []string, err error) {
	t.Helper()
	client := google.Client{
		HTTP:  &http.Client{Transport: s},
		Retry: retry.Policy{Attempts: 5, Base: time.Second, Cap: time.Minute},
		Now:   now,
		Mask: func(secrets ...secret.String) {
			for _, s := range secrets {
				masked = append(masked, s.Reveal())
			}
		},
	}
	tokens, err = client.SignIn(t.Context(), in, func(context.Context) (secret.String, error) { return secret.New(idToken), nil })
	return tokens, masked, err
}

type request struct {
	change  func(*inputs.Google)
	answers []answer
	want    []string // the requests
	masked  string
	tokens  string // as masked, if empty
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
		if want := []string{"", "Bearer f3d3rat3d", ""}[i]; got != want {
			t.Errorf("request %d has authorization %q, want %q", i+1, got, want)
		}
	}
	if got := strings.Join(masked, " "); got != test.masked {
		t.Errorf("masked %q, want %q", got, test.masked)
	}
	if got := strings.TrimSpace(tokens.Auth.Value.Reveal() + " " + tokens.AccessToken.Value.Reveal() + tokens.IDToken.Value.Reveal()); got != cmp.Or(test.tokens, test.masked) {
		t.Errorf("got tokens %q, want %q", got, cmp.Or(test.tokens, test.masked))
	}
	if want := now().Add(299 * time.Second); !tokens.Auth.Expiry.Equal(want) {
		t.Errorf("got expiry %v, want %v", tokens.Auth.Expiry, want)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]request{
		"direct federation":         {nil, nil, []string{exchange}, "f3d3rat3d", ""},
		"service account, no token": {func(in *inputs.Google) { in.ServiceAccount = account }, nil, []string{exchange}, "f3d3rat3d", ""},
		"access token": {accessToken, []answer{{200, `{"accessToken":"acc3ss","expireTime":"2026-11-22T07:00:00Z"}`}},
			[]string{exchange, accounts + `:generateAccessToken?alt=json&prettyPrint=false {"lifetime":"3600s","scope":["https://www.googleapis.com/auth/cloud-platform"]}`}, "f3d3rat3d acc3ss", ""},
		"access token of Google's default lifetime": {func(in *inputs.Google) { accessToken(in); in.AccessToken.Lifetime = 0 }, []answer{{200, `{"accessToken":"acc3ss"}`}},
			[]string{exchange, accounts + `:generateAccessToken?alt=json&prettyPrint=false {"scope":["https://www.googleapis.com/auth/cloud-platform"]}`}, "f3d3rat3d acc3ss", ""},
		"ID token": {func(in *inputs.Google) {
			in.ServiceAccount, in.TokenFormat, in.IDToken = account, inputs.IDTokenFormat, inputs.IDToken{Audience: "https://service.example", IncludeEmail: true}
		}, []answer{{200, `{"token":"id.tok.en"}`}},
			[]string{exchange, accounts + `:generateIdToken?alt=json&prettyPrint=false {"audience":"https://service.example","includeEmail":true}`}, "f3d3rat3d id.tok.en", ""},
		"delegates": {func(in *inputs.Google) {
			accessToken(in)
			in.Delegates = []string{"projects/-/serviceAccounts/a@p.iam.gserviceaccount.com"}
		}, []answer{{200, `{"accessToken":"acc3ss"}`}},
			[]string{exchange, accounts + `:generateAccessToken?alt=json&prettyPrint=false {"delegates":["projects/-/serviceAccounts/a@p.iam.gserviceaccount.com"],"lifetime":"3600s","scope":["https://www.googleapis.com/auth/cloud-platform"]}`}, "f3d3rat3d acc3ss", ""},
		"domain-wide delegation": {func(in *inputs.Google) { accessToken(in); in.AccessToken.Subject = "user@example.com" },
			[]answer{{200, `{"keyId":"1","signedJwt":"sign.ed.jwt"}`}, {200, `{"access_token":"us3r","expires_in":3599,"token_type":"Bearer"}`}},
			[]string{
				exchange, accounts + `:signJwt?alt=json&prettyPrint=false {"payload":"{\"iss\":\"` + account + `\",\"aud\":\"https://oauth2.googleapis.com/token\",\"iat\":1795327200,\"exp\":1795330800,\"sub\":\"user@example.com\",\"scope\":\"https://www.googleapis.com/auth/cloud-platform\"}"}`,
				"POST https://oauth2.googleapis.com/token assertion=sign.ed.jwt&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer",
			}, "f3d3rat3d sign.ed.jwt us3r", "f3d3rat3d us3r"},
		"universe": {func(in *inputs.Google) {
			in.Universe, in.STS = "cloud.example", &url.URL{Scheme: "https", Host: "sts.cloud.example"}
			in.IAM, in.WWW = &url.URL{Scheme: "https", Host: "iam.cloud.example"}, &url.URL{Scheme: "https", Host: "www.cloud.example"}
		}, nil,
			[]string{strings.NewReplacer("sts.googleapis.com", "sts.cloud.example", "iam.googleapis.com", "iam.cloud.example", "www.googleapis.com", "www.cloud.example").Replace(exchange)}, "f3d3rat3d", ""},
		"other endpoints": {func(in *inputs.Google) {
			in.STS = &url.URL{Scheme: "http", Host: "127.0.0.1:8484", Path: "/google/sts"}
		}, nil,
			[]string{strings.Replace(exchange, "https://sts.googleapis.com", "http://127.0.0.1:8484/google/sts", 1)}, "f3d3rat3d", ""},
	} {
		t.Run(name, test.run)
	}
}

func TestAnswers(t *testing.T) {
	const notGoogle = "the answer is not one of Google's; a proxy or the endpoint may be wrong"
	good := answer{200, federated}
	denied := answer{403, `{"error":{"code":403,"message":"denied","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"IAM_PERMISSION_DENIED"}]}}`}
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
		"permission that comes late": {accessToken, []answer{good, denied, denied, {200, `{"accessToken":"acc3ss"}`}}, 4, ""},
		"permission that does not":   {accessToken, []answer{good, denied}, 4, "Google's IAM Credentials API answered PERMISSION_DENIED: denied (HTTP 403)"},
		"API that is disabled": {accessToken, []answer{good, {403, `{"error":{"code":403,"message":"disabled","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED"}]}}`}}, 2,
			"Google's IAM Credentials API answered PERMISSION_DENIED: disabled (HTTP 403)"},
		"refusal of a delegation": {func(in *inputs.Google) { accessToken(in); in.AccessToken.Subject = "user@example.com" },
			[]answer{good, {200, `{"signedJwt":"sign.ed.jwt"}`}, {401, `{"error":"unauthorized_client","error_description":"Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested."}`}}, 3,
			"Google OAuth answered unauthorized_client: Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested. (HTTP 401)"},
		"refusal in another shape": {nil, []answer{{403, "Forbidden by\nthe proxy"}}, 1, "Google STS answered Forbidden by the proxy (HTTP 403)"},
		"busy, then signed in":     {nil, []answer{{503, "<html>"}, {429, ""}, {0, ""}, good}, 4, ""},
		"token after a fault":      {accessToken, []answer{good, {500, ""}, {200, `{"accessToken":"acc3ss"}`}}, 3, ""},
		"always busy":              {nil, []answer{{429, `{"error":{"status":"RESOURCE_EXHAUSTED","message":"Quota exceeded"}}`}}, 5, "Google STS answered RESOURCE_EXHAUSTED: Quota exceeded (HTTP 429)"},
		"never reached":            {nil, []answer{{0, ""}}, 5, "Google STS was not reached: connection reset by peer"},
		"HTML":                     {nil, []answer{{200, "<html>Sign in to the network</html>"}}, 3, notGoogle},
		"nothing":                  {nil, []answer{{200, ""}}, 3, notGoogle},
		"JSON of another kind":     {nil, []answer{{200, `["x"]`}}, 3, notGoogle},
		"half an answer first":     {nil, []answer{{200, federated[:40]}, good}, 2, ""},
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

// What a refusal says besides its text: the ErrorInfo of https://docs.cloud.google.com/apis/design/errors#error_info, and the time at
// Google.
func TestWhatElseARefusalSays(t *testing.T) {
	t.Parallel()
	s := &server{
		answers: []answer{{403, `{"error":{"code":403,"message":"disabled","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.Help","links":[]},
			{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED","domain":"googleapis.com","metadata":{"consumer":"projects/123456789012","service":"##[error]x"}}]}}`}},
		date: now().Add(-90 * time.Second),
	}
	_, _, err := s.signIn(t, input(nil))
	var got *google.Refusal
	if !errors.As(err, &got) {
		t.Fatalf("got %v", err)
	}
	want := &google.Refusal{
		API: "Google STS", Code: "PERMISSION_DENIED", Message: "disabled", Status: 403,
		Reason: "SERVICE_DISABLED", Metadata: map[string]string{"consumer": "projects/123456789012", "service": "## [error]x"},
		Date: s.date, Skew: 90 * time.Second,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
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

func TestTheReasonGoesWithEveryRequest(t *testing.T) {
	t.Parallel()
	s := &server{answers: []answer{{200, federated}, {200, `{"signedJwt":"sign.ed.jwt"}`}, {200, `{"access_token":"us3r"}`}}}
	_, _, err := s.signIn(t, input(func(in *inputs.Google) {
		accessToken(in)
		in.AccessToken.Subject, in.RequestReason = "user@example.com", "TICKET-1"
	}))
	if err != nil || strings.Join(s.reasons, " ") != "TICKET-1 TICKET-1 TICKET-1" {
		t.Errorf("got reasons %q, error %v", s.reasons, err)
	}
}
