//go:build e2e

package e2e

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// whoami builds the later step of that name, once.
var whoami = sync.OnceValues(func() ([]byte, error) { return built("whoami") })

// built is a program of this folder's, linked statically.
func built(name string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "gatepass-e2e-")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, name)
	cmd := exec.CommandContext(context.Background(), "go", "build", "-o", path, "./"+name)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	_, err = output(cmd)
	program, readErr := os.ReadFile(path)
	return program, errors.Join(err, readErr, os.RemoveAll(dir))
}

// checkoutWhoami puts the program into a folder of the runner's.
func checkoutWhoami(t *testing.T, dir string) {
	t.Helper()
	program, err := whoami()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "whoami"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	giveToRunner(t, dir)
}

// checkIdentities wants what whoami has printed to be these sessions of AWS's, and behind them tokens of this world's Google.
func checkIdentities(t *testing.T, w world, printed string, sessions []string, tokens int) {
	t.Helper()
	digests := map[string]bool{}
	for _, secret := range w.Secrets() {
		digests[fmt.Sprintf("%x", sha256.Sum256([]byte(secret)))] = true
	}
	lines := strings.Split(printed, "\n")
	if len(lines) != len(sessions)+tokens {
		t.Fatalf("whoami prints\n%s\nwant %d lines", printed, len(sessions)+tokens)
	}
	for i, line := range lines {
		if i < len(sessions) {
			if line != sessions[i] {
				t.Errorf("whoami prints %q, want %q", line, sessions[i])
			}
			continue
		}
		digest, isGoogle := strings.CutPrefix(line, "Google: ")
		if !isGoogle || !digests[digest] {
			t.Errorf("whoami prints %q, which is no token of this world's", line)
		}
	}
}
