// Gatepass's tool for your own machine: it tries the action out, without a cloud and without Docker.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := root().ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gatepass:", err)
		os.Exit(1)
	}
}

func root() *cobra.Command {
	command := &cobra.Command{
		Use:   "gatepass",
		Short: "Try Gatepass, the sign-in action for AWS and Google Cloud, on your own machine.",
		// main prints the error, once.
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	command.AddCommand(demoCommand(), sandboxCommand(), setupCommand())
	return command
}
