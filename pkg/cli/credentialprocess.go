package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gatepass/pkg/awsrefresh"
	"gatepass/pkg/step"
	"gatepass/pkg/untrusted"
)

// CredentialProcess is for the copy of the program that a step has left beside an AWS profile: an SDK has started it and wants credentials,
// of the named session where the step has left several. They alone go to standard output. The error is one line, and is for standard error.
func CredentialProcess(ctx context.Context, session string) (err error) {
	defer step.Recover(&err)
	program, err := os.Executable()
	if err != nil {
		return err
	}
	document, err := awsrefresh.Process{Folder: filepath.Join(filepath.Dir(program), session), Getenv: os.Getenv, Now: time.Now}.Document(ctx)
	if err != nil {
		return fmt.Errorf("the AWS credentials cannot be renewed: %s", untrusted.Line(err.Error()))
	}
	_, err = os.Stdout.Write(append(document, '\n'))
	return err
}

// credentialProcess returns the exit code. It does nothing if something is wrong already.
func credentialProcess(ctx context.Context, args []string, stderr io.Writer, err error) int {
	if err == nil {
		err = CredentialProcess(ctx, strings.Join(args, ""))
	}
	if err != nil {
		fmt.Fprintln(stderr, "gatepass:", err)
		return exitFailed
	}
	return exitOK
}
