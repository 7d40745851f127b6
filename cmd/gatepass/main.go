// Gatepass's tool for your own machine: it tries the action out, without a cloud and without Docker, and checks trust policies.
package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"gatepass/pkg/awsrefresh"
	"gatepass/pkg/check"
	"gatepass/pkg/cli"
	"gatepass/pkg/program"
)

func main() { os.Exit(program.Main(root())) }

func root() *cobra.Command {
	return program.Root("Try Gatepass, the sign-in action for AWS and Google Cloud, on your own machine.",
		demoCommand(), sandboxCommand(), check.Command(), setupCommand(), credentialProcessCommand())
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
