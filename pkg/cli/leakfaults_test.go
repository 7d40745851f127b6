package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"gatepass/pkg/cli"
	"gatepass/pkg/sandbox"
)

const deployAccount = "deploy@my-project.iam.gserviceaccount.com"

// toBoth are the inputs of a sign-in to both clouds that gets all there is to get.
func toBoth() map[string]string {
	inputs := toAWS("output-credentials", "true")
	maps.Copy(inputs, map[string]string{
		"aws-profile": "deploy", "output-env-credentials": "true", "token_format": "access_token", "service_account": deployAccount, "explain": "always",
		"workload_identity_provider": "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo",
	})
	return inputs
}

// faulty is a sign-in in which the action's own code panics once, with every secret that there is by then in all forms.
type faulty struct {
	clouds   *sandbox.Sandbox
	base     string
	variable string // at the first time that it is read
	line     int    // when this line is written

	mu    sync.Mutex
	read  map[string]bool
	lines int
	log   bytes.Buffer
}

func (f *faulty) panic() {
	var value strings.Builder
	for _, secret := range f.clouds.Secrets() {
		for _, encode := range forms {
			value.WriteString(encode(secret) + "\n")
		}
	}
	panic(value.String())
}

// Write is the step's standard output.
func (f *faulty) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lines++; f.lines == f.line {
		f.panic()
	}
	return f.log.Write(p)
}

func (f *faulty) signIn(t *testing.T) (code int) {
	t.Helper()
	j, step, env := begin(t, f.clouds, f.base, toBoth())
	env["RUNNER_DEBUG"] = "1"
	f.read = map[string]bool{}
	lookup := func(name string) (string, bool) {
		f.mu.Lock()
		again := f.read[name]
		f.read[name] = true
		f.mu.Unlock()
		if name == f.variable && !again {
			f.panic()
		}
		value, ok := env[name]
		return value, ok
	}
	code = cli.Action{Stdout: f, Lookup: lookup, WorkDir: j.Workspace()}.Main(t.Context(), []string{"/sign-in"})
	if err := step.End(); err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"log": printed(f.log.String()), "summary": step.Summary} {
		if err := leak(text, f.clouds.Secrets()); err != nil {
			t.Errorf("panic at variable %q, line %d, the %s: %v", f.variable, f.line, what, err)
		}
	}
	return code
}

// A panic may be anywhere: at each variable that a sign-in reads, and at each line that it writes.
func TestNoPanicPrintsASecret(t *testing.T) {
	t.Parallel()
	clouds, base := newClouds(t)
	sound := &faulty{clouds: clouds, base: base}
	if code := sound.signIn(t); code != 0 {
		t.Fatalf("got exit code %d: %s", code, &sound.log)
	}
	for variable := range sound.read {
		if code := (&faulty{clouds: clouds, base: base, variable: variable}).signIn(t); code != 1 {
			t.Errorf("panic at %s: got exit code %d, want 1", variable, code)
		}
	}
	for line := 1; line <= sound.lines; line++ {
		if code := (&faulty{clouds: clouds, base: base, line: line}).signIn(t); code != 1 {
			t.Errorf("panic at line %d: got exit code %d, want 1", line, code)
		}
	}
	if len(sound.read) < 50 || sound.lines < 10 {
		t.Errorf("a sign-in reads %d variables and writes %d lines, which cannot be all", len(sound.read), sound.lines)
	}
}

// echo are clouds of which one refuses what it is asked, and says all that it has heard.
type echo struct {
	clouds http.Handler
	path   string // of what is refused
	answer func(heard string) string
	said   chan<- string
}

func (e echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, e.path) {
		e.clouds.ServeHTTP(w, r)
		return
	}
	var heard []string
	for _, values := range r.Header {
		heard = append(heard, values...)
	}
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	for _, values := range form {
		heard = append(heard, values...)
	}
	var object map[string]any
	_ = json.Unmarshal(body, &object)
	for _, value := range object {
		heard = append(heard, fmt.Sprint(value))
	}
	// What is long comes last, as it is cut.
	slices.SortFunc(heard, func(a, b string) int { return len(a) - len(b) })
	said := strings.Join(heard, " ")
	e.said <- said
	w.WriteHeader(http.StatusForbidden)
	_, _ = io.WriteString(w, e.answer(said))
}

