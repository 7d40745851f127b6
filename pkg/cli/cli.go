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
	"strings"
	"syscall"

	"gatepass/pkg/credfile"
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := harden(); err != nil {
		fmt.Fprintln(os.Stdout, "::error::"+err.Error())
		return exitFailed
	}
	workDir, _ := os.Getwd() // empty where it has vanished; then files go elsewhere
	return Action{Stdout: os.Stdout, Lookup: os.LookupEnv, WorkDir: workDir}.Main(ctx, os.Args)
}

// harden takes from an earlier step, which can set any variable, what it could make libraries do with this one's secrets.
func harden() error {
	// With GODEBUG=http2debug=2, net/http logs requests and answers to standard error, which the runner reads as it reads the log.
	log.SetOutput(io.Discard)
	// With true, Google's libraries start a program that a file in the job's home names, to get at a client certificate.
	return os.Setenv("GOOGLE_API_USE_CLIENT_CERTIFICATE", "false")
}

// Action is the program of the action, apart from the process.
type Action struct {
	// Stdout takes the log, all of it: what went to standard error could overtake a mask.
	Stdout io.Writer
	// Lookup reads the environment.
	Lookup inputs.Lookup
	// WorkDir is the working directory.
	WorkDir string
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

func (a Action) run(ctx context.Context, log *runner.Log, stage string, args []string) error {
	if stage != SignIn && stage != SignOut {
		return errors.New("this is the program of the Gatepass action; its stages are called /sign-in and /sign-out. For your own machine there is `go run ./cmd/gatepass help`")
	}
	process, err := a.process(args)
	if err != nil {
		return err
	}
	s := step.Step{Lookup: a.Lookup, Log: log, Process: process}
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
		InContainer:    len(args) > 0,
		HostTemp:       strings.TrimPrefix(*temp, "host:"),
		HostWorkspace:  strings.TrimPrefix(*workspace, "host:"),
		InJobContainer: *jobContainer != "",
	}, nil
}
