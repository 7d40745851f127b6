//go:build e2e

package e2e

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// clone is a clone of a repository with the scripts of a release, as its workflow has it.
type clone struct{ dir, origin string }

func newClone(t *testing.T) clone {
	t.Helper()
	c := clone{t.TempDir(), t.TempDir()}
	copyFolder(t, filepath.Join(c.dir, ".ci"), filepath.Join(repository, ".ci"))
	copyFile(t, filepath.Join(c.dir, "action.yml"), filepath.Join(repository, "action.yml"))
	commit(t, c.dir)
	c.git(t, "init", "--quiet", "--bare", c.origin)
	c.git(t, "remote", "add", "origin", c.origin)
	c.git(t, "push", "--quiet", "origin", "main")
	c.git(t, "fetch", "--quiet")
	return c
}

func (c clone) git(t *testing.T, args ...string) string {
	t.Helper()
	text, err := c.run(t, "git", args...)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (c clone) run(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = c.dir
	return output(cmd)
}

// commit adds an empty commit to the branch that is checked out.
func (c clone) commit(t *testing.T) {
	t.Helper()
	c.git(t, "-c", "user.name=Octocat", "-c", "user.email=octocat@example.com", "commit", "--quiet", "--allow-empty", "--message", "Empty")
}

func TestTheTagsOfARelease(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tag      string
		released []string
		want     string
		err      string
	}{
		"the first version":             {"v1.2.3-src", nil, "v1.2.3 v1.2 v1", ""},
		"the newest version":            {"v1.10.0-src", []string{"v1.9.0", "v1.9.9"}, "v1.10.0 v1.10 v1", ""},
		"an older minor version":        {"v1.2.3-src", []string{"v1.2.2", "v1.10.0"}, "v1.2.3 v1.2", ""},
		"an older patch":                {"v1.2.3-src", []string{"v1.2.10"}, "v1.2.3", ""},
		"another major version":         {"v1.2.3-src", []string{"v2.0.0", "v10.0.0"}, "v1.2.3 v1.2 v1", ""},
		"a newer one is only asked for": {"v1.2.3-src", []string{"v1.3.0-src"}, "v1.2.3 v1.2 v1", ""},
		"released, of this commit":      {"v1.2.3-src", []string{"v1.2.3"}, "v1.2.3 v1.2 v1", ""},
		"no -src":                       {"v1.2.3", nil, "", "the tag v1.2.3 does not ask for a release; v1.2.3-src asks for v1.2.3"},
		"two numbers":                   {"v1.2-src", nil, "", "the tag v1.2-src does not ask for a release; v1.2.3-src asks for v1.2.3"},
		"a leading zero":                {"v1.02.3-src", nil, "", "the tag v1.02.3-src does not ask for a release; v1.2.3-src asks for v1.2.3"},
		"a pre-release":                 {"v1.2.3-rc.1-src", nil, "", "the tag v1.2.3-rc.1-src does not ask for a release; v1.2.3-src asks for v1.2.3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClone(t)
			c.git(t, "tag", test.tag)
			c.commit(t)
			for _, tag := range test.released {
				c.git(t, "tag", tag)
			}
			got, err := c.run(t, ".ci/tags", test.tag)
			if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.HasSuffix(strings.TrimSpace(err.Error()), test.err) {
				t.Errorf("got %q and error %v, want %q and %q", got, err, test.want, test.err)
			}
		})
	}
}

func TestNoReleaseOfWhatIsNotOnMain(t *testing.T) {
	t.Parallel()
	c := newClone(t)
	c.git(t, "checkout", "--quiet", "-b", "topic")
	c.commit(t)
	c.git(t, "tag", "v1.2.3-src")
	if _, err := c.run(t, ".ci/tags", "v1.2.3-src"); err == nil || !strings.Contains(err.Error(), "the tag v1.2.3-src is not on a commit of main; a release is") {
		t.Errorf("got error %v", err)
	}
}

func TestNoSecondReleaseOfAVersion(t *testing.T) {
	t.Parallel()
	c := newClone(t)
	c.commit(t)
	c.git(t, "tag", "v1.2.3")
	c.git(t, "push", "--quiet", "origin", "main")
	c.git(t, "tag", "v1.2.3-src")
	if _, err := c.run(t, ".ci/tags", "v1.2.3-src"); err == nil || !strings.Contains(err.Error(), "v1.2.3 is released already, of another commit than v1.2.3-src") {
		t.Errorf("got error %v", err)
	}
}

