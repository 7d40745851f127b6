// The action's program: a workflow's step, and what undoes it when the job ends.
package main

import (
	"os"

	// The image holds no file with certificates, and later steps start this program in containers that may hold none, for aws-refresh.
	// These are Mozilla's, at a version that go.sum pins; a file that the runner names by SSL_CERT_FILE or SSL_CERT_DIR comes first.
	_ "golang.org/x/crypto/x509roots/fallback"

	"gatepass/pkg/cli"
)

func main() { os.Exit(cli.Main()) }
