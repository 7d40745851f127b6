package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gatepass/pkg/awsrefresh"
	"gatepass/pkg/untrusted"
)

// CredentialProcess is for the copy of the program that a step has left beside an AWS profile: an SDK has started it and wants credentials.
// They alone go to standard output. The error is one line, and is for standard error.
func CredentialProcess(ctx context.Context) error {
	if err := harden(); err != nil {
		return err
	}
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
