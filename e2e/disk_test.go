//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gatepass/pkg/sandbox"
	"gatepass/pkg/sandbox/job"
)

var update = flag.Bool("update", false, "rewrite the table of faults of disks")

// TestDisk mounts file systems, and so runs again as a process with mounts of its own, which end with it.
func TestDisk(t *testing.T) {
	const variable = "GATEPASS_E2E_PROGRAM"
	if program := os.Getenv(variable); program != "" {
		testDisks(t, program)
		return
	}
	program := filepath.Join(t.TempDir(), "sign-in")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir, build.Env = repository, append(os.Environ(), "CGO_ENABLED=0")
	if _, err := output(build); err != nil {
		t.Fatal(err)
	}
	again := exec.CommandContext(t.Context(), os.Args[0], append(slices.Clone(os.Args[1:]), "-test.run", "^TestDisk$", "-test.count", "1")...)
	again.Env = append(os.Environ(), variable+"="+program)
	again.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	log, err := again.CombinedOutput()
	t.Logf("%s", log)
	if err != nil {
		t.Error(err)
	}
}

// disk is a job all of whose folders are on a file system of its own.
type disk struct {
	*job.Job
	program string
	folder  string
	step    *job.Step
	clouds  *sandbox.Sandbox
	asked   atomic.Int32
	before  map[string]string
}

