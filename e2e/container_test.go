//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// mount is a folder of the host that a container sees at another path.
type mount struct{ host, container string }

type mounts []mount

// translate rewrites a value that is, or begins with, the path of a mounted folder, as ContainerInfo.TranslateToContainerPath does. The
// first mount that fits wins, so the inner folders come first.
func (m mounts) translate(value string) string {
	for _, mount := range m {
		if value == mount.host || strings.HasPrefix(value, mount.host+"/") {
			return mount.container + strings.TrimPrefix(value, mount.host)
		}
	}
	return value
}

// container is one `docker run` of the runner's.
type container struct {
	name       string // empty for one that the engine chooses
	user       string // empty for the image's
	network    string // empty for Docker's default
	image      string
	entrypoint string
	args       []string
	workdir    string
	mounts     mounts
	// env is translated for the container; args are not.
	env map[string]string
}

// command is the command line of DockerCommandManager.DockerRun. Values go through the client's own environment, as on the runner.
func (c container) command(ctx context.Context, log io.Writer) *exec.Cmd {
	args := []string{"run", "--label", "gatepass-e2e", "--workdir", c.workdir, "--rm"}
	env := os.Environ()
	for _, name := range slices.Sorted(maps.Keys(c.env)) {
		args = append(args, "-e", name)
		env = append(env, name+"="+c.mounts.translate(c.env[name]))
	}
	args = append(args, "-e", "GITHUB_ACTIONS=true")
	if _, ok := c.env["CI"]; !ok {
		args = append(args, "-e", "CI=true")
	}
	if c.name != "" {
		args = append(args, "--name", c.name)
	}
	if c.network != "" {
		args = append(args, "--network", c.network)
	}
	if c.user != "" {
		args = append(args, "--user", c.user)
	}
	args = append(args, "--entrypoint", c.entrypoint, "-v", "/var/run/docker.sock:/var/run/docker.sock")
	for _, mount := range c.mounts {
		args = append(args, "-v", mount.host+":"+mount.container)
	}
	args = append(append(args, c.image), c.args...)

	cmd := exec.CommandContext(ctx, dockerPath, args...)
	cmd.Env = env
	cmd.Stdout, cmd.Stderr = log, log
	// ProcessInvoker.cs asks politely first: an interrupt, 7.5 s later more.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = 7500 * time.Millisecond
	return cmd
}

// startContainer returns the exit code of the container's program. An error says that there is none: 125 to 127 are the client's own codes.
func startContainer(ctx context.Context, c container, log io.Writer) (int, error) {
	cmd := c.command(ctx, log)
	err := cmd.Run()
	code := cmd.ProcessState.ExitCode()
	if code < 0 || 125 <= code && code <= 127 {
		return code, fmt.Errorf("docker run %s %s: %w", c.image, c.entrypoint, err)
	}
	return code, nil
}