// sessionToken is one as AWS makes them, which goes with every request of the session.
const sessionToken = "IQoJb3JpZ2luX2VjEJr//////////wEaDGV1LWNlbnRyYWwtMSJHMEUCIQDlongerThanAnyOther+Token/of+this/test=="

// tokens are the JWTs and the session tokens in what an endpoint has heard, also those that the sandbox has never seen.
var tokens = regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+|` + regexp.QuoteMeta(sessionToken))

// An endpoint that refuses may repeat what it was sent. The step shows its answer, with *** in place of each secret in it.
func TestNoRefusalShowsASecret(t *testing.T) {
	t.Parallel()
	ofGoogle := func(heard string) string { return `{"error": ` + object("status", "DENIED", "message", heard) + `}` }
	ofOAuth := func(heard string) string { return object("error", "denied", "error_description", heard) }
	ofAWS := func(heard string) string { return refused("AccessDenied", heard, heard) }
	page := func(heard string) string { return "<p>" + heard + "</p>" }
	byKey := func(clouds *sandbox.Sandbox, inputs map[string]string) {
		key, _ := clouds.ServiceAccountKey(deployAccount) // exists
		inputs["credentials_json"], inputs["workload_identity_provider"] = string(key), ""
		inputs["access_token_subject"] = "octocat@example.com"
	}
	byAWSKey := func(_ *sandbox.Sandbox, inputs map[string]string) {
		inputs["aws-access-key-id"], inputs["aws-secret-access-key"] = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	}
	bySession := func(clouds *sandbox.Sandbox, inputs map[string]string) {
		byAWSKey(clouds, inputs)
		inputs["aws-session-token"] = sessionToken
	}
	for name, test := range map[string]struct {
		path   string
		answer func(string) string
		change func(*sandbox.Sandbox, map[string]string)
	}{
		"GitHub":                {path: "/github/idtoken", answer: func(heard string) string { return object("message", heard) }},
		"page of GitHub":        {path: "/github/idtoken", answer: page},
		"AWS":                   {path: "/aws", answer: ofAWS},
		"AWS, by key":           {path: "/aws", answer: ofAWS, change: byAWSKey},
		"AWS, by session":       {path: "/aws", answer: ofAWS, change: bySession},
		"Google STS":            {path: "/google/sts", answer: ofOAuth},
		"page of Google STS":    {path: "/google/sts", answer: page},
		"IAM Credentials":       {path: "/google/iamcredentials", answer: ofGoogle},
		"Google OAuth, by key":  {path: "/google/oauth2", answer: ofOAuth, change: byKey},
		"page of OAuth, by key": {path: "/google/oauth2", answer: page, change: byKey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Markdown escapes some of it, such as the _ at the ends.
			clouds, err := sandbox.New(sandbox.DefaultConfig(), sandbox.Options{RequestToken: "__" + strings.Repeat("a__b*", 9) + "__"})
			if err != nil {
				t.Fatal(err)
			}
			heard := make(chan string, 8)
			server := httptest.NewServer(echo{clouds, test.path, test.answer, heard})
			defer server.Close()
			inputs := toBoth()
			inputs["retry-max-attempts"] = "1"
			if test.change != nil {
				test.change(clouds, inputs)
			}
			_, step, env := begin(t, clouds, server.URL, inputs)
			env["RUNNER_DEBUG"] = "1"
			log, code := run(t.Context(), env, "/sign-in")
			close(heard)
			secrets := clouds.Secrets()
			said := 0
			for text := range heard {
				said++
				secrets = append(secrets, tokens.FindAllString(text, -1)...)
			}
			if code != 1 || said == 0 {
				t.Fatalf("got exit code %d, repeated %d requests: %s", code, said, log)
			}
			if err := step.End(); err != nil {
				t.Fatal(err)
			}
			for what, text := range map[string]string{"log": printed(log), "summary": step.Summary} {
				if err := leak(text, secrets); err != nil {
					t.Errorf("the %s: %v\n%s", what, err, text)
				}
			}
		})
	}
}
