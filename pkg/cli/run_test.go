package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/rogpeppe/go-internal/testscript"
)

// runStep runs a later step. Negated, it has to fail.
func runStep(ts *testscript.TestScript, negated bool, args []string) {
	w := ts.Value("world").(*world)
	env := maps.Clone(w.job.Env)
	maps.Copy(env, w.job.Context)
	cmd := exec.Command("sh", "-euc", strings.Join(args, " ")) //nolint:noctx // testscript ends what hangs
	cmd.Dir = w.job.Workspace()
	cmd.Env = append(environ(env), "PATH="+w.bin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	failed := cmd.Run() != nil
	_, err := fmt.Fprint(ts.Stdout(), w.show(w.job.Mask(stdout.String())))
	ts.Check(err)
	_, err = fmt.Fprint(ts.Stderr(), w.show(stderr.String()))
	ts.Check(err)
	ts.Check(w.noSecretIn(stderr.Bytes())) // standard output of aws-refresh is for an SDK, which gets credentials there
	if failed != negated {
		ts.Fatalf("the step failed: %v", failed)
	}
}

// awsSDK is a program that finds AWS's credentials as any program with AWS's SDK does.
func awsSDK() {
	ctx := context.Background()
	settings, err := config.LoadDefaultConfig(ctx)
	if err == nil {
		var identity *sts.GetCallerIdentityOutput
		if identity, err = sts.NewFromConfig(settings).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}); err == nil {
			fmt.Println(aws.ToString(identity.Arn))
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
