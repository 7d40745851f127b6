package sandbox_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatepass/pkg/sandbox"
)

// newGoogle serves the world of testdata with Google changed, and lets observe see every request.
func newGoogle(t *testing.T, change func(*sandbox.Google), observe func(sandbox.Exchange)) fixture {
	t.Helper()
	config := readConfig(t, "testdata/world.yaml")
	change(&config.Google)
	return serve(t, config, observe)
}

// googleFaultTest calls a method that nothing but a fault refuses.
type googleFaultTest struct {
	call       string
	want       iamRefusal
	retryAfter string
}

func (test googleFaultTest) run(t *testing.T, f fixture, i int) {
	var r response
	got := iamRefusal{}
	switch test.call {
	case "token":
		provider := pool + "/providers/octo-repo"
		r = f.postJSON(t, "/google/sts/v1/token", "", exchangeRequest(provider, f.idToken(t, audiencePrefix+provider)))
		got.refusal = oauthRefusal(t, r)
	case "oauth2/token":
		r = f.postForm(t, "/google/oauth2/token", url.Values{"grant_type": {"x"}})
		got.refusal = oauthRefusal(t, r)
	default:
		r = f.postJSON(t, accounts+deploy+":"+test.call, "no-one's", object{})
		got = readIAMRefusal(t, r)
	}
	if got != test.want || r.header.Get("Retry-After") != test.retryAfter {
		t.Errorf("call %d: got  %+v, retry after %q\nwant %+v, %q", i, got, r.header.Get("Retry-After"), test.want, test.retryAfter)
	}
}

