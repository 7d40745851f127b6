//go:build e2e

package e2e

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// crane is the program that .ci/image pushes with; it serves a registry, too. It is built and cached as act is.
const craneVersion = "v0.21.0"

func cranePath(t *testing.T) string {
	t.Helper()
	return installed(t, "github.com/google/go-containerregistry/cmd/crane", craneVersion)
}

// newRegistry starts a registry on this machine and returns its address.
func newRegistry(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), cranePath(t), "registry", "serve", "--address", "127.0.0.1:0")
	log, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if port := regexp.MustCompile(`serving on port (\d+)$`).FindStringSubmatch(lines.Text()); port != nil {
			go func() {
				for lines.Scan() { // lest it waits for a reader of its log
				}
			}()
			return "127.0.0.1:" + port[1]
		}
	}
	t.Fatal("the registry tells no port")
	return ""
}

// What is pushed is the release's image for both architectures, under each tag, and its digest can be told beforehand.
func TestThePushedImage(t *testing.T) {
	t.Parallel()
	folder, name := releaseFolder(t), newRegistry(t)+"/octo-org/gatepass"
	push := func(name string) string {
		t.Helper()
		digest, err := output(exec.CommandContext(t.Context(), filepath.Join(repository, ".ci/image"), folder, name, "v1.2.3", "v1.2", "v1"))
		if err != nil {
			t.Fatal(err)
		}
		return digest
	}
	digest := push(name)
	if again := push(newRegistry(t) + "/somebody/else"); again != digest {
		t.Errorf("the digest is %s in one registry and %s in another", digest, again)
	}
	for _, tag := range []string{"v1.2.3", "v1.2", "v1"} {
		if got, err := output(exec.CommandContext(t.Context(), cranePath(t), "digest", name+":"+tag)); got != digest {
			t.Errorf("%s is %s, want %s; error %v", tag, got, digest, err)
		}
	}
	for _, architecture := range []string{"amd64", "arm64"} {
		archive := filepath.Join(t.TempDir(), architecture+".tar")
		pull := exec.CommandContext(t.Context(), cranePath(t), "pull", "--platform", "linux/"+architecture, name+"@"+digest, archive)
		if _, err := output(pull); err != nil {
			t.Fatal(err)
		}
		checkReleaseImage(t, readSaved(t, archive), filepath.Join(folder, "action/linux", architecture), architecture)
	}
}
