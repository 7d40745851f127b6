package cli_test

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"gatepass/pkg/cli"
	"gatepass/pkg/sandbox/job"
)

// crash is a fault of the action's own, somewhere in a sign-in to both clouds.
type crash struct {
	variable string // where the action panics when it reads this one
	line     string // or when it writes this line
	with     any    // what it panics with
	want     string // the error
	exported bool   // the outputs are out by then
}

// Neither what the action panics with nor a trace reaches the log, and the end of the job removes what is there by then.
func TestAPanicIsAnError(t *testing.T) {
	t.Parallel()
	const said = "::set-output name=x::1\n##[add-mask]x: wJalrXUtnFEMI"
	const what = `a panic of type string`
	for name, test := range map[string]crash{
		"before the first request":   {variable: "INPUT_AWS-REGION", with: said, want: what},
		"with an error":              {variable: "INPUT_AWS-REGION", with: errors.New(said), want: `a panic of type \*errors\.errorString`},
		"of Go's own":                {variable: "INPUT_AWS-REGION", want: `runtime error: index out of range \[3\] with length 0`},
		"in the goroutine of AWS":    {variable: "GITHUB_RUN_ATTEMPT", with: said, want: what},
		"in the goroutine of Google": {line: "::add-mask::ya29.", with: said, want: what},
		"when all is exported":       {line: "AWS: signed in as", with: said, want: what, exported: true},
	} {
		t.Run(name, test.run)
	}
}

func (test crash) panic() {
	if test.with == nil {
		_ = []string{}[len(test.variable[:3])]
	}
	panic(test.with)
}

// lookup reads an environment, and panics at a variable.
func (test crash) lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if name == test.variable {
			test.panic()
		}
		value, ok := env[name]
		return value, ok
	}
}

// panicking writes a log, and panics at a line.
type panicking struct {
	io.Writer
	crash
}

func (w panicking) Write(p []byte) (int, error) {
	if w.line != "" && bytes.HasPrefix(p, []byte(w.line)) {
		w.panic()
	}
	return w.Writer.Write(p)
}

func (test crash) run(t *testing.T) {
	t.Parallel()
	clouds, base := newClouds(t)
	inputs := toAWS("aws-profile", "deploy")
	inputs["workload_identity_provider"] = "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo"
	j, step, env := begin(t, clouds, base, inputs)
	before := maps.Clone(j.Env)
	var log bytes.Buffer
	action := cli.Action{Stdout: panicking{&log, test}, Lookup: test.lookup(env), WorkDir: j.Workspace()}
	if code := action.Main(t.Context(), []string{"/sign-in"}); code != 1 {
		t.Errorf("got exit code %d, want 1", code)
	}
	var others []job.Command
	for _, command := range job.Commands(log.String()) {
		if command.Name != "add-mask" {
			others = append(others, command)
		}
	}
	want := regexp.MustCompile(`^(?:AWS, role \S+: |Google Cloud, a principal of \S+: )?the action itself has a fault: ` + test.want + `, at gatepass/pkg/cli_test\.crash\.panic \(panic_test\.go:[0-9]+\)\. Please report this line to those who publish the action$`)
	if len(others) != 1 || others[0].Name != "error" || !want.MatchString(others[0].Message) {
		t.Errorf("the log has the commands %q, want the error %s", others, want)
	}
	if strings.Contains(log.String(), "wJalrXUtnFEMI") || strings.Contains(log.String(), "goroutine ") {
		t.Errorf("the log shows the panic:\n%s", &log)
	}
	if err := step.End(); err != nil {
		t.Fatal(err)
	}

	signOut(t, step)
	maps.DeleteFunc(j.Env, func(_, value string) bool { return value == "" })
	delete(before, "AWS_ACCESS_KEY_ID") // of an earlier step; if this one's took its place, it is empty now
	delete(j.Env, "AWS_ACCESS_KEY_ID")
	if test.exported {
		clear(step.Outputs)
	}
	nothingLeft(t, j, step, before)
}

// Where nobody can recover, Go prints a trace to standard error and ends the program. None of that reaches the log.
func TestACrashPrintsNothing(t *testing.T) {
	t.Parallel()
	asked := make(chan bool)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- true
		<-r.Context().Done()
	}))
	defer server.Close()
	clouds, base := newClouds(t)
	_, _, env := begin(t, clouds, base, toAWS("disable-retry", "true"))
	env["ACTIONS_ID_TOKEN_REQUEST_URL"] = server.URL
	cmd := exec.CommandContext(t.Context(), "sign-in")
	cmd.Env = environ(env)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-asked
	if err := cmd.Process.Signal(syscall.SIGQUIT); err != nil { // has Go crash, trace and all
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the program has not crashed")
	}
	if stderr.Len() > 0 || strings.Contains(stdout.String(), "goroutine ") {
		t.Errorf("on standard error is %q, on standard output %q", &stderr, &stdout)
	}
}
