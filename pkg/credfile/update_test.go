package credfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gatepass/pkg/credfile"
)

func becomes(content string) func([]byte) ([]byte, error) {
	return func([]byte) ([]byte, error) { return []byte(content), nil }
}

func TestUpdateAsTheStepsOfAJobDo(t *testing.T) {
	t.Parallel()
	d := dir(t)
	wantUID, wantGID := owner(t, d.Path)
	for _, step := range []struct{ old, content string }{{"", "one"}, {"one", "one two"}, {"one two", "two"}, {"two", ""}, {"", ""}, {"", "three"}} {
		owned, err := d.Update(credfile.AWSConfig, func(old []byte) ([]byte, error) {
			if string(old) != step.old {
				t.Errorf("got %q, want %q", old, step.old)
			}
			return []byte(step.content), nil
		})
		if err != nil || !owned {
			t.Fatalf("owned %v, error %v", owned, err)
		}
		if step.content == "" {
			if got := listing(t, d.Path); got != "" {
				t.Errorf("left: %s", got)
			}
			continue
		}
		if got, want := listing(t, d.Path), "---------- gatepass-aws-config "+step.content+"\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		path := filepath.Join(d.Path, credfile.AWSConfig)
		if info, err := os.Lstat(path); err != nil || info.Mode() != 0o600 {
			t.Errorf("mode %v, error %v", info.Mode(), err)
		}
		if uid, gid := owner(t, path); uid != wantUID || gid != wantGID {
			t.Errorf("belongs to %d:%d, want %d:%d", uid, gid, wantUID, wantGID)
		}
	}
}

