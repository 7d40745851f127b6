package sandbox_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"gatepass/pkg/sandbox"
)

const (
	requestToken = "the-request-token"
	githubIssuer = "https://token.actions.githubusercontent.com"
	subject      = "repo:octo-org/octo-repo:ref:refs/heads/main"
	pool         = "projects/123456789012/locations/global/workloadIdentityPools/github"
)

// start is when every fixture's clock starts.
var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// fixture is a sandbox behind real HTTP, with a clock that only tests move.
type fixture struct {
	*sandbox.Sandbox
	url     string
	elapsed *atomic.Int64 // since start
}

// newFixture serves the world of testdata with the claims given.
func newFixture(t *testing.T, claims map[string]*string) fixture {
	t.Helper()
	config := readConfig(t, "testdata/world.yaml")
	config.GitHub.Claims = claims
	return serve(t, config, nil)
}

func readConfig(t *testing.T, file string) sandbox.Config {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	config, err := sandbox.ParseConfig(text)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func serve(t *testing.T, config sandbox.Config, observe func(sandbox.Exchange)) fixture {
	t.Helper()
	f := fixture{elapsed: new(atomic.Int64)}
	var err error
	f.Sandbox, err = sandbox.New(config, sandbox.Options{
		Now:          func() time.Time { return f.now() },
		Observe:      observe,
		RequestToken: requestToken,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

func (f fixture) now() time.Time { return start.Add(time.Duration(f.elapsed.Load())) }

func (f fixture) wait(d time.Duration) { f.elapsed.Store(int64(d)) }

// response is an answer of the sandbox.
type response struct {
	status int
	header http.Header
	body   string
}

func (f fixture) do(t *testing.T, method, path, contentType, bearer, body string) response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, f.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	return send(t, r)
}

func send(t *testing.T, r *http.Request) response {
	t.Helper()
	answer, err := new(http.Client).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response{answer.StatusCode, answer.Header, string(body)}
}

func (f fixture) postForm(t *testing.T, path string, form url.Values) response {
	t.Helper()
	return f.do(t, "POST", path, "application/x-www-form-urlencoded", "", form.Encode())
}

func (f fixture) postJSON(t *testing.T, path, bearer string, body any) response {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return f.do(t, "POST", path, "application/json", bearer, string(text))
}

// decode parses the body of an answer that must be a success.
func decode[T any](t *testing.T, r response) (v T) {
	t.Helper()
	if r.status != http.StatusOK {
		t.Fatalf("status %d: %s", r.status, r.body)
	}
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	return v
}

// idToken fetches a token from the issuer.
func (f fixture) idToken(t *testing.T, audience string) string {
	t.Helper()
	path := "/github/idtoken?api-version=2.0"
	if audience != "" {
		path += "&audience=" + url.QueryEscape(audience)
	}
	answer := decode[struct {
		Count int
		Value string
	}](t, f.do(t, "GET", path, "", requestToken, ""))
	if answer.Count != len(answer.Value) {
		t.Errorf("count is %d, the token has %d characters", answer.Count, len(answer.Value))
	}
	return answer.Value
}

// rewrite replaces text in a token's claims and keeps the signature.
func rewrite(t *testing.T, token, from, to string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(payload), from) {
		t.Fatalf("no %q in %s", from, payload)
	}
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.ReplaceAll(string(payload), from, to)))
	return strings.Join(parts, ".")
}

