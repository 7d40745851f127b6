//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// dockerPath is where the packages of Debian and of hosted runners put the client. A second client, earlier in PATH, may lack the
// plugins that its builder needs.
const dockerPath = "/usr/bin/docker"

// repository is the folder of the action: its action.yml, its Dockerfile and all that the image is built from.
const repository = ".."

// scratch is a folder that lasts as long as the tests.
var scratch string

func TestMain(m *testing.M) {
	err := ready(context.Background())
	if err == nil {
		scratch, err = os.MkdirTemp("", "gatepass-e2e-")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(scratch); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
	}
	os.Exit(code)
}

// ready tells what this machine lacks.
func ready(ctx context.Context) error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("these tests play a runner of another user: run them as root")
	}
	if version, err := output(exec.CommandContext(ctx, dockerPath, "version", "--format", "{{.Server.Version}}")); err != nil {
		return fmt.Errorf("these tests need Docker: %w", err)
	} else if version == "" {
		return fmt.Errorf("these tests need Docker, and no engine answers %s", dockerPath)
	}
	return ensureBaseImage(ctx)
}

// output runs the command and returns what it printed; the error has what it printed on standard error.
func output(cmd *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s%s", strings.Join(cmd.Args, " "), err, &stdout, &stderr)
	}
	return strings.TrimSpace(stdout.String()), nil
}

// docker runs one command of the client and returns what it printed.
func docker(t testing.TB, args ...string) string {
	t.Helper()
	text, err := output(exec.CommandContext(t.Context(), dockerPath, args...))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
