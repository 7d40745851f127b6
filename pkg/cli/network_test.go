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

// begin begins a step of a job with the sandbox's clouds, which are said to be at base.
func begin(t *testing.T, clouds *sandbox.Sandbox, base string, inputs map[string]string) (*job.Job, *job.Step, map[string]string) {
	t.Helper()
	j, err := job.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range clouds.Environment(base) {
		j.Env[v.Name] = v.Value
	}
	j.Env["AWS_ACCESS_KEY_ID"] = "of-an-earlier-step"
	step := j.Step("sign-in", inputs)
	env, err := step.Begin()
	if err != nil {
		t.Fatal(err)
	}
	return j, step, env
}

func newClouds(t *testing.T) (clouds *sandbox.Sandbox, base string) {
	t.Helper()
	clouds, err := sandbox.New(sandbox.DefaultConfig(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(clouds)
	t.Cleanup(server.Close)
	return clouds, server.URL
}

// toAWS are the inputs of a sign-in to AWS, and one more.
func toAWS(name, value string) map[string]string {
	return map[string]string{"aws-region": "eu-central-1", "role-to-assume": "arn:aws:iam::123456789012:role/deploy", name: value}
}

// toBothClouds are the inputs of a sign-in to both clouds, by which all services are asked.
func toBothClouds() map[string]string {
	return map[string]string{
		"aws-region":                 "eu-central-1",
		"role-to-assume":             "arn:aws:iam::123456789012:role/deploy",
		"workload_identity_provider": "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo",
		"service_account":            "deploy@my-project.iam.gserviceaccount.com",
		"token_format":               "access_token",
	}
}

// http-proxy is the proxy of GitHub's token, too, and no-proxy of neither.
func TestTheProxyOfAStepIsThatOfAllItsRequests(t *testing.T) {
	t.Parallel()
	clouds, _ := newClouds(t)
	var mu sync.Mutex
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Host+r.URL.Path)
		mu.Unlock()
		clouds.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	inputs := toAWS("http-proxy", strings.Replace(proxy.URL, "http://", "http://me:pr0xyp4ss@", 1))
	inputs["no-proxy"] = "10.2.0.0/16, .example"
	_, _, env := begin(t, clouds, "http://10.1.2.3:8484", inputs)
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
	clouds, base := newClouds(t)
	_, _, env := begin(t, clouds, base, toAWS("sts-endpoint", base+"/aws"))
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
	clouds, base := newClouds(t)
	_, _, env := begin(t, clouds, base, toAWS("action-timeout-s", "1"))
	env["ACTIONS_ID_TOKEN_REQUEST_URL"] = hanging.URL
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
	clouds, base := newClouds(t)
	_, _, env := begin(t, clouds, base, map[string]string{"workload_identity_provider": "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo"})
	log, code := run(t.Context(), env, "/sign-in", "--host-temp=host:", "--host-workspace=host:", "--job-container=")
	if want := "::warning::The runner did not say where the job's folders are"; code != 0 || !strings.Contains(log, want) {
		t.Errorf("got exit code %d and %s", code, log)
	}
}