// verified returns the claims of a token that go-oidc accepts.
func verified(t *testing.T, verifier *oidc.IDTokenVerifier, token string) map[string]any {
	t.Helper()
	verifiedToken, err := verifier.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := verifiedToken.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// githubVerifier is built from the discovery document, over HTTP. No audience is any.
func (f fixture) githubVerifier(t *testing.T, audience string) *oidc.IDTokenVerifier {
	t.Helper()
	provider, err := oidc.NewProvider(oidc.InsecureIssuerURLContext(t.Context(), githubIssuer), f.url+"/github")
	if err != nil {
		t.Fatal(err)
	}
	return provider.Verifier(&oidc.Config{ClientID: audience, SkipClientIDCheck: audience == "", Now: f.now})
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	f := serve(t, sandbox.DefaultConfig(), nil)
	want := []sandbox.Variable{
		{Name: "ACTIONS_ID_TOKEN_REQUEST_URL", Value: "http://sandbox:8484/github/idtoken?api-version=2.0"},
		{Name: "ACTIONS_ID_TOKEN_REQUEST_TOKEN", Value: requestToken},
		{Name: "AWS_ENDPOINT_URL_STS", Value: "http://sandbox:8484/aws"},
		{Name: "GHA_ENDPOINT_OVERRIDE_sts", Value: "http://sandbox:8484/google/sts/v1"},
		{Name: "GHA_ENDPOINT_OVERRIDE_iamcredentials", Value: "http://sandbox:8484/google/iamcredentials/v1"},
		{Name: "GHA_ENDPOINT_OVERRIDE_oauth2", Value: "http://sandbox:8484/google/oauth2"},
	}
	if got := f.Environment("http://sandbox:8484/"); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRequestTokenIsRandomByDefault(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2 {
		s, err := sandbox.New(sandbox.DefaultConfig(), sandbox.Options{})
		if err != nil {
			t.Fatal(err)
		}
		seen[s.Environment("")[1].Value] = true
	}
	if len(seen) != 2 || seen[""] {
		t.Errorf("the request tokens are %v", seen)
	}
}

func TestObserveAndSecrets(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []sandbox.Exchange
	f := serve(t, sandbox.DefaultConfig(), func(x sandbox.Exchange) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, x)
	})
	const role = "arn:aws:iam::123456789012:role/deploy"
	idToken := f.idToken(t, "sts.amazonaws.com")
	session := f.assume(t, role, idToken)
	f.assumeForm(t, webIdentityForm(role+"s", idToken))
	federated := f.federate(t, pool+"/providers/octo-repo")
	access := f.accessToken(t, "deploy@my-project.iam.gserviceaccount.com", federated)
	f.do(t, "GET", "/aws/", "", "", "")

	const client = "Go-http-client/1.1"
	assumed := func(role string) url.Values {
		form := webIdentityForm(role, "")
		form.Del("WebIdentityToken")
		return form
	}
	exchanged := url.Values{}
	for name, value := range exchangeRequest(pool+"/providers/octo-repo", "") {
		exchanged.Set(name, value)
	}
	exchanged.Del("subjectToken")
	want := []sandbox.Exchange{
		{Service: "GitHub", Call: "ID token", Detail: "sts.amazonaws.com", UserAgent: client, Status: 200},
		{Service: "AWS STS", Call: "AssumeRoleWithWebIdentity", Detail: role, Parameters: assumed(role), UserAgent: client, Status: 200},
		{Service: "AWS STS", Call: "AssumeRoleWithWebIdentity", Detail: role + "s", Parameters: assumed(role + "s"), UserAgent: client, Status: 403,
			Refusal: "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"},
		{Service: "GitHub", Call: "ID token", Detail: "https://iam.googleapis.com/" + pool + "/providers/octo-repo", UserAgent: client, Status: 200},
		{Service: "Google STS", Call: "token", Detail: "//iam.googleapis.com/" + pool + "/providers/octo-repo", Parameters: exchanged, UserAgent: client, Status: 200},
		{Service: "Google IAM Credentials", Call: "generateAccessToken", Detail: "deploy@my-project.iam.gserviceaccount.com", Parameters: url.Values{"scope": {"openid"}}, UserAgent: client, Status: 200},
		{Service: "sandbox", Call: "GET /aws/", UserAgent: client, Status: 404, Refusal: "NotFound: the sandbox serves no GET /aws/"},
	}
	if !reflect.DeepEqual(seen, want) {
		t.Errorf("observed\n%+v, want\n%+v", seen, want)
	}
	for _, secret := range []string{requestToken, idToken, session.SecretAccessKey, session.SessionToken, federated, access} {
		if !slices.Contains(f.Secrets(), secret) {
			t.Errorf("Secrets lacks %q", secret)
		}
	}
}

// TestConcurrency signs in to both clouds at once, from the first request on.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	var observed atomic.Int64
	f := serve(t, sandbox.DefaultConfig(), func(sandbox.Exchange) { observed.Add(1) })
	const jobs, requests = 16, 5
	var wg sync.WaitGroup
	for range jobs {
		wg.Go(func() {
			f.assume(t, "arn:aws:iam::123456789012:role/deploy", f.idToken(t, "sts.amazonaws.com"))
			f.accessToken(t, "deploy@my-project.iam.gserviceaccount.com", f.federate(t, pool+"/providers/octo-repo"))
		})
	}
	wg.Wait()
	if got := observed.Load(); got != jobs*requests {
		t.Errorf("observed %d requests, want %d", got, jobs*requests)
	}
}

func TestUnknownServiceAccountHasNoKeys(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	if got := f.do(t, "GET", "/google/oauth2/keys/nobody@my-project.iam.gserviceaccount.com", "", "", ""); got.status != http.StatusNotFound {
		t.Errorf("status %d, want 404", got.status)
	}
}

func keySetVerifier(ctx context.Context, issuer, keys string, f fixture) *oidc.IDTokenVerifier {
	return oidc.NewVerifier(issuer, oidc.NewRemoteKeySet(ctx, keys), &oidc.Config{SkipClientIDCheck: true, Now: f.now})
}
