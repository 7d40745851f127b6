package credfile_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gatepass/pkg/credfile"
)

const folder = "gatepass-aws-0123456789abcdef"

// newFolder makes a folder with a file in it.
func newFolder(t *testing.T) (d credfile.Dir, f credfile.Folder, path string) {
	t.Helper()
	d = dir(t)
	f, err := d.CreateFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	if err := f.Replace("file", []byte("secret")); err != nil {
		t.Fatal(err)
	}
	return d, f, filepath.Join(d.Path, folder)
}

func TestAFolderIsForTheOwnerOfTheOneAroundItAlone(t *testing.T) {
	t.Parallel()
	d, f, path := newFolder(t)
	if err := f.Create("program", 0o700, strings.NewReader("#!/bin/sh\n")); err != nil {
		t.Fatal(err)
	}
	wantUID, wantGID := owner(t, d.Path)
	for name, mode := range map[string]fs.FileMode{".": fs.ModeDir | 0o700, "file": 0o600, "program": 0o700} {
		info, err := os.Lstat(filepath.Join(path, name))
		if err != nil || info.Mode() != mode {
			t.Errorf("%s: got mode %v, error %v, want %v", name, info.Mode(), err, mode)
		}
		if uid, gid := owner(t, filepath.Join(path, name)); uid != wantUID || gid != wantGID {
			t.Errorf("%s belongs to %d:%d, want %d:%d", name, uid, gid, wantUID, wantGID)
		}
	}
	if err := f.Create("file", 0o600, strings.NewReader("another")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file is made twice, error %v", err)
	}
	if err := f.Replace("file", []byte("new")); err != nil {
		t.Fatal(err)
	}
	again, err := credfile.OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if content, err := again.Read("file"); string(content) != "new" || err != nil {
		t.Errorf("got %q, error %v", content, err)
	}
	if got, want := listing(t, path), "---------- file new\n---------- program #!/bin/sh\n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatIsThereIsNotTakenForAFolder(t *testing.T) {
	t.Parallel()
	for name, plant := range map[string]func(path string) error{
		"a folder":                  func(path string) error { return os.Mkdir(path, 0o777) },
		"a file":                    func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"a link to a foreign place": func(path string) error { return os.Symlink(t.TempDir(), path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dir(t)
			if err := plant(filepath.Join(d.Path, folder)); err != nil {
				t.Fatal(err)
			}
			if _, err := d.CreateFolder(folder); !errors.Is(err, fs.ErrExist) {
				t.Errorf("got error %v", err)
			}
		})
	}
	for _, name := range []string{"../x", ".", "", "x", folder + "/x"} {
		if _, err := dir(t).CreateFolder(name); err == nil || !strings.Contains(err.Error(), "is not the name of a step's folder") {
			t.Errorf("%q: got error %v", name, err)
		}
	}
}

// What another user may have put there, or may know, is not for this program to hand out.
func TestReadTakesWhatIsTheOwnersAlone(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		spoil func(path string) error
		want  string
	}{
		"nothing is changed": {func(string) error { return nil }, ""},
		"it is gone":         {os.Remove, "no such file"},
		"a link": {func(path string) error {
			return errors.Join(os.Rename(path, path+"2"), os.Symlink(path+"2", path))
		}, "is not a plain file"},
		"a second name":             {func(path string) error { return os.Link(path, path+"2") }, "is not a plain file"},
		"a pipe, that never ends":   {func(path string) error { return errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)) }, "is not a plain file"},
		"a folder":                  {func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }, "is not a plain file"},
		"the group may read it":     {func(path string) error { return os.Chmod(path, 0o640) }, "is not a plain file"},
		"everybody may write to it": {func(path string) error { return os.Chmod(path, 0o602) }, "is not a plain file"},
		"more than anybody needs":   {func(path string) error { return os.Truncate(path, 1<<20+1) }, "is larger than 1048576 bytes"},
	}
	if os.Getuid() == 0 { // none but root can play another user
		cases["another user's"] = struct {
			spoil func(path string) error
			want  string
		}{func(path string) error { return os.Chown(path, 65532, 65532) }, "is not a plain file"}
		cases["this process's own, in the runner's folder"] = struct {
			spoil func(path string) error
			want  string
		}{func(path string) error { return os.Chown(path, 0, 0) }, ""}
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, f, path := newFolder(t)
			if err := test.spoil(filepath.Join(path, "file")); err != nil {
				t.Fatal(err)
			}
			content, err := f.Read("file")
			switch {
			case test.want == "" && (err != nil || string(content) != "secret"):
				t.Errorf("got %d bytes, error %v", len(content), err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got error %v, want %q", err, test.want)
			}
		})
	}
}