// A release commit is a child of the source. Its tags are pushed, and what they name works in a job, by tag and by SHA.
func TestTheReleaseCommit(t *testing.T) {
	t.Parallel()
	c, folder := newClone(t), releaseFolder(t)
	c.git(t, "tag", "v1.2.3-src")
	c.git(t, "tag", "v1", "v1.2.3-src") // of an older release
	c.git(t, "push", "--quiet", "origin", "v1")

	dry := c.publish(t, "--dry-run", folder, "v1.2.3")
	if tags := c.git(t, "ls-remote", "--tags", "origin", "v1.2.3"); tags != "" {
		t.Errorf("a dry run has pushed %s", tags)
	}
	sha := c.publish(t, folder, "v1.2.3", "v1.2", "v1")
	if sha != dry {
		t.Errorf("it is %s, and was %s in a dry run", sha, dry)
	}
	c.git(t, "fetch", "--quiet", "--force", "--tags")
	for _, tag := range []string{"v1.2.3", "v1.2", "v1"} {
		if got := c.git(t, "rev-parse", tag); got != sha {
			t.Errorf("%s is %s, want %s", tag, got, sha)
		}
	}
	if got, want := c.git(t, "rev-parse", sha+"^"), c.git(t, "rev-parse", "v1.2.3-src"); got != want {
		t.Errorf("its parent is %s, want the source, %s", got, want)
	}
	if got := c.git(t, "ls-tree", "-r", "--format", "%(objectmode) %(path)", sha); got != releaseTree {
		t.Errorf("it holds\n%s\nwant\n%s", got, releaseTree)
	}
	if files := treeOf(t, filepath.Join(folder, "action")); files["action.yml"] != treeOf(t, c.dir)["action.yml"] {
		t.Error("action.yml is not that of the source")
	}
	for _, ref := range []string{"v1", sha} {
		c.checkWorks(t, ref)
	}
}

// releaseTree is what `uses:` fetches.
const releaseTree = `100644 Dockerfile
100644 LICENSE
100644 README.md
100644 action.yml
100644 check/LICENSE
100644 check/THIRD_PARTY_LICENSES.md
100644 check/action.yml
100644 check/checksums.txt
100755 check/linux/amd64/gatepass
100755 check/linux/arm64/gatepass
100755 check/run
120000 linux/amd64/bin/sh
120000 linux/amd64/bin/tar
100644 linux/amd64/licenses/LICENSE
100644 linux/amd64/licenses/THIRD_PARTY_LICENSES.md
100755 linux/amd64/sign-in
120000 linux/amd64/sign-out
120000 linux/amd64/usr/bin/tail
120000 linux/arm64/bin/sh
120000 linux/arm64/bin/tar
100644 linux/arm64/licenses/LICENSE
100644 linux/arm64/licenses/THIRD_PARTY_LICENSES.md
100755 linux/arm64/sign-in
120000 linux/arm64/sign-out
120000 linux/arm64/usr/bin/tail`

func (c clone) publish(t *testing.T, args ...string) string {
	t.Helper()
	sha, err := c.run(t, ".ci/publish", args...)
	if err != nil {
		t.Fatal(err)
	}
	return sha
}

// checkWorks fetches the action as the runner does, as an archive of a ref's files, and signs in and out with it.
func (c clone) checkWorks(t *testing.T, ref string) {
	t.Helper()
	fetched, archive := t.TempDir(), exec.CommandContext(t.Context(), "git", "--git-dir", c.origin, "archive", ref)
	files, err := archive.Output()
	if err != nil {
		t.Fatal(err)
	}
	untar := exec.CommandContext(t.Context(), "tar", "--extract", "--directory", fetched)
	untar.Stdin = bytes.NewReader(files)
	if _, err := output(untar); err != nil {
		t.Fatal(err)
	}
	tag := "gatepass-e2e:at-" + ref
	if _, err := build(tag, fetched, "DOCKER_BUILDKIT=1"); err != nil {
		t.Fatal(err)
	}
	defer docker(t, "image", "rm", tag)

	w, m := newWorld(t), newMachine(t)
	w.permit(m)
	environment, left := maps.Clone(m.Env), m.files(t)
	step := m.use(t, tag, "signin", toBothClouds())
	if code, _ := step.main(t.Context(), t); code != 0 {
		t.Errorf("main: got exit code %d, want 0", code)
	}
	checkFile(t, m, step)
	if code, _ := step.post(t); code != 0 {
		t.Errorf("post: got exit code %d, want 0", code)
	}
	checkNothingLeft(t, m, environment, left)
}

// A job that is run again pushes the same commit. Other programs are another commit, which takes neither the version nor a moving tag.
func TestAVersionIsPublishedOnce(t *testing.T) {
	t.Parallel()
	c, folder := newClone(t), t.TempDir()
	copyFile(t, filepath.Join(mkdir(t, folder, "action"), "action.yml"), filepath.Join(repository, "action.yml"))
	sha := c.publish(t, folder, "v1.2.3", "v1")
	if again := c.publish(t, folder, "v1.2.3", "v1"); again != sha {
		t.Errorf("got %s and then %s", sha, again)
	}
	if err := os.Chmod(filepath.Join(folder, "action/action.yml"), 0o755); err != nil {
		t.Fatal(err)
	}
	if other, err := c.run(t, ".ci/publish", folder, "v1.2.3", "v1"); err == nil {
		t.Errorf("%s is published, too", other)
	}
	for _, tag := range []string{"v1.2.3", "v1"} {
		if got := c.git(t, "ls-remote", "origin", "refs/tags/"+tag); !strings.HasPrefix(got, sha) {
			t.Errorf("%s is %s, want %s", tag, got, sha)
		}
	}
}

func mkdir(t *testing.T, parent, name string) string {
	t.Helper()
	dir := filepath.Join(parent, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
