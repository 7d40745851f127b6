//go:build e2e

package e2e

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// env is what the job's later steps get.
func (m *machine) env() map[string]string {
	env := maps.Clone(m.Env)
	maps.Copy(env, m.Context)
	return env
}

// hostStep runs a later `run:` step, and returns what it prints.
func (m *machine) hostStep(t *testing.T, script string) string {
	t.Helper()
	line := asRunner("1001", "sh", "-euc", script)
	if m.network != nil {
		line = m.network.line(line...)
	}
	cmd := exec.CommandContext(t.Context(), line[0], line[1:]...)
	cmd.Dir = m.Workspace()
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range m.env() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	text, err := output(cmd)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// dockerStep runs a later step that is a Docker action.
func (m *machine) dockerStep(t *testing.T, script string) string {
	t.Helper()
	env := m.env()
	env["HOME"] = m.Home()
	return shell(t, container{workdir: "/github/workspace", mounts: m.mounts, env: env, network: m.network.docker()}, script)
}

// containerStep runs a later `run:` step of a job that has a container, with the mounts of ContainerOperationProvider.cs.
func (m *machine) containerStep(t *testing.T, script string) string {
	t.Helper()
	return shell(t, container{user: m.user, workdir: "/__w/octo-repo/octo-repo", mounts: mounts{
		{m.Home(), "/github/home"},
		{m.Workflow(), "/github/workflow"},
		{m.dir, "/__w"},
	}, env: m.env()}, script)
}

// shell runs a script in a container.
func shell(t *testing.T, c container, script string) string {
	t.Helper()
	c.image, c.entrypoint, c.args = shellImage, "/bin/sh", []string{"-euc", script}
	var printed bytes.Buffer
	if code, err := startContainer(t.Context(), c, &printed); err != nil || code != 0 {
		t.Fatalf("exit code %d, error %v, output\n%s", code, err, &printed)
	}
	return strings.TrimSpace(printed.String())
}
