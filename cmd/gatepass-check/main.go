// The program of the action OWNER/gatepass/check: gatepass, without what only a person's own machine needs. A workflow that signs in
// fetches the whole release, so this is small.
package main

import (
	"os"

	"gatepass/pkg/check"
	"gatepass/pkg/program"
)

func main() {
	os.Exit(program.Main(program.Root("Check trust policies for AWS and Google Cloud.", check.Command())))
}