func TestOneProcessAtATimeHasTheLock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, f, _ := newFolder(t)
		unlock, err := f.Lock(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, wait := range []time.Duration{0, 15 * time.Second} { // of the bubble's clock
			start := time.Now()
			if _, err := f.Lock(t.Context(), wait); !errors.Is(err, credfile.ErrLocked) || time.Since(start) != wait {
				t.Errorf("got error %v after %v, want that it is locked after %v", err, time.Since(start), wait)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := f.Lock(ctx, time.Hour); !errors.Is(err, credfile.ErrLocked) || time.Since(start) != time.Second {
			t.Errorf("got error %v after %v, want that it is locked after 1s", err, time.Since(start))
		}
		time.AfterFunc(time.Minute-time.Millisecond, unlock)
		start = time.Now()
		if unlock, err = f.Lock(t.Context(), time.Hour); err != nil || time.Since(start) != time.Minute {
			t.Errorf("got error %v after %v, want the lock after 1m", err, time.Since(start))
		}
		unlock()
	})
}

func TestRemoveFolder(t *testing.T) {
	t.Parallel()
	d, f, path := newFolder(t)
	foreign := filepath.Join(t.TempDir(), "foreign")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(foreign, filepath.Join(path, "link")); err != nil {
		t.Fatal(err)
	}
	if err := f.Create("draft", 0o600, strings.NewReader("of a process that was killed")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} { // the second time it is gone
		if removed, err := d.RemoveFolder(folder); removed != want || err != nil {
			t.Errorf("removed %v, want %v; error %v", removed, want, err)
		}
	}
	if got := listing(t, d.Path); got != "" {
		t.Errorf("left: %s", got)
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Error(err)
	}
	if removed, err := (credfile.Dir{Path: filepath.Join(d.Path, "gone")}).RemoveFolder(folder); removed || err != nil {
		t.Errorf("removed %v, error %v", removed, err)
	}
}

func TestRemoveFolderLeavesWhatCreateFolderDidNotMake(t *testing.T) {
	t.Parallel()
	d, foreign := dir(t), t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(foreign, filepath.Join(d.Path, folder)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.Path, "gatepass-aws-ffffffffffffffff"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{folder, "gatepass-aws-ffffffffffffffff", "../" + filepath.Base(foreign), foreign, "", ".", "x"} {
		if removed, err := d.RemoveFolder(name); removed || err == nil {
			t.Errorf("%q: removed %v, error %v", name, removed, err)
		}
	}
	if _, err := os.Stat(filepath.Join(foreign, "file")); err != nil {
		t.Error(err)
	}
	if got, want := listing(t, d.Path), "L--------- "+folder+" \n---------- gatepass-aws-ffffffffffffffff \n"; got != want {
		t.Errorf("left %q, want %q", got, want)
	}
}

// A folder in the folder is like it, and is removed with it.
func TestAFolderInTheFolder(t *testing.T) {
	t.Parallel()
	d, f, path := newFolder(t)
	inner, err := f.CreateFolder("2")
	if err != nil {
		t.Fatal(err)
	}
	defer inner.Close()
	if err := inner.Replace("file", []byte("another secret")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(filepath.Join(path, "2"))
	if err != nil || info.Mode() != fs.ModeDir|0o700 {
		t.Errorf("got mode %v, error %v", info.Mode(), err)
	}
	if content, err := inner.Read("file"); err != nil || string(content) != "another secret" {
		t.Errorf("got %q, error %v", content, err)
	}
	if _, err := f.CreateFolder("2"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("it is made twice, error %v", err)
	}
	if removed, err := d.RemoveFolder(folder); !removed || err != nil {
		t.Errorf("removed %v, error %v", removed, err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is left, error %v", path, err)
	}
}
