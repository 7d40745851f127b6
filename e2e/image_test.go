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

// images builds the action's image, once, with each of Docker's builders. act and engines before Docker 23 use the legacy one.
var images = map[string]func() (string, error){
	"legacy":   sync.OnceValues(func() (string, error) { return build("legacy", "DOCKER_BUILDKIT=0") }),
	"buildkit": sync.OnceValues(func() (string, error) { return build("buildkit", "DOCKER_BUILDKIT=1") }),
}

func image(t *testing.T, builder string) string {
	t.Helper()
	name, err := images[builder]()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// build runs the runner's command: no argument of its own, and the folder of the Dockerfile as the context. It returns the image's ID, as
// another run of these tests may move the name.
func build(builder, setting string) (string, error) {
	a, err := readAction()
	if err != nil {
		return "", err
	}
	dockerfile, err := filepath.Abs(filepath.Join(repository, a.Runs.Image))
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(context.Background(), dockerPath, "build", "--quiet", "-t", "gatepass-e2e:"+builder, "-f", dockerfile, filepath.Dir(dockerfile))
	cmd.Env = append(os.Environ(), setting)
	return output(cmd)
}
