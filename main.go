// The action's program: a workflow's step, and what undoes it when the job ends.
package main

import (
	"os"

	"gatepass/pkg/cli"
)

func main() { os.Exit(cli.Main()) }
