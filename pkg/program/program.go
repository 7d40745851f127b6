// Package program is what the programs for people and for CI have around their commands: exit codes, and how they say what went wrong.
package program

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"gatepass/pkg/fault"
	"gatepass/pkg/untrusted"
)

// The exit codes, which are those of linters such as actionlint.
const (
	OK       = 0
	Problems = 1 // a check has found something, a stage of the demo has failed
	Usage    = 2 // the command line is wrong
	Failure  = 3 // a check could not be made
)

// Error is an error that has an exit code of its own. One without a text was told already.
type Error struct {
	error
	Code int
}

// NewError makes an error of an exit code out of faults that may quote what a stranger has written: in a workflow, a branch's name can be
// an argument. Without faults, they were told already.
func NewError(code int, faults ...error) error {
	if len(faults) == 0 {
		return &Error{errors.New(""), code}
	}
	var clean []error
	for _, one := range fault.Split(errors.Join(faults...)) {
		clean = append(clean, errors.New(untrusted.Line(one.Error())))
	}
	return &Error{errors.Join(clean...), code}
}

// UsageError says what is wrong with a command line.
func UsageError(faults ...error) error { return NewError(Usage, faults...) }

// Root is the command gatepass, of which a program has some commands or all.
func Root(short string, commands ...*cobra.Command) *cobra.Command {
	root := &cobra.Command{
		Use:   "gatepass",
		Short: short,
		// Run prints the error, once.
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.AddCommand(commands...)
	return root
}

// Main runs a program until it is done or told to stop, and returns its exit code.
func Main(root *cobra.Command) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return Run(ctx, root)
}

// Run runs a command, prints its error, once, and returns the exit code.
func Run(ctx context.Context, command *cobra.Command) int {
	started := false
	command.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	called, err := command.ExecuteContextC(ctx)
	if err == nil {
		return OK
	}
	code := Problems
	if coded := (*Error)(nil); errors.As(err, &coded) {
		err, code = coded.error, coded.Code
	} else if !started {
		// cobra refuses flags, arguments and the names of commands before it starts one.
		code = Usage
		err = fmt.Errorf("%s\n%s --help says how it is called", strings.TrimSpace(err.Error()), called.CommandPath())
	}
	if err.Error() != "" {
		for line := range strings.SplitSeq("gatepass: "+fault.Message(err), "\n") {
			fmt.Fprintln(command.ErrOrStderr(), untrusted.Inert(line))
		}
	}
	return code
}
