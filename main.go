// The action's program: a workflow's step, and what undoes it when the job ends.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"gatepass/pkg/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	workDir, _ := os.Getwd() // empty where it has vanished; then files go elsewhere
	code := cli.Action{Stdout: os.Stdout, Lookup: os.LookupEnv, WorkDir: workDir}.Main(ctx, os.Args)
	stop()
	os.Exit(code)
}
