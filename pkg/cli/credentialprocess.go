package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"gatepass/pkg/awsrefresh"
	"gatepass/pkg/step"
	"gatepass/pkg/untrusted"
)

// CredentialProcess is for the copy of the program that a step has left beside an AWS profile: an SDK has started it and wants credentials.
// They alone go to standard output. The error is one line, and is for standard error.
func CredentialProcess(ctx context.Context) (err error) {
	defer step.Recover(&err)
	program, err := os.Executable()
	if err != nil {
		return err
	}
	document, err := awsrefresh.Process{Folder: filepath.Dir(program), Getenv: os.Getenv, Now: time.Now}.Document(ctx)
	if err != nil {
		return fmt.Errorf("the AWS credentials cannot be renewed: %s", untrusted.Line(err.Error()))
	}
	_, err = os.Stdout.Write(append(document, '\n'))
	return err
}

// credentialProcess returns the exit code. It does nothing if something is wrong already.
func credentialProcess(ctx context.Context, stderr io.Writer, err error) int {
	if err == nil {
		err = CredentialProcess(ctx)
	}
	if err != nil {
		fmt.Fprintln(stderr, "gatepass:", err)
		return exitFailed
	}
	return exitOK
}
