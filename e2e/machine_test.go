//go:build e2e

package e2e

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gatepass/pkg/sandbox/job"
)

// runnerID is the user and the group of the runner on GitHub's machines. Docker actions run as root there, too.
const runnerID = 1001

// machine is a runner's machine with one job on it, whose folders belong to the runner.
type machine struct {
	*job.Job
	dir string
	// container is the ID of the job's container. It is empty where the steps run on the machine itself.
	container string
	// user is the user of that container, as `options: --user` sets it. It is empty for the image's.
	user string
	// mounts are those of Docker actions.
	mounts mounts
	// network is where the steps run; nil is where Docker and the machine have them.
	network *network
	// engine starts the action's containers.
	engine func(context.Context, container, io.Writer) (code int, err error)
}

func newMachine(t testing.TB) *machine {
	t.Helper()
	dir := folder(t)
	j, err := job.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	giveToRunner(t, dir)
	return &machine{Job: j, dir: dir, engine: startContainer, mounts: mounts{
		{j.CommandFiles(), "/github/file_commands"},
		{j.Workflow(), "/github/workflow"},
		{j.Home(), "/github/home"},
		{j.Workspace(), "/github/workspace"},
		{j.Temp(), "/github/runner_temp"},
	}}
}

// folder makes a folder that the runner can reach: those of the testing package lie in one that is root's alone.
func folder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func giveToRunner(t testing.TB, dir string) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, runnerID, runnerID)
	}); err != nil {
		t.Fatal(err)
	}
}

// asRunner is the command line of a program that the runner starts as its own user, in none but the given groups of the machine.
func asRunner(groups string, command ...string) []string {
	id := strconv.Itoa(runnerID)
	return append([]string{"setpriv", "--reuid", id, "--regid", id, "--groups", groups}, command...)
}

// files lists what lies in the job's folders: mode, owner and path of each.
func (m *machine) files(t *testing.T) []string {
	t.Helper()
	return find(t, m.dir, "-printf", "%M %U:%G %P\\n")
}

// notTheRunners lists folders that are not the runner's.
func (m *machine) notTheRunners(t *testing.T) []string {
	t.Helper()
	return find(t, m.dir, "-type", "d", "-not", "-uid", strconv.Itoa(runnerID))
}

// commandFiles lists the files of a stage, such as GITHUB_ENV: inode, mode, owner and path of each. The runner's user must be able to read
// them.
func (m *machine) commandFiles(t *testing.T) []string {
	t.Helper()
	line := asRunner("1001", "sh", "-c", "cat "+m.CommandFiles()+"/*")
	if _, err := output(exec.CommandContext(t.Context(), line[0], line[1:]...)); err != nil {
		t.Errorf("the runner cannot read a command file: %v", err)
	}
	return find(t, m.CommandFiles(), "-printf", "%i %M %U:%G %P\\n")
}

// checkEmptied has the runner's user empty the job's folders, as the runner does before the next job. A folder of root's keeps it from
// that, which ends the use of a self-hosted runner: https://github.com/actions/runner/issues/434
func (m *machine) checkEmptied(t *testing.T) {
	t.Helper()
	m.hostStep(t, `rm -rf -- "$RUNNER_TEMP" "$GITHUB_WORKSPACE"`)
	for _, folder := range []string{m.Temp(), m.Workspace()} {
		if _, err := os.Lstat(folder); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the runner has not emptied %s, error %v", folder, err)
		}
	}
}

func find(t *testing.T, dir string, expression ...string) []string {
	t.Helper()
	printed, err := output(exec.CommandContext(t.Context(), "find", append([]string{dir}, expression...)...))
	if err != nil {
		t.Fatal(err)
	}
	if printed == "" {
		return nil
	}
	lines := strings.Split(printed, "\n")
	slices.Sort(lines)
	return lines
}
