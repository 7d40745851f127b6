// The action's program: a workflow's step, and what undoes it when the job ends.
package main

import (
	"os"

	// Later steps start this program in containers that may hold no certificates, for aws-refresh. These are Mozilla's; where there are
	// certificates, they come first.
	_ "golang.org/x/crypto/x509roots/fallback"

	"gatepass/pkg/cli"
)

func main() { os.Exit(cli.Main()) }
