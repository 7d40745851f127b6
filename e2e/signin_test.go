//go:build e2e

package e2e

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSignInToBothCloudsAndUseThemInLaterSteps(t *testing.T) {
	t.Parallel()
	for builder := range images {
		t.Run(builder, func(t *testing.T) {
			t.Parallel()
			w, m := newWorld(t), newMachine(t)
			w.permit(m)
			environment, files := maps.Clone(m.Env), m.files(t)
			step := m.use(t, image(t, builder), "signin", toBothClouds())

			code, log := step.main(t.Context(), t)
			if code != 0 {
				t.Fatalf("main: got exit code %d, want 0", code)
			}
			checkNoSecret(t, w, log)
			checkMasked(t, w, m)
			checkAWS(t, m)
			checkFile(t, m, step)
			if folders := m.notTheRunners(t); folders != nil {
				t.Errorf("the runner cannot empty %q", folders)
			}

			code, log = step.post(t)
			if code != 0 {
				t.Errorf("post: got exit code %d, want 0", code)
			}
			checkNoSecret(t, w, log)
			checkNothingLeft(t, m, environment, files)
		})
	}
}

// One cloud says no: the step ends without anything of the other one.
func TestRefusalLeavesNothing(t *testing.T) {
	t.Parallel()
	w, m := newWorld(t), newMachine(t)
	w.permit(m)
	environment, files := maps.Clone(m.Env), m.files(t)
	inputs := toBothClouds()
	inputs["role-to-assume"] = "arn:aws:iam::123456789012:role/no-such-role"
	step := m.use(t, image(t, "legacy"), "signin", inputs)

	code, log := step.main(t.Context(), t)
	if code != 1 {
		t.Errorf("main: got exit code %d, want 1", code)
	}
	if !strings.Contains(log, "Error: ") {
		t.Error("main: the log shows no error")
	}
	checkNoSecret(t, w, log)
	if !maps.Equal(m.Env, environment) {
		t.Errorf("main exported %q", exported(m, environment))
	}
	if len(step.Outputs) != 0 {
		t.Errorf("main set the outputs %q", slices.Sorted(maps.Keys(step.Outputs)))
	}
	checkFiles(t, m, files)

	if code, _ := step.post(t); code != 0 {
		t.Errorf("post: got exit code %d, want 0", code)
	}
	checkNothingLeft(t, m, environment, files)
}

// A job is cancelled while GitHub does not answer. After 10 seconds the runner would kill the client, and the container would go on.
func TestCancelLeavesNothing(t *testing.T) {
	t.Parallel()
	w, m := newWorld(t), newMachine(t)
	w.permit(m)
	silent := listen(t)
	t.Cleanup(func() { _ = silent.Close() })
	m.Env["ACTIONS_ID_TOKEN_REQUEST_URL"] = "http://" + silent.Addr().String() + "/?api-version=2.0"
	environment, files := maps.Clone(m.Env), m.files(t)
	step := m.use(t, image(t, "legacy"), "signin", toBothClouds())

	ctx, cancel := context.WithCancel(t.Context())
	cancelled := make(chan time.Time, 1)
	go func() {
		asked, err := silent.Accept()
		if err != nil {
			return
		}
		defer asked.Close()
		cancelled <- time.Now()
		cancel()
		<-t.Context().Done()
	}()
	code, _ := step.main(ctx, t)
	if code == 0 {
		t.Error("main: got exit code 0, want another")
	}
	if ctx.Err() == nil {
		t.Fatal("main ended before it asked GitHub for a token")
	}
	if took := time.Since(<-cancelled); took > 5*time.Second {
		t.Errorf("main ended %v after the cancellation, want at most 5s", took)
	}
	if code, _ := step.post(t); code != 0 {
		t.Errorf("post: got exit code %d, want 0", code)
	}
	checkNothingLeft(t, m, environment, files)
}
