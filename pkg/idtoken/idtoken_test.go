package idtoken_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gatepass/pkg/httpclient"
	"gatepass/pkg/idtoken"
	"gatepass/pkg/retry"
	"gatepass/pkg/secret"
	"gatepass/pkg/trust"
)

const (
	requestToken = "request-token"
	jwt          = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lzc3VlciIsInN1YiI6InJlcG86by9yOnJlZjpyZWZzL2hlYWRzL21haW4iLCJhdWQiOiJhIn0.c2ln"
)

func client() *http.Client { return httpclient.New(httpclient.Proxy{}, nil) }

func TestTheRequest(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ query, audience, want string }{
		"GitHub":              {"?api-version=2.0", "sts.amazonaws.com", "/idtoken?api-version=2.0&audience=sts.amazonaws.com"},
		"Forgejo":             {"?placeholder=true", "x", "/idtoken?placeholder=true&audience=x"},
		"no query":            {"", "x", "/idtoken?audience=x"},
		"order of parameters": {"?b=1&a=2", "x", "/idtoken?b=1&a=2&audience=x"},
		"special characters":  {"?v=1", "https://iam.googleapis.com/a b&c=d#e", "/idtoken?v=1&audience=https%3A%2F%2Fiam.googleapis.com%2Fa+b%26c%3Dd%23e"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if got := r.Method + " " + r.RequestURI; got != "GET "+test.want {
					t.Errorf("got %s, want GET %s", got, test.want)
				}
				if got, want := r.Header.Get("Authorization"), "Bearer "+requestToken; got != want {
					t.Errorf("got authorization %q, want %q", got, want)
				}
				_, _ = io.WriteString(w, `{"value":"`+jwt+`"}`)
			}))
			defer server.Close()
			source, err := idtoken.NewSource(server.URL+"/idtoken"+test.query, requestToken)
			if err != nil {
				t.Fatal(err)
			}
			token, err := source.Fetch(t.Context(), client(), retry.Policy{}, test.audience)
			if err != nil || token.Reveal() != jwt {
				t.Errorf("got %q, error %v", token.Reveal(), err)
			}
		})
	}
}

// answers gives one answer after the other, and the last one again.
type answers struct {
	status []int
	body   string
	calls  atomic.Int32
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	status := a.status[min(int(a.calls.Add(1)), len(a.status))-1]
	if status == 0 {
		return nil, errors.New("connection reset by peer")
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

func TestAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		status []int // 0 for a broken connection
		body   string
		calls  int32
		want   string
	}{
		"token":                       {[]int{200}, `{"count":1984,"value":"` + jwt + `"}`, 1, ""},
		"token after faults":          {[]int{503, 0, 429, 200}, `{"value":"` + jwt + `"}`, 4, ""},
		"always busy":                 {[]int{503}, "busy", 5, "GitHub answered 503 Service Unavailable: busy"},
		"never reached":               {[]int{0}, "", 5, "GitHub was not reached: connection reset by peer"},
		"refusal is answered at once": {[]int{403}, `{"message":"Can't issue ID_TOKEN for job in 'Completed' state."}`, 1, "GitHub answered 403 Forbidden: Can't issue ID_TOKEN for job in 'Completed' state."},
		"job that is about to begin":  {[]int{403, 200}, `{"message":"Can't issue ID_TOKEN for job in 'Pending' state.","value":"` + jwt + `"}`, 2, ""},
		"job that does not begin":     {[]int{403}, `{"message":"Can't issue ID_TOKEN for job in 'Delayed' state."}`, 3, "GitHub answered 403 Forbidden: Can't issue ID_TOKEN for job in 'Delayed' state."},
		"refusal with commands":       {[]int{401}, "::set-output name=x::1\n##[error]x", 1, "GitHub answered 401 Unauthorized: : :set-output name=x::1 ## [error]x"},
		"empty answer":                {[]int{200}, `{"count":0}`, 1, "the answer holds no token"},
		"two parts":                   {[]int{200}, `{"value":"a.b"}`, 1, "the answer holds no token"},
		"line break in the token":     {[]int{200}, `{"value":"a.b.c\n::debug::x"}`, 1, "the answer holds no token"},
		"HTML":                        {[]int{200}, `<html>Sign in</html>`, 3, "the answer is not JSON; a proxy may have given it"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &answers{status: test.status, body: test.body}
				source, err := idtoken.NewSource("https://token.example/idtoken", requestToken)
				if err != nil {
					t.Fatal(err)
				}
				_, err = source.Fetch(t.Context(), &http.Client{Transport: server}, retry.Policy{Attempts: 5, Base: time.Second, Cap: time.Minute}, "a")
				want := test.want
				if want != "" {
					want = `GitHub's ID token for audience "a": ` + want
				}
				if got := text(err); got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
				if got := server.calls.Load(); got != test.calls {
					t.Errorf("%d requests, want %d", got, test.calls)
				}
			})
		})
	}
}

