//go:build e2e

package e2e

import (
	"bytes"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// start runs a server in the network until the test ends.
func (n *network) start(t *testing.T, log io.Writer, command ...string) {
	t.Helper()
	line := n.line(command...)
	cmd := exec.CommandContext(t.Context(), line[0], line[1:]...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// record is what servers print, among it a line for each request.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// newRecord makes one that a test shows if it fails.
func newRecord(t *testing.T) *record {
	t.Helper()
	r := new(record)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(r)
		}
	})
	return r
}

func (r *record) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(text)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// requests is how many have asked STS for a session or who they are.
func (r *record) requests() int { return strings.Count(r.String(), "| vgw-iam |") }
