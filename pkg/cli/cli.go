// Package cli is what a main package needs around the action: its streams, its arguments, its exit code, and how it says what went wrong.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"gatepass/pkg/awsrefresh"
	"gatepass/pkg/credfile"
	"gatepass/pkg/httpclient"
	"gatepass/pkg/inputs"
	"gatepass/pkg/runner"
	"gatepass/pkg/step"
)

// The exit codes. A runner knows no others: a step has succeeded or failed.
const (
	exitOK     = 0
	exitFailed = 1
)

// The names under which the action's program is started, as action.yml has them.
const (
	SignIn  = "sign-in"
	SignOut = "sign-out"
)

// Main is the whole of the action's main function: the process, and what it hands to an Action. It returns the exit code.
func Main() int {
	debug.SetGCPercent(400) // it ends before there is garbage worth the time; a sign-in is 5 ms quicker
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	stderr, err := harden()
	if len(os.Args) > 1 && os.Args[1] == awsrefresh.Argument {
		return credentialProcess(ctx, os.Args[2:], stderr, err)
	}
	if err != nil {
		fmt.Fprintln(os.Stdout, "::error::"+err.Error())
		return exitFailed
	}
	workDir, _ := os.Getwd()      // empty where it has vanished; then files go elsewhere
	program, _ := os.Executable() // empty where it cannot be told; then there is no aws-refresh
	return Action{Stdout: os.Stdout, Lookup: os.LookupEnv, WorkDir: workDir, Program: program}.Main(ctx, os.Args)
}

// harden keeps everything off standard error, which the runner obeys as it does the log, and takes from an earlier step, which can set any
// variable, what it could make libraries do with this one's secrets. It returns another way to standard error, for what this program itself
// has to say there.
func harden() (stderr io.Writer, err error) {
	// A library may log requests and answers, at the word of a variable such as GODEBUG.
	log.SetOutput(io.Discard)
	// What nobody recovers from, such as a panic in a library's own goroutine, prints values of any origin. The exit code tells enough.
	another, err := unix.Dup(int(os.Stderr.Fd()))
	if err != nil {
		return os.Stderr, fmt.Errorf("silence standard error: %w", err)
	}
	unix.CloseOnExec(another)
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err == nil {
		err = unix.Dup2(int(nowhere.Fd()), int(os.Stderr.Fd()))
	}
	if err != nil {
		return os.Stderr, fmt.Errorf("silence standard error: %w", err)
	}
	return os.NewFile(uintptr(another), "standard error"), errors.Join(
		// With true, Google's libraries start a program that a file in the job's home names, to get at a client certificate.
		os.Setenv("GOOGLE_API_USE_CLIENT_CERTIFICATE", "false"),
		// An AWS profile may name a program, which the SDK starts by the first sh in PATH. The image has none; a checkout may.
		os.Unsetenv("PATH"),
	)
}

// Action is the program of the action, apart from the process.
type Action struct {
	// Stdout takes the log, all of it: what went to standard error could overtake a mask.
	Stdout io.Writer
	// Lookup reads the environment.
	Lookup inputs.Lookup
	// WorkDir is the working directory.
	WorkDir string
	// Program is the path of this program. Needed for aws-refresh alone.
	Program string
	// Dial opens connections. Defaults to the network.
	Dial httpclient.Dial
}

// Main runs the stage that args[0] names, with the arguments of action.yml, and returns the exit code.
func (a Action) Main(ctx context.Context, args []string) int {
	log := runner.NewLog(a.Stdout)
	err := a.run(ctx, log, filepath.Base(args[0]), args[1:])
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil {
		err = errors.New("the step was cancelled")
	}
	for _, text := range annotations(err) {
		log.Error(text)
	}
	return exitFailed
}

func (a Action) run(ctx context.Context, log *runner.Log, stage string, args []string) (err error) {
	defer step.Recover(&err)
	switch stage {
	case SignIn, SignOut:
	case tail:
		<-ctx.Done()
		return nil
	case sh, tar:
		return errKubernetes
	default:
		return errors.New("this is the program of the Gatepass action; its stages are called /sign-in and /sign-out. For your own machine there is `go run ./cmd/gatepass help`")
	}
	process, err := a.process(args)
	if err != nil {
		return err
	}
	s := step.Step{Lookup: a.Lookup, Log: log, Process: process, Program: a.Program, Dial: a.Dial}
	if stage == SignOut {
		return s.SignOut()
	}
	return s.SignIn(ctx)
}

func (a Action) getenv(name string) string {
	value, _ := a.Lookup(name)
	return value
}

// process reads the arguments. They are there in an action's container only, with what the runner knows about its host.
func (a Action) process(args []string) (credfile.Process, error) {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	workspace := flags.String("host-workspace", "", "")
	temp := flags.String("host-temp", "", "")
	jobContainer := flags.String("job-container", "", "")
	if err := flags.Parse(args); err != nil {
		return credfile.Process{}, err
	}
	return credfile.Process{
		Getenv:         a.getenv,
		WorkDir:        a.WorkDir,
		InContainer:    len(args) > 0 || credfile.InActionsContainer(a.getenv), // docker:// has no arguments
		HostTemp:       strings.TrimPrefix(*temp, "host:"),
		HostWorkspace:  strings.TrimPrefix(*workspace, "host:"),
		InJobContainer: *jobContainer != "",
	}, nil
}
