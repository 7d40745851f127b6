package cli_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"gatepass/pkg/sandbox"
	"gatepass/pkg/sandbox/job"
)

// step is a sign-in to AWS at a host that nothing but a proxy can reach.
func step(t *testing.T, inputs map[string]string) map[string]string {
	t.Helper()
	j, err := job.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	inputs["aws-region"], inputs["role-to-assume"] = "eu-central-1", "arn:aws:iam::123456789012:role/deploy"
	env, err := j.Step("sign-in", inputs).Begin()
	if err != nil {
		t.Fatal(err)
	}
	return env
}

// http-proxy is the proxy of GitHub's token, too, and no-proxy of neither.
func TestTheProxyOfAStepIsThatOfAllItsRequests(t *testing.T) {
	t.Parallel()
	clouds, err := sandbox.New(sandbox.DefaultConfig(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Host+r.URL.Path)
		mu.Unlock()
		clouds.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	env := step(t, map[string]string{"http-proxy": strings.Replace(proxy.URL, "http://", "http://me:pr0xyp4ss@", 1), "no-proxy": "10.2.0.0/16, .example"})
	for _, v := range clouds.Environment("http://10.1.2.3:8484") {
		env[v.Name] = v.Value
	}
	log, code := run(t.Context(), env, "/sign-in")
	if code != 0 {
		t.Fatalf("got exit code %d: %s", code, log)
	}
	if got, want := strings.Join(asked, " "), "10.1.2.3:8484/github/idtoken 10.1.2.3:8484/aws"; got != want {
		t.Errorf("the proxy was asked for %s, want %s", got, want)
	}
	if !strings.Contains(log, "::add-mask::pr0xyp4ss\n") {
		t.Errorf("the proxy's password is not masked: %s", log)
	}
}

// The endpoint of the input comes before that of the environment.
func TestTheEndpointOfAStep(t *testing.T) {
	t.Parallel()
	clouds, err := sandbox.New(sandbox.DefaultConfig(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(clouds)
	defer server.Close()
	env := step(t, map[string]string{"sts-endpoint": server.URL + "/aws"})
	for _, v := range clouds.Environment(server.URL) {
		env[v.Name] = v.Value
	}
	env["AWS_ENDPOINT_URL_STS"] = "http://127.0.0.1:1"
	if log, code := run(t.Context(), env, "/sign-in"); code != 0 {
		t.Errorf("got exit code %d: %s", code, log)
	}
}

// The time limit ends a step that waits, and a step that fails does not wait for it.
func TestTheTimeLimitOfAStep(t *testing.T) {
	t.Parallel()
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer hanging.Close()
	env := step(t, map[string]string{"action-timeout-s": "1"})
	env["ACTIONS_ID_TOKEN_REQUEST_URL"], env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = hanging.URL, "request-token"
	log, code := run(t.Context(), env, "/sign-in")
	if want := "::error::action-timeout-s: the step did not finish within 1s\n"; code != 1 || !strings.HasSuffix(log, want) {
		t.Errorf("got exit code %d and %q, want 1 and %q", code, log, want)
	}

	refusing := httptest.NewServer(http.NotFoundHandler())
	defer refusing.Close()
	env["INPUT_ACTION-TIMEOUT-S"], env["ACTIONS_ID_TOKEN_REQUEST_URL"] = "604800", refusing.URL
	if _, code := run(t.Context(), env, "/sign-in"); code != 1 { // or this test hangs
		t.Errorf("got exit code %d, want 1", code)
	}
}

// An action's container that nobody told the host's paths says so.
func TestAContainerWithoutHostPaths(t *testing.T) {
	t.Parallel()
	clouds, err := sandbox.New(sandbox.DefaultConfig(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(clouds)
	defer server.Close()
	j, err := job.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	env, err := j.Step("sign-in", map[string]string{"workload_identity_provider": "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo"}).Begin()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range clouds.Environment(server.URL) {
		env[v.Name] = v.Value
	}
	log, code := run(t.Context(), env, "/sign-in", "--host-temp=host:", "--host-workspace=host:", "--job-container=")
	if want := "::warning::The runner did not say where the job's folders are"; code != 0 || !strings.Contains(log, want) {
		t.Errorf("got exit code %d and %s", code, log)
	}
}