func TestARefusalIsTold(t *testing.T) {
	t.Parallel()
	server := &answers{status: []int{403}, body: `{"message":"Can't issue ID_TOKEN for job in 'Pending' state."}`}
	source, err := idtoken.NewSource("https://token.example/idtoken", requestToken)
	if err != nil {
		t.Fatal(err)
	}
	_, err = source.Fetch(t.Context(), &http.Client{Transport: server}, retry.Policy{}, "a")
	var refusal *idtoken.Refusal
	if want := (idtoken.Refusal{Status: 403, Message: "Can't issue ID_TOKEN for job in 'Pending' state."}); !errors.As(err, &refusal) || *refusal != want {
		t.Errorf("got %v, want %+v", err, want)
	}
}

func TestWithoutThePermission(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"", ""}, {"https://token.example", ""}, {"", requestToken}} {
		if _, err := idtoken.NewSource(pair[0], pair[1]); !errors.Is(err, idtoken.ErrNoPermission) {
			t.Errorf("got %v", err)
		}
	}
	_, err := idtoken.NewSource("http://token.example", requestToken)
	if got, want := text(err), "environment variable ACTIONS_ID_TOKEN_REQUEST_URL: must start with https://; http:// is for localhost, private IP addresses and names without a dot"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDecodeUnverified(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		payload string
		want    trust.Claims
	}{
		"GitHub's": {`{"iss":"https://issuer","sub":"repo:o/r:ref:refs/heads/main","aud":"a","exp":1793615700}`,
			trust.Claims{"iss": "https://issuer", "sub": "repo:o/r:ref:refs/heads/main", "aud": "a", "exp": 1793615700.0}},
		"a pod's": {`{"aud":["a","b"],"kubernetes.io":{"namespace":"ci"}}`,
			trust.Claims{"aud": []any{"a", "b"}, "kubernetes.io": map[string]any{"namespace": "ci"}}},
		"commands in it": {`{"sub":"::debug::x","aud":["##[error]x"],"a\u001bb":{"c":"d\ne"}}`,
			trust.Claims{"sub": ": :debug::x", "aud": []any{"## [error]x"}, "a b": map[string]any{"c": "d e"}}},
		"null":      {`null`, nil},
		"no object": {`["sub"]`, nil},
		"no JSON":   {`{`, nil},
	} {
		token := "e30." + base64.RawURLEncoding.EncodeToString([]byte(test.payload)) + ".c2ln"
		if got := idtoken.DecodeUnverified(secret.New(token)); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
	for _, token := range []string{"", "a.b", "a.*.c", "a.b.c.d"} {
		if got := idtoken.DecodeUnverified(secret.New(token)); got != nil {
			t.Errorf("%q: got %v, want no claims", token, got)
		}
	}
}

func TestAllUnverified(t *testing.T) {
	t.Parallel()
	claims, err := idtoken.AllUnverified(secret.New(jwt + "\n"))
	if err != nil || claims["sub"] != "repo:o/r:ref:refs/heads/main" {
		t.Errorf("got %v, error %v", claims, err)
	}
	for token, want := range map[string]string{
		"secret":        "this is not a JWT, which has three parts with dots between them",
		"a.secret!.c":   "this is not a JWT: its second part is not base64url",
		"a.c2VjcmV0.c":  "this is not a JWT: its second part is not a JSON object",
		"a.bnVsbA.c":    "this is not a JWT: its second part is not a JSON object",
		"a.W10.c":       "this is not a JWT: its second part is not a JSON object",
		"a.e30.c.extra": "this is not a JWT, which has three parts with dots between them",
	} {
		if _, err := idtoken.AllUnverified(secret.New(token)); text(err) != want {
			t.Errorf("%s: got %v, want %s", token, err, want)
		}
	}
}

// Whatever a token holds, none of its claims brings a command or a line break into a log.
func FuzzDecodeUnverified(f *testing.F) {
	for _, seed := range []string{`{}`, `null`, `{"sub":"::debug::\n"}`, `{"aud":["##[x]"],"a\tb":{"c":["\u001b"]}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		claims := idtoken.DecodeUnverified(secret.New("e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2ln"))
		for name, value := range claims {
			checkClean(t, name)
			checkClean(t, value)
		}
	})
}

func checkClean(t *testing.T, value any) {
	t.Helper()
	switch value := value.(type) {
	case string:
		if strings.HasPrefix(value, "::") || strings.ContainsAny(value, "\r\n\x1b") || strings.Contains(value, "##[") {
			t.Errorf("%q is live", value)
		}
	case []any:
		for _, item := range value {
			checkClean(t, item)
		}
	case map[string]any:
		for name, member := range value {
			checkClean(t, name)
			checkClean(t, member)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
