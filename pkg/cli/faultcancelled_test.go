package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"gatepass/pkg/sandbox"
	"gatepass/pkg/sandbox/job"
)

// holding is a fault that tells when a request has come, and does not answer it.
func holding(come chan<- bool) fault {
	return fault{answer: func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		_, _ = io.Copy(io.Discard, r.Body)
		come <- true
		<-r.Context().Done()
	}}
}

// putOff is a fault after which the next attempt is a minute away.
func putOff(come chan<- bool) fault {
	return fault{answer: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusServiceUnavailable)
		come <- true
	}}
}

// A job is cancelled, wherever the step is: it ends, and leaves nothing.
func TestACancelledStepLeavesNothing(t *testing.T) {
	t.Parallel()
	stages := []struct {
		name  string
		hop   hop
		fault func(come chan<- bool) fault
	}{
		{"while GitHub does not answer", toGitHub, holding},
		{"while AWS STS does not answer", toSTS, holding},
		{"while Google STS does not answer", toGoogle, holding},
		{"while Google's IAM Credentials API does not answer", toIAM, holding},
		{"between two attempts", toSTS, putOff},
	}
	var rows []string
	for _, stage := range stages {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			t.Run(stage.name+", "+signal.String(), func(t *testing.T) {
				come := make(chan bool, 1)
				got := cancelled(t, stage.hop, stage.fault(come), come, signal)
				if got.code != 1 {
					t.Errorf("got exit code %d, want 1", got.code)
				}
				if signal == syscall.SIGTERM {
					rows = append(rows, cells(stage.name, "fails", code(got.err)))
				}
			})
		}
	}
	t.Run("while the credentials are exported", func(t *testing.T) {
		testCancelledExport(t)
		rows = append(rows, cells("while the credentials are exported", "goes on to its end, which the end of the job undoes", ""))
	})
	t.Run("while the end of the job removes the credentials", func(t *testing.T) {
		testCancelledSignOut(t)
		rows = append(rows, cells("while the end of the job removes the credentials", "goes on to its end", ""))
	})
	if len(rows) <= len(stages)+1 {
		return // -run has left some out
	}
	checkTable(t, "cancelled", "| when | outcome | what the log says |\n", rows)
}

// cancelled sends a signal to a step when a request of its has come.
func cancelled(t *testing.T, h hop, f fault, come <-chan bool, signal syscall.Signal) outcome {
	t.Helper()
	clouds, err := sandbox.New(sandbox.DefaultConfig(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{clouds: clouds, hop: h, fault: f}
	server := httptest.NewServer(p)
	defer server.Close()
	env := map[string]string{}
	for _, v := range clouds.Environment(server.URL) {
		env[v.Name] = v.Value
	}
	return p.signIn(t, inputsFor(h), env, func(j *job.Job, env map[string]string, stage string) ([]byte, int) {
		if stage == "sign-out" {
			return process(t)(j, env, stage)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := commandOf(ctx, j, env, stage)
		printed := start(t, cmd)
		<-come
		if err := cmd.Process.Signal(signal); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait() // the exit code tells
		return printed.Bytes(), cmd.ProcessState.ExitCode()
	})
}

// start starts a program, and returns what it will have printed at its end.
func start(t *testing.T, cmd *exec.Cmd) *bytes.Buffer {
	t.Helper()
	var both bytes.Buffer
	cmd.Stdout, cmd.Stderr = &both, &both
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &both
}

// testCancelledExport cancels a step that has begun to export. It is held by a pipe as below, which it opens a first time to see whether it
// can.
func testCancelledExport(t *testing.T) {
	clouds, base := newClouds(t)
	j, step, env := begin(t, clouds, base, inputsFor(toSTS))
	before := maps.Clone(j.Env)
	path := env["GITHUB_ENV"]
	if err := errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := commandOf(ctx, j, env, "sign-in")
	printed := start(t, cmd)
	if looked, err := os.ReadFile(path); err != nil || len(looked) > 0 {
		t.Fatalf("sign-in has begun with %q, error %v", looked, err)
	}
	pipe, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	exported, err := io.ReadAll(pipe)
	if err := errors.Join(err, cmd.Wait()); err != nil {
		t.Errorf("sign-in: %v\n%s", err, printed)
	}
	if err := errors.Join(os.Remove(path), os.WriteFile(path, exported, 0o600), step.End()); err != nil {
		t.Fatal(err)
	}
	if j.Env["AWS_SESSION_TOKEN"] == "" || j.Env["GOOGLE_APPLICATION_CREDENTIALS"] == "" || step.Outputs["access_token"] == "" {
		t.Errorf("not all is exported, but %q", exported)
	}

	signOut(t, step)
	maps.DeleteFunc(j.Env, func(_, value string) bool { return value == "" })
	delete(before, "AWS_ACCESS_KEY_ID") // of an earlier step; this one's took its place
	clear(step.Outputs)
	nothingLeft(t, j, step, before)
}

// testCancelledSignOut cancels what removes the credentials, which goes on with it. It is held by a pipe in the place of GITHUB_ENV, which
// it cannot open for writing before someone opens it for reading.
func testCancelledSignOut(t *testing.T) {
	clouds, base := newClouds(t)
	j, step, env := begin(t, clouds, base, inputsFor(toSTS))
	if log, code := run(t.Context(), env, "/sign-in"); code != 0 {
		t.Fatalf("got exit code %d: %s", code, log)
	}
	if err := step.End(); err != nil {
		t.Fatal(err)
	}
	env, err := step.Begin()
	if err != nil {
		t.Fatal(err)
	}
	path := env["GITHUB_ENV"]
	if err := errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := commandOf(ctx, j, env, "sign-out")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "Removed Google's credentials file\n" {
		t.Errorf("sign-out has printed %q, error %v", line, err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	pipe, err := os.OpenFile(path, os.O_RDWR, 0) // to read what is there even when the writer is gone
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("sign-out: %v", err)
	}
	emptied := make([]byte, 64<<10)
	if n, err := pipe.Read(emptied); err != nil || !bytes.Contains(emptied[:n], []byte("AWS_SECRET_ACCESS_KEY<<")) {
		t.Errorf("sign-out has emptied no variable, but written %q, error %v", emptied[:n], err)
	}
}
