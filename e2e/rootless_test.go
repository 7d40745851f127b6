//go:build e2e

package e2e

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// On a rootless engine a container's root is the runner's user, and all that is the runner's looks like root's to it:
// https://docs.docker.com/engine/security/rootless/. The files must be the runner's on the machine all the same, and no warning must say
// that they are not.
func TestSignInOnARootlessEngine(t *testing.T) {
	t.Parallel()
	w, m := newWorld(t), newMachine(t)
	w.permit(m)
	checkoutWhoami(t, m.Workspace())
	m.engine = inNamespace(t, image(t, "legacy"), runnerID)
	environment, files := maps.Clone(m.Env), m.files(t)
	step := m.use(t, image(t, "legacy"), "signin", withProfile(toBothClouds()))

	code, log := step.main(t.Context(), t)
	if code != 0 {
		t.Fatalf("main: got exit code %d, want 0", code)
	}
	if strings.Contains(log, "Warning: ") {
		t.Error("the log warns")
	}
	checkIdentities(t, w, m.hostStep(t, "./whoami --profile deploy"), sessions[:2], 1)
	if owners := m.hostStep(t, `stat -c '%a %u:%g' "$GOOGLE_APPLICATION_CREDENTIALS" "$AWS_CONFIG_FILE"`); owners != "600 1001:1001\n600 1001:1001" {
		t.Errorf("modes and owners of the files are\n%s", owners)
	}
	var printed strings.Builder
	whoami := container{entrypoint: "/github/workspace/whoami", args: []string{"--profile", "deploy"}, mounts: m.mounts, env: m.env()}
	if code, err := m.engine(t.Context(), whoami, &printed); code != 0 || err != nil {
		t.Errorf("a later Docker action: got exit code %d, error %v, and\n%s", code, err, printed.String())
	}
	checkIdentities(t, w, strings.TrimSpace(printed.String()), sessions[:2], 1)

	if code, _ := step.post(t); code != 0 {
		t.Errorf("post: got exit code %d, want 0", code)
	}
	checkNothingLeft(t, m, environment, files)
	m.checkEmptied(t)
}

// With userns-remap a container's root is nobody that the runner knows. It can write nothing of the runner's, and the step says so before
// it asks anyone for credentials.
func TestSignInWithUsernsRemap(t *testing.T) {
	t.Parallel()
	w, m := newWorld(t), newMachine(t)
	w.permit(m)
	m.engine = inNamespace(t, image(t, "legacy"), 100_000)
	environment, files := maps.Clone(m.Env), m.files(t)
	step := m.use(t, image(t, "legacy"), "signin", withProfile(toBothClouds()))
	code, log := step.main(t.Context(), t)
	if want := "environment variable GITHUB_ENV: open /github/file_commands/env_signin: permission denied"; code != 1 || !strings.Contains(log, want) {
		t.Errorf("main: got exit code %d, want 1, and %q in the log", code, want)
	}
	checkNothingLeft(t, m, environment, files)
}

// inNamespace is an engine for containers of an image. It runs them in a namespace whose root is another user of the machine.
func inNamespace(t *testing.T, image string, user int) func(context.Context, container, io.Writer) (int, error) {
	t.Helper()
	root := folder(t)
	created := docker(t, "create", image)
	archive := filepath.Join(folder(t), "image.tar")
	docker(t, "export", "--output", archive, created)
	docker(t, "rm", created)
	if _, err := output(exec.CommandContext(t.Context(), "tar", "--extract", "--file", archive, "--directory", root)); err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context, c container, log io.Writer) (int, error) {
		var script strings.Builder
		for _, mount := range c.mounts {
			if err := os.MkdirAll(filepath.Join(root, mount.container), 0o755); err != nil {
				return 0, err
			}
			script.WriteString("mount --rbind '" + mount.host + "' '" + root + mount.container + "'\n")
		}
		script.WriteString(`exec chroot "$0" "$@"`) // by bash, since dash drops variables with a hyphen, as inputs have
		giveToRunner(t, filepath.Join(root, "github"))
		cmd := exec.CommandContext(ctx, "bash", append([]string{"-euc", script.String(), root, c.entrypoint}, c.args...)...)
		for name, value := range c.env {
			cmd.Env = append(cmd.Env, name+"="+c.mounts.translate(value))
		}
		cmd.Env = append(cmd.Env, "PATH="+os.Getenv("PATH"))
		cmd.Stdout, cmd.Stderr = log, log
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: user, Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: user, Size: 1}},
			Credential:  &syscall.Credential{Uid: 0, Gid: 0, NoSetGroups: true},
		}
		err := cmd.Run()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = nil
		}
		return cmd.ProcessState.ExitCode(), err
	}
}