func newDisk(t *testing.T, program string) *disk {
	t.Helper()
	d := &disk{program: program, folder: t.TempDir()}
	mountOn(t, d.folder, "tmpfs", "tmpfs", 0, "size=1m")
	var err error
	if d.Job, err = job.New(d.folder); err != nil {
		t.Fatal(err)
	}
	if d.clouds, err = sandbox.New(sandbox.DefaultConfig(), sandbox.Options{Observe: func(sandbox.Exchange) { d.asked.Add(1) }}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(d.clouds)
	t.Cleanup(server.Close)
	for _, v := range d.clouds.Environment(server.URL) {
		d.Env[v.Name] = v.Value
	}
	d.before = maps.Clone(d.Env)
	d.step = d.Step("signin", withProfile(toBothClouds()))
	return d
}

// mountOn mounts a file system, which ends with the test.
func mountOn(t *testing.T, folder, source, kind string, flags uintptr, options string) {
	t.Helper()
	if err := syscall.Mount(source, folder, kind, flags, options); err != nil {
		t.Fatalf("mount %s on %s: %v", source, folder, err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
}

// readOnly makes a folder read-only.
func readOnly(t *testing.T, folder string) {
	t.Helper()
	mountOn(t, folder, folder, "", syscall.MS_BIND, "")
	if err := syscall.Mount("", folder, "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
}

// begin makes the command files of a stage.
func (d *disk) begin(t *testing.T) map[string]string {
	t.Helper()
	env, err := d.step.Begin()
	if err != nil {
		t.Fatal(err)
	}
	return env
}

// stage runs a stage, and returns its exit code, its log, and the error that it tells.
func (d *disk) stage(t *testing.T, name string, env map[string]string) (code int, log, says string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, d.program)
	cmd.Args[0], cmd.Dir = name, d.Workspace()
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var shown bytes.Buffer
	out := d.Log(&shown)
	cmd.Stdout, cmd.Stderr = out, out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	checkNoSecret(t, world{Sandbox: d.clouds}, shown.String())
	_, says, _ = strings.Cut(shown.String(), "Error: ")
	return cmd.ProcessState.ExitCode(), shown.String(), strings.ReplaceAll(strings.TrimSpace(says), d.folder, "/home/runner/work")
}

// fill leaves room for a number of pages on the disk. free gives all the room back.
func (d *disk) fill(t *testing.T, pages int64) (free func()) {
	t.Helper()
	ballast := filepath.Join(d.folder, "ballast")
	var stat syscall.Statfs_t
	if err := syscall.Statfs(d.folder, &stat); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ballast, make([]byte, (int64(stat.Bavail)-pages)*stat.Bsize), 0o600); err != nil {
		t.Fatal(err)
	}
	return func() { _ = os.Remove(ballast) }
}

// checkNothing wants nothing of a step to be there.
func (d *disk) checkNothing(t *testing.T) {
	t.Helper()
	maps.DeleteFunc(d.Env, func(_, value string) bool { return value == "" })
	if !maps.Equal(d.Env, d.before) {
		t.Errorf("exported %v", d.Env)
	}
	if files := find(t, d.Temp(), "-name", "gha-creds-*", "-o", "-name", "gatepass-*"); files != nil {
		t.Errorf("left %q", files)
	}
}

// signIn runs the first stage, and if that fails the second one, neither of which may then leave anything.
func (d *disk) signIn(t *testing.T, env map[string]string) (code int, says string) {
	t.Helper()
	code, log, says := d.stage(t, "sign-in", env)
	if err := d.step.End(); err != nil {
		t.Error(err)
	}
	if code == 0 {
		return code, says
	}
	if strings.Count("\n"+log, "\nError: ") != 1 || len(d.step.Outputs) > 0 {
		t.Errorf("got the outputs %v and the log\n%s", d.step.Outputs, log)
	}
	d.checkNothing(t)
	if code, log, _ := d.stage(t, "sign-out", d.begin(t)); code != 0 || log != "" {
		t.Errorf("sign-out: got exit code %d, and the log\n%s", code, log)
	}
	if err := d.step.End(); err != nil {
		t.Error(err)
	}
	d.checkNothing(t)
	return code, says
}

// outcome is what the table says of a step that has failed.
func (d *disk) outcome() string {
	if d.asked.Load() == 0 {
		return "fails before the first request"
	}
	return "fails, and takes all back"
}

func testDisks(t *testing.T, program string) {
	rows := testFullDisks(t, program)
	t.Run("read-only from the start", func(t *testing.T) {
		d := newDisk(t, program)
		env := d.begin(t)
		readOnly(t, d.CommandFiles())
		code, _, says := d.stage(t, "sign-in", env)
		if code != 1 {
			t.Errorf("got exit code %d, want 1", code)
		}
		d.checkNothing(t)
		rows = append(rows, row{"the runner's files are read-only", d.outcome(), says})
	})
	t.Run("read-only but for the runner's files", func(t *testing.T) {
		d := newDisk(t, program)
		env := d.begin(t)
		readOnly(t, d.Temp())
		mountOn(t, d.CommandFiles(), d.CommandFiles(), "", syscall.MS_BIND, "")
		if err := syscall.Mount("", d.CommandFiles(), "", syscall.MS_REMOUNT|syscall.MS_BIND, ""); err != nil {
			t.Fatal(err)
		}
		code, says := d.signIn(t, env)
		if code != 1 {
			t.Errorf("got exit code %d, want 1", code)
		}
		rows = append(rows, row{"`RUNNER_TEMP` is read-only", d.outcome(), says})
	})
	t.Run("read-only at the end", func(t *testing.T) {
		d := newDisk(t, program)
		if code, says := d.signIn(t, d.begin(t)); code != 0 {
			t.Fatal(says)
		}
		env := d.begin(t)
		readOnly(t, d.folder)
		code, _, says := d.stage(t, "sign-out", env)
		if code != 1 {
			t.Errorf("got exit code %d, want 1", code)
		}
		rows = append(rows, row{"the disk is read-only when the job ends", "the end of the job fails, and says what is left", says})
	})
	if len(rows) > 3 { // else -run has left some out
		checkTable(t, rows)
	}
}

// testFullDisks signs in on disks with ever more room, until there is enough.
func testFullDisks(t *testing.T, program string) (rows []row) {
	for pages := int64(0); ; pages++ {
		room, enough := fmt.Sprintf("%d KiB", pages*int64(os.Getpagesize())>>10), false
		t.Run(room, func(t *testing.T) {
			d := newDisk(t, program)
			env := d.begin(t)
			free := d.fill(t, pages)
			code, says := d.signIn(t, env)
			if enough = code == 0; enough {
				free()
				return
			}
			rows = append(rows, row{"the disk has room for " + room, d.outcome(), says})
		})
		if enough || t.Failed() {
			return append(rows, row{"the disk has room for " + room + " or more", "signed in", ""})
		}
	}
}

// row is one of the table in the document of faults.
type row struct{ fault, outcome, says string }

// random is in the name of a file until it is whole.
var random = regexp.MustCompile(`\.[A-Z2-7]{26}\b`)

// checkTable wants the table to be in the document, or with -update puts it there.
func checkTable(t *testing.T, rows []row) {
	t.Helper()
	const begin, end = "<!-- disk -->\n", "<!-- end -->"
	document := filepath.Join(repository, ".github", "FAULTS.md")
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	table := "| fault | outcome | what the log says |\n|---|---|---|\n"
	for _, r := range rows {
		says := random.ReplaceAllString(strings.ReplaceAll(r.says, "\n", " "), "")
		if says != "" {
			says = "`" + says + "`"
		}
		table += fmt.Sprintf("| %s | %s | %s |\n", r.fault, r.outcome, says)
	}
	before, rest, found := strings.Cut(string(text), begin)
	got, after, ended := strings.Cut(rest, end)
	switch {
	case !found || !ended:
		t.Fatalf("%s has no place for the table", document)
	case got == table || t.Failed():
	case *update:
		if err := os.WriteFile(document, []byte(before+begin+table+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s has another table; run go test -tags e2e ./e2e -run TestDisk -update. It would be\n%s", document, table)
	}
}
