// Gatepass's tool for your own machine: it tries the action out, without a cloud and without Docker, and checks trust policies.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"gatepass/pkg/awsrefresh"
	"gatepass/pkg/cli"
	"gatepass/pkg/untrusted"
)

// The exit codes, which are those of linters such as actionlint.
const (
	exitOK       = 0
	exitProblems = 1 // a check has found something, a stage of the demo has failed
	exitUsage    = 2 // the command line is wrong
	exitFailure  = 3 // a check could not be made
)

// codeError is an error that has an exit code of its own. One without a text was told already.
type codeError struct {
	error
	code int
}

func usageError(faults ...error) error { return &codeError{cleanly(faults), exitUsage} }

// cleanly joins errors that quote what a stranger may have written: in a workflow, a branch's name can be an argument.
func cleanly(faults []error) error {
	clean := make([]error, len(faults))
	for i, fault := range faults {
		clean[i] = errors.New(untrusted.Line(fault.Error()))
	}
	return errors.Join(clean...)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, root())
	stop()
	os.Exit(code)
}

// run runs a command, prints its error, once, and returns the exit code.
func run(ctx context.Context, command *cobra.Command) int {
	started := false
	command.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	err := command.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	code := exitProblems
	if coded := (*codeError)(nil); errors.As(err, &coded) {
		err, code = coded.error, coded.code
	} else if !started {
		// cobra refuses flags, arguments and the names of commands before it starts one.
		code = exitUsage
	}
	if err.Error() != "" {
		for line := range strings.SplitSeq("gatepass: "+cli.Message(err), "\n") {
			fmt.Fprintln(command.ErrOrStderr(), untrusted.Inert(line))
		}
	}
	return code
}

func root() *cobra.Command {
	command := &cobra.Command{
		Use:   "gatepass",
		Short: "Try Gatepass, the sign-in action for AWS and Google Cloud, on your own machine.",
		// run prints the error, once.
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	command.AddCommand(demoCommand(), sandboxCommand(), checkCommand(), setupCommand(), credentialProcessCommand())
	return command
}

// credentialProcessCommand is what the copy of this program is started with that the demonstration's step leaves for aws-refresh.
func credentialProcessCommand() *cobra.Command {
	return &cobra.Command{
		Use:    awsrefresh.Argument + " [session]",
		Hidden: true,
		Args:   cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			return cli.CredentialProcess(command.Context(), strings.Join(args, ""))
		},
	}
}