func TestUpdateTightensAFile(t *testing.T) {
	t.Parallel()
	d := dir(t)
	path := filepath.Join(d.Path, credfile.AWSCredentials)
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Update(credfile.AWSCredentials, becomes("new")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
}

// One who has the file open, as at a crash in the middle, keeps the old content whole.
func TestUpdateLeavesTheOldFileWhole(t *testing.T) {
	t.Parallel()
	d := dir(t)
	if _, err := d.Update(credfile.AWSConfig, becomes("old")); err != nil {
		t.Fatal(err)
	}
	reader, err := os.Open(filepath.Join(d.Path, credfile.AWSConfig))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if _, err := d.Update(credfile.AWSConfig, becomes("new content")); err != nil {
		t.Fatal(err)
	}
	content := make([]byte, 100)
	if n, err := reader.Read(content); err != nil || string(content[:n]) != "old" {
		t.Errorf("got %q, error %v", content[:n], err)
	}
}

func TestUpdateChangesNothingOnError(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	for name, change := range map[string]func([]byte) ([]byte, error){
		"refused":   func([]byte) ([]byte, error) { return []byte("x"), refused },
		"too large": becomes(strings.Repeat("x", 1<<20+1)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dir(t)
			for _, before := range []string{"", "---------- gatepass-aws-config old\n"} {
				if _, err := d.Update(credfile.AWSConfig, change); err == nil || (name == "refused" && !errors.Is(err, refused)) {
					t.Errorf("got error %v", err)
				}
				if got := listing(t, d.Path); got != before {
					t.Errorf("got %q, want %q", got, before)
				}
				if _, err := d.Update(credfile.AWSConfig, becomes("old")); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestUpdateTakesOnlyAPlainFile(t *testing.T) {
	t.Parallel()
	for name, plant := range map[string]func(path, foreign string) error{
		"a folder":          func(path, _ string) error { return os.Mkdir(path, 0o700) },
		"a pipe":            func(path, _ string) error { return syscall.Mkfifo(path, 0o600) },
		"a link":            func(path, foreign string) error { return os.Symlink(foreign, path) },
		"a link beside it":  func(path, foreign string) error { return os.Symlink(filepath.Base(foreign), path) },
		"a link to nothing": func(path, _ string) error { return os.Symlink("nothing", path) },
		"a hard link":       func(path, foreign string) error { return os.Link(foreign, path) },
		"a large file":      func(path, _ string) error { return os.WriteFile(path, make([]byte, 1<<20+1), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dir(t)
			foreign := filepath.Join(d.Path, "foreign")
			if err := os.WriteFile(foreign, []byte("secret"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := plant(filepath.Join(d.Path, credfile.AWSConfig), foreign); err != nil {
				t.Fatal(err)
			}
			before := entries(t, d.Path)
			_, err := d.Update(credfile.AWSConfig, func([]byte) ([]byte, error) {
				t.Error("it was read")
				return nil, nil
			})
			if err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("got error %v", err)
			}
			if after := entries(t, d.Path); after != before {
				t.Errorf("before: %s\nafter: %s", before, after)
			}
		})
	}
}

// entries lists a folder without reading what is in it, as a pipe would wait.
func entries(t *testing.T, path string) string {
	t.Helper()
	found, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, entry := range found {
		all.WriteString(entry.Type().String() + " " + entry.Name() + "\n")
	}
	return all.String()
}

// A link that is planted while the content is made is replaced and not followed.
func TestUpdateFollowsNoLinkThatComesLate(t *testing.T) {
	t.Parallel()
	d := dir(t)
	foreign, path := filepath.Join(t.TempDir(), "foreign"), filepath.Join(d.Path, credfile.AWSConfig)
	_, err := d.Update(credfile.AWSConfig, func([]byte) ([]byte, error) {
		return []byte("new"), os.Symlink(foreign, path)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := listing(t, d.Path), "---------- gatepass-aws-config new\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := os.Lstat(foreign); err == nil {
		t.Error("the link was followed")
	}
}

func TestUpdateLeavesNoDraft(t *testing.T) {
	t.Parallel()
	d := dir(t)
	_, err := d.Update(credfile.AWSConfig, func([]byte) ([]byte, error) {
		return []byte("new"), os.Mkdir(filepath.Join(d.Path, credfile.AWSConfig), 0o700)
	})
	if err == nil {
		t.Error("a folder was replaced")
	}
	if got, want := entries(t, d.Path), "d--------- gatepass-aws-config\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUpdateInAFolderThatIsGone(t *testing.T) {
	t.Parallel()
	d := credfile.Dir{Path: filepath.Join(t.TempDir(), "gone")}
	if owned, err := d.Update(credfile.AWSConfig, becomes("")); !owned || err != nil {
		t.Errorf("owned %v, error %v", owned, err)
	}
	if _, err := d.Update(credfile.AWSConfig, becomes("new")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got error %v", err)
	}
	refused := errors.New("refused")
	if _, err := d.Update(credfile.AWSConfig, func([]byte) ([]byte, error) { return nil, refused }); !errors.Is(err, refused) {
		t.Errorf("got error %v", err)
	}
	if _, err := (credfile.Dir{Path: "/dev/null"}).Update(credfile.AWSConfig, becomes("")); err == nil {
		t.Error("a file was taken for a folder")
	}
}

// Neither way takes the other's files, nor any that a planted state could name.
func TestTheNamesAreClosed(t *testing.T) {
	t.Parallel()
	d := dir(t)
	for _, name := range []string{file, "", ".", "credentials", "../" + credfile.AWSConfig, credfile.AWSConfig + "/x", credfile.AWSConfig + ".x", "/" + credfile.AWSConfig} {
		if _, err := d.Update(name, becomes("x")); err == nil {
			t.Errorf("%q: Update takes it", name)
		}
	}
	for _, name := range []string{credfile.AWSCredentials, credfile.AWSConfig} {
		if _, err := d.Create(name, nil); err == nil {
			t.Errorf("%q: Create takes it", name)
		}
		if _, err := d.Remove(name); err == nil {
			t.Errorf("%q: Remove takes it", name)
		}
	}
	if got := listing(t, d.Path); got != "" {
		t.Errorf("left: %s", got)
	}
}

// A step that is killed while it writes leaves a draft with secrets in it.
func TestUpdateRemovesTheDraftsOfKilledSteps(t *testing.T) {
	t.Parallel()
	d := dir(t)
	const stamp = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	foreign := []string{credfile.AWSConfig + ".old", credfile.AWSConfig + "." + stamp + ".json", credfile.AWSCredentials + "." + stamp}
	for _, name := range append(foreign, credfile.AWSConfig, credfile.AWSConfig+"."+stamp) {
		if err := os.WriteFile(filepath.Join(d.Path, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("x", filepath.Join(d.Path, credfile.AWSConfig+".22222222222222222222222222")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Update(credfile.AWSConfig, becomes("")); err != nil {
		t.Fatal(err)
	}
	want := "L--------- gatepass-aws-config.22222222222222222222222222 \n---------- gatepass-aws-config.ABCDEFGHIJKLMNOPQRSTUVWXYZ.json \n" +
		"---------- gatepass-aws-config.old \n---------- gatepass-aws-credentials.ABCDEFGHIJKLMNOPQRSTUVWXYZ \n"
	if got := listing(t, d.Path); got != want {
		t.Errorf("left\n%swant\n%s", got, want)
	}
}
