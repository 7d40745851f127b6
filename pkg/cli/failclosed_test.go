package cli_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gatepass/pkg/cli"
	"gatepass/pkg/sandbox/job"
)

// signIn is a sign-in to both clouds that something keeps from its end.
type signIn struct {
	// spoil changes the stage's environment, or what it meets, before it starts.
	spoil func(t *testing.T, j *job.Job, env map[string]string)
	// stdout makes the stage's standard output. cancel cancels the step.
	stdout func(log io.Writer, cancel func()) io.Writer
	want   string // in the log
	// everyWay says that this keeps a step without a profile from its end, too.
	everyWay bool
}

// ways are those of signing in to AWS that leave files: a profile by keys that it holds, by a program that renews them, and several of
// that; GitHub's token.
var ways = map[string]map[string]string{
	"keys":        {"role-to-assume": "arn:aws:iam::123456789012:role/deploy", "aws-profile": "deploy", "output-env-credentials": "true"},
	"aws-refresh": {"role-to-assume": "arn:aws:iam::123456789012:role/deploy", "aws-profile": "deploy", "output-env-credentials": "true", "aws-refresh": "true"},
	"aws-roles": {
		"aws-roles":                 "deploy = arn:aws:iam::123456789012:role/deploy\nadmin = arn:aws:iam::123456789012:role/admin chain-from=deploy",
		"role-skip-session-tagging": "true", "aws-refresh": "true",
	},
	withoutProfile: {"role-to-assume": "arn:aws:iam::123456789012:role/deploy", "aws-web-identity": "true", "oidc-token-audience": "https://vault.example"},
}

const withoutProfile = "aws-web-identity"

// run signs in to both clouds, to AWS one way.
func (test signIn) run(t *testing.T, way map[string]string) {
	t.Parallel()
	clouds, base := newClouds(t)
	inputs := maps.Clone(way)
	inputs["aws-region"] = "eu-central-1"
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	inputs["workload_identity_provider"] = "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo"
	j, step, env := begin(t, clouds, base, inputs)
	before := maps.Clone(j.Env)
	if test.spoil != nil {
		test.spoil(t, j, env)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var log bytes.Buffer
	var out io.Writer = &log
	if test.stdout != nil {
		out = test.stdout(&log, cancel)
	}
	lookup := func(name string) (string, bool) { value, ok := env[name]; return value, ok }
	if code := (cli.Action{Stdout: out, Lookup: lookup, WorkDir: j.Workspace(), Program: program}).Main(ctx, []string{"/sign-in"}); code != 1 {
		t.Errorf("got exit code %d, want 1", code)
	}
	if !strings.Contains(log.String(), test.want) {
		t.Errorf("the log does not tell %q:\n%s", test.want, log.String())
	}
	if err := step.End(); err != nil {
		t.Fatal(err)
	}
	nothingLeft(t, j, step, before)

	// The end of the job has nothing to undo, least of all what an earlier step has exported.
	signOut(t, step)
	nothingLeft(t, j, step, before)
}

func nothingLeft(t *testing.T, j *job.Job, step *job.Step, before map[string]string) {
	t.Helper()
	if !maps.Equal(j.Env, before) {
		t.Errorf("exported %v", j.Env)
	}
	if len(step.Outputs) > 0 {
		t.Errorf("output %v", step.Outputs)
	}
	for _, form := range []string{"gha-creds-*", "gatepass-*"} {
		files, err := filepath.Glob(filepath.Join(j.Temp(), form))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if info, err := os.Lstat(file); err != nil || info.Mode()&fs.ModeSymlink == 0 {
				t.Errorf("left %s, error %v", file, err)
			}
		}
	}
}

func TestASignInThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]signIn{
		"the outputs cannot be written": {spoil: func(_ *testing.T, _ *job.Job, env map[string]string) { env["GITHUB_OUTPUT"] = "/dev/full" },
			want: "no space left on device", everyWay: true},
		"there is nowhere to keep files": {spoil: func(_ *testing.T, _ *job.Job, env map[string]string) { env["RUNNER_TEMP"] = "" },
			want: "environment variable RUNNER_TEMP: is missing or names no folder; it comes from GitHub's runner", everyWay: true},
		"the profile's file is not ours": {spoil: func(t *testing.T, j *job.Job, _ map[string]string) {
			if err := os.Symlink("/etc/hostname", filepath.Join(j.Temp(), "gatepass-aws-config")); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Remove(filepath.Join(j.Temp(), "gatepass-aws-config")) })
		}, want: "write the AWS profile"},
		"the job's profiles never end": {spoil: func(t *testing.T, j *job.Job, env map[string]string) {
			env["AWS_CONFIG_FILE"] = filepath.Join(j.Workspace(), "fifo")
			if err := syscall.Mkfifo(env["AWS_CONFIG_FILE"], 0o600); err != nil {
				t.Fatal(err)
			}
		}, want: "fifo is not a plain file"},
		"the job's profiles are a link": {spoil: func(t *testing.T, j *job.Job, env map[string]string) {
			env["AWS_SHARED_CREDENTIALS_FILE"] = filepath.Join(j.Workspace(), "link")
			if err := os.Symlink("/etc/hostname", env["AWS_SHARED_CREDENTIALS_FILE"]); err != nil {
				t.Fatal(err)
			}
		}, want: "a symbolic link is not followed"},
		"the step is cancelled when all is there": {stdout: func(log io.Writer, cancel func()) io.Writer { return &trigger{log, 7, cancel} },
			want: "the step was cancelled"},
		"the log breaks, and with it a mask": {stdout: func(log io.Writer, _ func()) io.Writer { return &breaking{log, 7} },
			want: ""},
	} {
		for way, inputs := range ways {
			if way == withoutProfile && !test.everyWay {
				continue
			}
			t.Run(name+", "+way, func(t *testing.T) { test.run(t, inputs) })
		}
	}
}

// What a step that fails cannot take back, the end of the job removes. The step is held by a pipe in the place of the program that it
// copies, when Google's credentials file is there and the outputs are not yet written, which fails.
func TestWhatCannotBeTakenBackIsRemovedInTheEnd(t *testing.T) {
	t.Parallel()
	clouds, base := newClouds(t)
	j, step, env := begin(t, clouds, base, with(toBothClouds(), "aws-refresh", "true"))
	before := maps.Clone(j.Env)
	output, program := env["GITHUB_OUTPUT"], filepath.Join(j.Workspace(), "program")
	env["GITHUB_OUTPUT"] = "/dev/full"
	if err := syscall.Mkfifo(program, 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	code := make(chan int)
	go func() {
		lookup := func(name string) (string, bool) { value, ok := env[name]; return value, ok }
		code <- cli.Action{Stdout: &log, Lookup: lookup, WorkDir: j.Workspace(), Program: program}.Main(t.Context(), []string{"/sign-in"})
	}()
	pipe, err := os.OpenFile(program, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(j.Temp(), "gha-creds-*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("while the program is copied: got credentials files %q, error %v", files, err)
	}
	aside := filepath.Join(j.Workspace(), "aside")
	if err := errors.Join(os.Rename(files[0], aside), os.Mkdir(files[0], 0o700), pipe.Close()); err != nil {
		t.Fatal(err)
	}
	if code := <-code; code != 1 || !strings.Contains(log.String(), "is not the file that was made; it is left in place") {
		t.Errorf("sign-in: got exit code %d, and the log\n%s", code, &log)
	}

	env["GITHUB_OUTPUT"] = output
	if err := errors.Join(os.Remove(files[0]), os.Rename(aside, files[0]), step.End()); err != nil {
		t.Fatal(err)
	}
	if log := signOut(t, step); !strings.Contains(log, "Removed Google's credentials file\n") {
		t.Errorf("sign-out: got the log\n%s", log)
	}
	nothingLeft(t, j, step, before)
}

// trigger calls a function at the nth mask.
type trigger struct {
	io.Writer
	masks int
	then  func()
}

func (w *trigger) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, []byte("::add-mask::")) {
		if w.masks--; w.masks == 0 {
			w.then()
		}
	}
	return w.Writer.Write(p)
}

// breaking fails at the nth mask.
type breaking struct {
	io.Writer
	masks int
}

func (w *breaking) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, []byte("::add-mask::")) {
		if w.masks--; w.masks <= 0 {
			return 0, errors.New("broken pipe")
		}
	}
	return w.Writer.Write(p)
}
