//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"
)

// Actions Runner Controller in kubernetes mode starts a pod with an image's tail, and in it tar and sh:
// https://github.com/actions/runner-container-hooks, packages/k8s/src/hooks/run-container-step.ts. The last one tells what is wrong.
func TestKubernetesMode(t *testing.T) {
	t.Parallel()
	for builder := range images {
		t.Run(builder, func(t *testing.T) {
			t.Parallel()
			pod := docker(t, "run", "--detach", "--label", "gatepass-e2e", "--workdir", "/__w", "--entrypoint", "tail", image(t, builder), "-f", "/dev/null")
			t.Cleanup(func() {
				if _, err := output(exec.CommandContext(context.Background(), dockerPath, "rm", "--force", pod)); err != nil {
					t.Error(err)
				}
			})
			for _, command := range [][]string{
				{"tar", "xf", "-", "-C", "/__w"},
				{"sh", "-c", "tar xf - --no-same-owner -C /__w 2>/dev/null"},
				{"sh", "-e", "/__w/_temp/step.sh"},
			} {
				var stdout, stderr bytes.Buffer
				cmd := exec.CommandContext(t.Context(), dockerPath, append([]string{"exec", "--interactive", pod}, command...)...)
				cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader("the archive"), &stdout, &stderr
				err := cmd.Run()
				if code := cmd.ProcessState.ExitCode(); code != 1 || stderr.Len() > 0 || !strings.HasPrefix(stdout.String(), "::error::this runner is Actions Runner Controller in kubernetes mode, ") {
					t.Errorf("%s: got exit code %d, error %v, on standard output %q, on standard error %q", command, code, err, &stdout, &stderr)
				}
			}
			docker(t, "stop", "--time", "60", pod)
			if code := docker(t, "inspect", "--format", "{{.State.ExitCode}}", pod); code != "0" {
				t.Errorf("tail: got exit code %s, want 0: was it killed?", code)
			}
		})
	}
}