func TestGoogleFaults(t *testing.T) {
	t.Parallel()
	f := newGoogle(t, func(g *sandbox.Google) {
		g.Faults = []sandbox.Fault{
			{Times: 2, Call: "token", RetryAfter: "1"},
			{Call: "oauth2/token", Status: 500, Code: "internal_failure", Message: "Backend Error"},
			{Call: "token", Status: 400, Code: "invalid_target", Message: "Not yet."},
			{Call: "token", Status: 429},
			{Call: "token", Status: 401},
			{Call: "generateAccessToken", Status: 429, RetryAfter: "7"},
			{Call: "generateAccessToken"},
			{Call: "generateAccessToken", Status: 403, Reason: "IAM_PERMISSION_DENIED"},
			{Call: "generateIdToken", Status: 403, Reason: "IAM_PERMISSION_DENIED", Message: "Not yet."},
			{Call: "signJwt", Status: 429, Reason: "RATE_LIMIT_EXCEEDED", Message: "Quota exceeded."},
			{Status: 418, Code: "TEAPOT"},
			{Call: "signJwt", Status: 418},
		}
	}, nil)
	api := func(status int, code, message string) iamRefusal {
		return iamRefusal{refusal: refusal{status, code, message}}
	}
	const denied = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
	const bad = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
	for i, test := range []googleFaultTest{
		{"token", api(503, "temporarily_unavailable", ""), "1"},
		{"token", api(503, "temporarily_unavailable", ""), "1"},
		{"token", api(400, "invalid_target", "Not yet."), ""},
		{"token", api(429, "temporarily_unavailable", ""), ""},
		{"token", api(401, "invalid_request", ""), ""},
		{"oauth2/token", api(500, "internal_failure", "Backend Error"), ""},
		{"generateAccessToken", api(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."), "7"},
		{"generateAccessToken", api(503, "UNAVAILABLE", "The service is currently unavailable."), ""},
		{"generateAccessToken", iamRefusal{refusal: refusal{403, "PERMISSION_DENIED", denied}, permission: "iam.serviceAccounts.getAccessToken"}, ""},
		{"generateIdToken", iamRefusal{refusal: refusal{403, "PERMISSION_DENIED", "Not yet."}, permission: "iam.serviceAccounts.getOpenIdToken"}, ""},
		{"signJwt", iamRefusal{refusal: refusal{429, "RESOURCE_EXHAUSTED", "Quota exceeded."}, reason: "RATE_LIMIT_EXCEEDED", service: "iamcredentials.googleapis.com"}, ""},
		{"generateAccessToken", api(418, "TEAPOT", ""), ""},
		{"signJwt", api(418, "UNKNOWN", ""), ""},
		{"generateAccessToken", api(401, "UNAUTHENTICATED", bad), ""},
		{"token", iamRefusal{}, ""},
		{"oauth2/token", api(400, "unsupported_grant_type", "Invalid grant_type: x"), ""},
	} {
		test.run(t, f, i)
	}
}

// TestFaultPage answers as Google's front end does when what is behind it is gone.
func TestFaultPage(t *testing.T) {
	t.Parallel()
	config, err := sandbox.ParseConfig([]byte("google:\n  faults:\n    - { status: 502, html: <title>Error 502</title>, retry-after: 3 }\n"))
	if err != nil {
		t.Fatal(err)
	}
	var asked recorder
	f := serve(t, config, asked.observe)
	r := f.postJSON(t, accounts+deploy+":generateAccessToken", "", object{})
	if r.status != http.StatusBadGateway || r.body != "<title>Error 502</title>" || r.header.Get("Retry-After") != "3" ||
		r.header.Get("Content-Type") != "text/html; charset=UTF-8" {
		t.Errorf("got %+v", r)
	}
	if seen := asked.take(); len(seen) != 1 || seen[0].Status != http.StatusBadGateway || seen[0].Refusal != "UNKNOWN" {
		t.Errorf("observed %+v", seen)
	}
}

// TestGoogleObserved shows an observer what was asked for and why, but no secret.
func TestGoogleObserved(t *testing.T) {
	t.Parallel()
	var asked recorder
	f := newGoogle(t, func(*sandbox.Google) {}, asked.observe)
	form := url.Values{
		"grant_type": {"x"}, "subject_token": {"secret"}, "assertion": {"secret"}, "subject_token_type": {"jwt"},
		"requested_token_type": {"access_token"}, "audience": {"aud"},
	}
	formSeen := maps.Clone(form)
	formSeen.Del("subject_token")
	formSeen.Del("assertion")
	fields := `{"delegates": ["a", "b"], "lifetime": "60s", "includeEmail": true, "number": 12345678901, "none": null,
		"subjectToken": "secret", "options": {"x": "secret"}, "subjectTokenType": "jwt"}`
	fieldsSeen := url.Values{
		"delegates": {"a", "b"}, "lifetime": {"60s"}, "includeEmail": {"true"}, "number": {"12345678901"},
		"none": nil, "options": nil, "subjectTokenType": {"jwt"},
	}
	const formType = "application/x-www-form-urlencoded"
	for _, test := range []struct {
		path, contentType, body string
		want                    url.Values
	}{
		{"/google/sts/v1/token", formType, form.Encode(), formSeen},
		{"/google/sts/v1/token", "application/json; charset=utf-8", fields, fieldsSeen},
		{"/google/oauth2/token", formType, form.Encode(), formSeen},
		{accounts + deploy + ":signJwt", "application/json", fields, fieldsSeen},
		{accounts + deploy + ":signJwt", "", fields, url.Values{}},
		{"/google/sts/v1/token", formType, "secret=%", url.Values{}},
		{"/google/sts/v1/token", "application/json", `["secret"]`, url.Values{}},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", f.url+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", test.contentType)
		r.Header.Set("X-Goog-Request-Reason", "ticket 42")
		send(t, r)
		seen := asked.take()
		if len(seen) != 1 || seen[0].Reason != "ticket 42" || !maps.EqualFunc(seen[0].Parameters, test.want, equal) {
			t.Errorf("%s %s: observed %+v, want %v", test.path, test.contentType, seen, test.want)
		}
	}
}

func equal(a, b []string) bool { return strings.Join(a, "\n") == strings.Join(b, "\n") }
