//go:build e2e

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// images builds the action's image, once, with each of Docker's builders, from the source and from a release. act and engines before
// Docker 23 use the legacy builder.
var images = map[string]func() (string, error){
	"legacy":            onceBuilt("legacy", source, "DOCKER_BUILDKIT=0"),
	"buildkit":          onceBuilt("buildkit", source, "DOCKER_BUILDKIT=1"),
	"release, legacy":   onceBuilt("release-legacy", released, "DOCKER_BUILDKIT=0"),
	"release, buildkit": onceBuilt("release-buildkit", released, "DOCKER_BUILDKIT=1"),
}

func image(t testing.TB, name string) string {
	t.Helper()
	tag, err := images[name]()
	if err != nil {
		t.Fatal(err)
	}
	return tag
}

func source() (string, error) { return repository, nil }

func onceBuilt(name string, folder func() (string, error), setting string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		dir, err := folder()
		if err != nil {
			return "", err
		}
		return build("gatepass-e2e:"+name, dir, setting)
	})
}

// build runs the runner's command on the folder of an action: no argument of its own, and the folder of the Dockerfile as the context. It
// returns the image's ID, as another run of these tests may move the tag.
func build(tag, folder, setting string, args ...string) (id string, err error) {
	a, err := readAction()
	if err != nil {
		return "", err
	}
	dockerfile, err := filepath.Abs(filepath.Join(folder, a.Runs.Image))
	if err != nil {
		return "", err
	}
	args = append([]string{"build", "--quiet", "-t", tag, "-f", dockerfile}, args...)
	cmd := exec.CommandContext(context.Background(), dockerPath, append(args, filepath.Dir(dockerfile))...)
	cmd.Env = append(os.Environ(), setting)
	return output(cmd)
}
