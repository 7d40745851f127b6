package cli_test

import (
	"context"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gatepass/pkg/sandbox"
	"gatepass/pkg/sandbox/job"
)

// runnerFault is what is wrong with the runner, in both stages of a step.
type runnerFault struct {
	name   string
	inputs map[string]string // besides those of a sign-in to both clouds
	// spoil changes a stage's environment.
	spoil func(j *job.Job, env map[string]string)
	// vanished tells that nobody finds the workspace any more.
	vanished bool
	// stdout is where the log goes; empty for whoever reads it.
	stdout string
}

func setTo(name, value string) func(*job.Job, map[string]string) {
	return func(_ *job.Job, env map[string]string) { env[name] = value }
}

func unset(name string) func(*job.Job, map[string]string) {
	return func(_ *job.Job, env map[string]string) { delete(env, name) }
}

var runnerFaults = []runnerFault{
	{name: "`GITHUB_ENV` is missing", spoil: unset("GITHUB_ENV")},
	{name: "`GITHUB_ENV` names no file", spoil: setTo("GITHUB_ENV", "/no/such/file")},
	{name: "`GITHUB_STEP_SUMMARY` is on a full disk", spoil: setTo("GITHUB_STEP_SUMMARY", "/dev/full"), inputs: map[string]string{"explain": "always"}},
	{name: "the log is on a full disk, and masks are lost", stdout: "/dev/full"},
	{name: "`RUNNER_TEMP` is missing", spoil: unset("RUNNER_TEMP")},
	{name: "`RUNNER_TEMP` names no folder", spoil: setTo("RUNNER_TEMP", "/no/such/folder")},
	{name: "the workspace has vanished", vanished: true},
	{name: "the workspace has vanished, `credentials-location: workspace`", vanished: true, inputs: map[string]string{"credentials-location": "workspace"}},
	{name: "the workspace has vanished, `aws-trust-policy: policy.json`", vanished: true, inputs: map[string]string{"aws-trust-policy": "policy.json"}},
}

// Something is wrong on the runner: the step signs in all the same, or says what it is, if it can before the first request.
func TestRunnerFaults(t *testing.T) {
	t.Parallel()
	var rows []string
	for _, f := range runnerFaults {
		t.Run(f.name, func(t *testing.T) {
			got, asked := f.run(t)
			outcome := "signed in"
			switch {
			case got.code != 0 && asked == 0:
				outcome = "fails before the first request"
			case got.code != 0:
				outcome = "fails, and takes all back"
			}
			rows = append(rows, cells(f.name, outcome, code(got.err)))
		})
	}
	if len(rows) < len(runnerFaults) {
		return // -run has left some out
	}
	checkTable(t, "runner", "| fault | outcome | what the log says |\n", rows)
}

func (f runnerFault) run(t *testing.T) (got outcome, requests int32) {
	t.Helper()
	var asked atomic.Int32
	clouds, err := sandbox.New(sandbox.DefaultConfig(), sandbox.Options{Observe: func(sandbox.Exchange) { asked.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(clouds)
	defer server.Close()
	jobEnv := map[string]string{}
	for _, v := range clouds.Environment(server.URL) {
		jobEnv[v.Name] = v.Value
	}
	inputs := inputsFor(toSTS)
	maps.Copy(inputs, f.inputs)
	p := &proxy{clouds: clouds}
	folder := ""
	got = p.signIn(t, inputs, jobEnv, func(j *job.Job, env map[string]string, stage string) ([]byte, int) {
		folder = filepath.Dir(j.Temp())
		if f.spoil != nil {
			f.spoil(j, env)
		}
		return f.stage(t, j, env, stage)
	})
	got.err = strings.ReplaceAll(got.err, folder, "/home/runner/work")
	return got, asked.Load()
}

func (f runnerFault) stage(t *testing.T, j *job.Job, env map[string]string, stage string) ([]byte, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := commandOf(ctx, j, env, stage)
	if f.vanished {
		if err := os.MkdirAll(j.Workspace(), 0o755); err != nil {
			t.Fatal(err)
		}
		vanishing := exec.CommandContext(ctx, inVanishedFolder, cmd.Path)
		vanishing.Dir, vanishing.Env = cmd.Dir, cmd.Env
		return output(t, vanishing)
	}
	if f.stdout == "" {
		return output(t, cmd)
	}
	file, err := os.OpenFile(f.stdout, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd.Stdout = file
	_ = cmd.Run() // the exit code tells
	return nil, cmd.ProcessState.ExitCode()
}

// inVanishedFolder is a program that removes its working directory, and goes on as the program that it is given.
const inVanishedFolder = "in-vanished-folder"

func vanish() {
	folder, err := os.Getwd()
	if err == nil {
		err = os.Remove(folder)
	}
	if err == nil {
		err = syscall.Exec(os.Args[1], os.Args[1:], os.Environ())
	}
	fmt.Println(err)
	os.Exit(2)
}
