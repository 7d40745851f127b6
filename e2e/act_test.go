//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// act is a runner that no one here wrote: https://github.com/nektos/act. It is built and cached outside of this module, which does not
// depend on it.
const actVersion = "v0.2.87"

func actPath(t *testing.T) string {
	t.Helper()
	return installed(t, "github.com/nektos/act", actVersion)
}

// caching is held by who fills a folder that is kept for the next run, as tests that run side by side need the same ones.
var caching sync.Mutex

// installed is the path of a Go program, which is kept for the next run.
func installed(t *testing.T, program, version string) string {
	t.Helper()
	caching.Lock()
	defer caching.Unlock()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(program)
	dir := filepath.Join(cache, "gatepass-e2e", name+"-"+version)
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	cmd := exec.CommandContext(t.Context(), "go", "install", program+"@"+version)
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	if _, err := output(cmd); err != nil {
		t.Fatal(err)
	}
	return path
}

// A workflow with two sign-ins passes under act. Its steps check what they get. The jobs in a container share a name, so one runs after the
// other.
func TestSignInUnderAct(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, workflow, options string }{
		{"on the machine itself as the runner's user", "sign-in.yml", ""},
		{"in a container as root", "container.yml", ""},
		{"in a container as another user", "container.yml", "--user 1001:1001"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			log := act(t, w, test.workflow, test.options)
			if !strings.Contains(log, "every credential is here, such as ***") {
				t.Error("the step after the sign-ins did not reach its end")
			}
			var printed []string
			for _, match := range regexp.MustCompile(`\| ((?:AWS, |Google: ).*)`).FindAllStringSubmatch(log, -1) {
				printed = append(printed, match[1])
			}
			checkIdentities(t, w, strings.Join(printed, "\n"), sessions, 2)
			if got := strings.Count(log, "the witness finds: nothing"); got != 2 {
				t.Errorf("the witness found nothing %d times, want twice: before the first sign-in and after the last sign-out", got)
			}
			if !strings.Contains(log, "credential files lie in the checkout") {
				t.Error("nothing tells that the files are in the checkout: act mounts no other folder")
			}
			checkNoSecret(t, w, log)
		})
	}
}

// act runs a workflow of testdata/act as the runner's user, and returns what it prints.
func act(t *testing.T, w world, workflow, options string) string {
	t.Helper()
	dir := folder(t)
	home, action := filepath.Join(dir, "home"), filepath.Join(dir, "action")
	copyFolder(t, filepath.Join(dir, "repo"), "testdata/act")
	commit(t, filepath.Join(dir, "repo"))
	checkoutWhoami(t, filepath.Join(dir, "repo"))
	copyAction(t, action)
	args := []string{
		"push",
		"--workflows", ".github/workflows/" + workflow,
		"--local-repository", "octo-org/gatepass@v1=" + action,
		// On the machine itself act hands Docker actions the host's paths of the command files, and mounts those elsewhere.
		"--container-options", "-v " + home + ":" + home,
		"--var", "OPTIONS=" + options,
		"--pull=false", "--rm",
	}
	for _, variable := range w.Environment(w.base) {
		args = append(args, "--env", variable.Name+"="+variable.Value)
	}
	log, err := startAct(t, dir, os.Getenv("PATH"), args...)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// startAct has the runner's user start act in the repository dir/repo, with a home of its own, and returns what it prints.
func startAct(t *testing.T, dir, path string, args ...string) (log string, err error) {
	t.Helper()
	home, program := filepath.Join(dir, "home"), filepath.Join(dir, "act")
	if err := os.MkdirAll(home, 0o755); err != nil {
		t.Fatal(err)
	}
	copyFile(t, program, actPath(t))
	giveToRunner(t, dir)
	line := asRunner(dockerGroup(t), append([]string{program, "--platform", "ubuntu-latest=-self-hosted"}, args...)...)
	cmd := exec.CommandContext(t.Context(), line[0], line[1:]...)
	cmd.Dir = filepath.Join(dir, "repo")
	cmd.Env = []string{"PATH=" + path, "HOME=" + home, "XDG_CACHE_HOME=" + home}
	text, err := cmd.CombinedOutput()
	t.Logf("act printed\n%s", text)
	return string(text), err
}

// dockerGroup is the group that may talk to the engine.
func dockerGroup(t *testing.T) string {
	t.Helper()
	var socket syscall.Stat_t
	if err := syscall.Stat("/var/run/docker.sock", &socket); err != nil {
		t.Fatal(err)
	}
	return strconv.FormatUint(uint64(socket.Gid), 10)
}

// commit makes a repository of a folder.
func commit(t *testing.T, dir string) {
	t.Helper()
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch", "main"},
		{"add", "."},
		{"-c", "user.name=Octocat", "-c", "user.email=octocat@example.com", "commit", "--quiet", "--message", "Sign in"},
	} {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = dir
		if _, err := output(cmd); err != nil {
			t.Fatal(err)
		}
	}
}

// copyAction copies all that the image, or a release, is built from.
func copyAction(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"pkg", "cmd", "check", ".ci"} {
		copyFolder(t, filepath.Join(dir, name), filepath.Join(repository, name))
	}
	for _, name := range []string{"action.yml", "Dockerfile", "main.go", "go.mod", "go.sum", "README.md", "LICENSE", ".github/THIRD_PARTY_LICENSES.md"} {
		copyFile(t, filepath.Join(dir, name), filepath.Join(repository, name))
	}
}

func copyFolder(t *testing.T, to, from string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t *testing.T, to, from string) {
	t.Helper()
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, info.Mode().Perm()); err != nil {
		t.Fatal(err)
	}
}
