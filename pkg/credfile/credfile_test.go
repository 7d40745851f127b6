package credfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gatepass/pkg/credfile"
)

const file = "gha-creds-0123456789abcdef.json"

func dir(t *testing.T) credfile.Dir {
	t.Helper()
	path := t.TempDir()
	if os.Getuid() == 0 { // as in a container: root writes into a folder of the runner's user
		if err := os.Chown(path, 1001, 1001); err != nil {
			t.Fatal(err)
		}
	}
	return credfile.Dir{Place: credfile.Temp, Path: path, Exported: path}
}

func owner(t *testing.T, path string) (uid, gid uint32) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	stat := info.Sys().(*syscall.Stat_t)
	return stat.Uid, stat.Gid
}

func TestAFileIsForTheOwnerOfItsFolderAlone(t *testing.T) {
	t.Parallel()
	d := dir(t)
	owned, err := d.Create(file, []byte("secret"))
	if err != nil || !owned {
		t.Fatalf("owned %v, error %v", owned, err)
	}
	path := filepath.Join(d.Path, file)
	if content, err := os.ReadFile(path); err != nil || string(content) != "secret" {
		t.Errorf("got %q, error %v", content, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("got mode %v, error %v", info.Mode(), err)
	}
	uid, gid := owner(t, path)
	if wantUID, wantGID := owner(t, d.Path); uid != wantUID || gid != wantGID {
		t.Errorf("belongs to %d:%d, want %d:%d", uid, gid, wantUID, wantGID)
	}
}

func TestWhatIsThereIsNotOverwritten(t *testing.T) {
	t.Parallel()
	for name, plant := range map[string]func(path string) error{
		"a file":                    func(path string) error { return os.WriteFile(path, []byte("before"), 0o600) },
		"a folder":                  func(path string) error { return os.Mkdir(path, 0o700) },
		"a link to nothing":         func(path string) error { return os.Symlink(filepath.Join(filepath.Dir(path), "x"), path) },
		"a link to a foreign place": func(path string) error { return os.Symlink(filepath.Join(t.TempDir(), "x"), path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dir(t)
			path := filepath.Join(d.Path, file)
			if err := plant(path); err != nil {
				t.Fatal(err)
			}
			before := listing(t, d.Path)
			if _, err := d.Create(file, []byte("secret")); !errors.Is(err, fs.ErrExist) && !strings.Contains(err.Error(), "escapes") {
				t.Errorf("got error %v", err)
			}
			if after := listing(t, d.Path); after != before {
				t.Errorf("before: %s\nafter: %s", before, after)
			}
		})
	}
}

func listing(t *testing.T, path string) string {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, entry := range entries {
		content, _ := os.ReadFile(filepath.Join(path, entry.Name()))
		all.WriteString(entry.Type().String() + " " + entry.Name() + " " + string(content) + "\n")
	}
	return all.String()
}

func TestRemove(t *testing.T) {
	t.Parallel()
	d := dir(t)
	if _, err := d.Create(file, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} { // the second time it is gone
		if removed, err := d.Remove(file); removed != want || err != nil {
			t.Errorf("removed %v, want %v; error %v", removed, want, err)
		}
	}
	if got := listing(t, d.Path); got != "" {
		t.Errorf("left: %s", got)
	}
	if removed, err := (credfile.Dir{Path: filepath.Join(d.Path, "gone")}).Remove(file); removed || err != nil {
		t.Errorf("removed %v, error %v", removed, err)
	}
}

func TestRemoveLeavesWhatCreateDidNotMake(t *testing.T) {
	t.Parallel()
	d := dir(t)
	foreign := filepath.Join(t.TempDir(), "foreign")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(foreign, filepath.Join(d.Path, file)); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(d.Path, "gha-creds-ffffffffffffffff.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, "gha-creds-ffffffffffffffff.json", "../" + filepath.Base(filepath.Dir(foreign)) + "/foreign", foreign, "", ".", "x.json"} {
		if removed, err := d.Remove(name); removed || err == nil {
			t.Errorf("%q: removed %v, error %v", name, removed, err)
		}
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Error(err)
	}
	if got, want := listing(t, d.Path), "L--------- "+file+" \nd--------- gha-creds-ffffffffffffffff.json \n"; got != want {
		t.Errorf("left %q, want %q", got, want)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	env := func(action string) func(string) string {
		return func(name string) string {
			return map[string]string{"GITHUB_RUN_ID": "1", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "deploy", "GITHUB_ACTION": action}[name]
		}
	}
	first, again, second := credfile.StepName(env("a")), credfile.StepName(env("a")), credfile.StepName(env("b"))
	if first != again || first == second {
		t.Errorf("got %s and %s for one step, %s for another", first, again, second)
	}
	for _, name := range []string{first, credfile.RandomName(), credfile.TokenName(env("a")), credfile.RandomTokenName()} {
		if _, err := dir(t).Create(name, nil); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{credfile.FolderName(env("a")), credfile.RandomFolderName()} {
		if f, err := dir(t).CreateFolder(name); err != nil || f.Close() != nil {
			t.Error(err)
		}
	}
}
