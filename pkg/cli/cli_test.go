package cli_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gatepass/pkg/cli"
	"gatepass/pkg/sandbox/job"
)

// run runs a program of the action in this process and returns its log and its exit code.
func run(ctx context.Context, env map[string]string, args ...string) (log string, code int) {
	return runOver(ctx, nil, env, args...)
}

// signOut ends a step as the job's end does, and returns its log.
func signOut(t *testing.T, step *job.Step) (log string) {
	t.Helper()
	env, err := step.Begin()
	if err != nil {
		t.Fatal(err)
	}
	log, code := run(t.Context(), env, "/"+cli.SignOut)
	if code != 0 {
		t.Errorf("sign-out: got exit code %d: %s", code, log)
	}
	if err := step.End(); err != nil {
		t.Fatal(err)
	}
	return log
}

func TestTheProgramUnderAnotherName(t *testing.T) {
	t.Parallel()
	log, code := run(t.Context(), nil, "./gatepass", "--help")
	if want := "::error::this is the program of the Gatepass action; its stages are called /sign-in and /sign-out. For your own machine there is `go run ./cmd/gatepass help`\n"; code != 1 || log != want {
		t.Errorf("got exit code %d and %q, want 1 and %q", code, log, want)
	}
}

// What the image's programs do for Actions Runner Controller in kubernetes mode: one keeps the pod there until it is ended, the others say
// what is wrong.
func TestKubernetesMode(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"sh", "-e", "/__w/_temp/1.sh"}, {"/bin/sh", "-c", "tar xf - -C /__w"}, {"tar", "xf", "-", "-C", "/__w"}} {
		log, code := run(t.Context(), nil, args...)
		if want := "::error::this runner is Actions Runner Controller in kubernetes mode, which hands nothing that a container action exports to later steps, so Gatepass does not work here. Use a runner scale set in dind mode, do what needs the clouds in a job with runs-on: ubuntu-latest, or use aws-actions/configure-aws-credentials and google-github-actions/auth here\n"; code != 1 || log != want {
			t.Errorf("%s: got exit code %d and %q, want 1 and %q", args, code, log, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int)
	go func() {
		_, code := run(ctx, nil, "tail", "-f", "/dev/null")
		ended <- code
	}()
	cancel()
	if code := <-ended; code != 0 {
		t.Errorf("tail: got exit code %d, want 0", code)
	}
}

// A cancelled workflow ends the step while a cloud has yet to answer.
func TestACancelledStepExportsNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer server.Close()
	j, err := job.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	j.Env["ACTIONS_ID_TOKEN_REQUEST_URL"], j.Env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = server.URL, "request-token"
	step := j.Step("sign-in", map[string]string{"aws-region": "eu-central-1", "role-to-assume": "arn:aws:iam::123456789012:role/deploy"})
	env, err := step.Begin()
	if err != nil {
		t.Fatal(err)
	}
	log, code := run(ctx, env, "/sign-in")
	if want := "::error::the step was cancelled\n"; code != 1 || !strings.HasSuffix(log, want) {
		t.Errorf("got exit code %d and %q, want 1 and %q at the end", code, log, want)
	}
	if err := step.End(); err != nil {
		t.Fatal(err)
	}
	if len(step.Outputs) > 0 || j.Env["AWS_REGION"] != "" {
		t.Errorf("exported %v, output %v", j.Env, step.Outputs)
	}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env  map[string]string
		want string
	}{
		"one fault":      {filesOf(t), "::error::nothing to sign in to: set role-to-assume and aws-region for AWS, workload_identity_provider for Google Cloud, oidc-token-audience for GitHub's token itself, or all of them. An expression such as ${{ secrets.ROLE }} is empty where the secret does not exist, as in runs from forks and of Dependabot\n"},
		"several faults": {with(with(filesOf(t), "INPUT_AWS-REGION", "x"), "INPUT_TOKEN_FORMAT", "x"), "::error::3 things are wrong:%0A- aws-region: \"x\" is not a region; one looks like eu-central-1%0A- workload_identity_provider: is missing; set it to projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>%0A- token_format: \"x\" is not a token format; use access_token, id_token, or leave it out\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, _ := run(t.Context(), test.env, "/sign-in")
			if got := log[strings.Index(log, "::error::"):]; got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// The runner cuts a long annotation, so that two long explanations are two annotations.
func TestExplanationsThatDoNotFitTogetherAreToldApart(t *testing.T) {
	t.Parallel()
	clouds, base := newClouds(t)
	_, _, env := begin(t, clouds, base, map[string]string{
		"aws-region": "eu-central-1", "role-to-assume": "arn:aws:iam::123456789012:role/" + strings.Repeat("team/", 60) + "deploy",
		"workload_identity_provider": "projects/123456789012/locations/global/workloadIdentityPools/github/providers/other",
	})
	log, _ := run(t.Context(), env, "/sign-in")
	for i, want := range []string{"AWS, role arn:aws:iam::", "Google Cloud, a principal of "} {
		annotations := strings.Split(log, "::error::")[1:]
		if len(annotations) != 2 || !strings.HasPrefix(annotations[i], want) {
			t.Errorf("got %q, want two annotations, and %q first in number %d", annotations, want, i)
		}
	}
}

// filesOf is the environment of a step with the permission id-token: write and without inputs.
func filesOf(t *testing.T) map[string]string {
	t.Helper()
	j, err := job.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	env, err := j.Step("sign-in", nil).Begin()
	if err != nil {
		t.Fatal(err)
	}
	env["ACTIONS_ID_TOKEN_REQUEST_URL"], env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "https://token.example", "request-token"
	return env
}

func with(env map[string]string, name, value string) map[string]string {
	env[name] = value
	return env
}
