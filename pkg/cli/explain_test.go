package cli_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatepass/pkg/sandbox/job"
)

// Where GitHub gives no token, neither cloud is asked. Both sign-ins fail, for one reason, which is explained once.
func TestWhatBothSignInsFailForIsExplainedOnce(t *testing.T) {
	t.Parallel()
	github := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"message":"Can't issue ID_TOKEN for job in 'Pending' state."}`, http.StatusForbidden)
	}))
	defer github.Close()
	clouds, base := newClouds(t)
	inputs := toAWS("workload_identity_provider", "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo")
	inputs["disable-retry"] = "true"
	_, step, env := begin(t, clouds, base, inputs)
	env["ACTIONS_ID_TOKEN_REQUEST_URL"] = github.URL
	log, code := run(t.Context(), env, "/sign-in")
	if err := step.End(); err != nil || code != 1 {
		t.Errorf("got exit code %d, error %v", code, err)
	}
	for text, want := range map[string]int{"GitHub answered 403 Forbidden: Can't issue ID_TOKEN": 2, "GitHub still has this job down as Pending": 1} {
		if got := strings.Count(log, text); got != want {
			t.Errorf("the log tells %q %d times, want %d:\n%s", text, got, want, log)
		}
	}
	if got := strings.Count(step.Summary, "GitHub still has this job down as Pending"); got != 1 {
		t.Errorf("the summary tells it %d times:\n%s", got, step.Summary)
	}
}

// A runner that has no summaries, or whose event's file is of no use, is no obstacle to an explanation.
func TestExplainingOnAnOddRunner(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, j *job.Job, env map[string]string){
		"no summaries": func(_ *testing.T, _ *job.Job, env map[string]string) { env["GITHUB_STEP_SUMMARY"] = "" },
		"no event": func(_ *testing.T, j *job.Job, env map[string]string) {
			env["GITHUB_EVENT_PATH"] = j.Workspace() + "/none"
		},
		"a folder as event":   func(_ *testing.T, j *job.Job, env map[string]string) { env["GITHUB_EVENT_PATH"] = j.Workspace() },
		"a garbled event":     event(`{"pull_request": [`),
		"an event of no fork": event(`{"pull_request": {"head": {"repo": null}, "base": {"repo": {"full_name": null}}}}`),
		"a huge event":        event(`{"pull_request": "` + strings.Repeat("x", 2<<20) + `"}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clouds, base := newClouds(t)
			j, _, env := begin(t, clouds, base, toAWS("role-to-assume", "arn:aws:iam::123456789012:role/other"))
			spoil(t, j, env)
			log, code := run(t.Context(), env, "/sign-in")
			if want := "The trust policy of the role other does not let in this job"; code != 1 || !strings.Contains(log, want) {
				t.Errorf("got exit code %d and %s", code, log)
			}
			if strings.Contains(log, "::warning::") {
				t.Errorf("it warns: %s", log)
			}
		})
	}
}

func event(text string) func(*testing.T, *job.Job, map[string]string) {
	return func(t *testing.T, j *job.Job, env map[string]string) {
		t.Helper()
		env["GITHUB_EVENT_PATH"] = filepath.Join(j.Workspace(), "event.json")
		if err := os.WriteFile(env["GITHUB_EVENT_PATH"], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A summary that cannot be written is worth a warning, and changes nothing about the step.
func TestASummaryThatCannotBeWrittenIsNoFailure(t *testing.T) {
	t.Parallel()
	clouds, base := newClouds(t)
	_, _, env := begin(t, clouds, base, toAWS("explain", "always"))
	env["GITHUB_STEP_SUMMARY"] = "/dev/full"
	log, code := run(t.Context(), env, "/sign-in")
	if want := "::warning::The step's summary was not written: write /dev/full: no space left on device\n"; code != 0 || !strings.Contains(log, want) {
		t.Errorf("got exit code %d and %s", code, log)
	}
}
