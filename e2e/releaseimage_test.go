//go:build e2e

package e2e

import (
	"debug/elf"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// maxImageSize is what a machine fetches of the image, at the most, in bytes.
const maxImageSize = 6_500_000

// The image of a release is made of what lies in its folder, by each of Docker's builders. BuildKit says for which architecture it
// builds; the legacy one does not, and is on amd64.
func TestTheImageOfARelease(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(releaseFolder(t), "action")
	for name, test := range map[string]struct {
		setting      string
		args         []string
		architecture string
	}{
		"legacy":            {"DOCKER_BUILDKIT=0", nil, "amd64"},
		"buildkit on amd64": {"DOCKER_BUILDKIT=1", []string{"--platform", "linux/amd64"}, "amd64"},
		"buildkit on arm64": {"DOCKER_BUILDKIT=1", []string{"--platform", "linux/arm64"}, "arm64"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tag := "gatepass-e2e:" + strings.ReplaceAll(name, " ", "-") + "-offline"
			if _, err := build(tag, folder, test.setting, append(test.args, "--no-cache", "--network", "none")...); err != nil {
				t.Fatal(err)
			}
			image := save(t, tag)
			docker(t, "image", "rm", tag)
			checkReleaseImage(t, image, filepath.Join(folder, "linux", test.architecture), test.architecture)
			size := image.compressed(t)
			t.Logf("%d bytes, compressed", size)
			if size > maxImageSize {
				t.Errorf("the image has %d bytes, compressed, want at most %d", size, maxImageSize)
			}
		})
	}
}

// checkReleaseImage wants the image to hold what a folder of the release does, as root's, and nothing else.
func checkReleaseImage(t *testing.T, image saved, folder, architecture string) {
	t.Helper()
	machine := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[architecture]
	if program, err := elf.Open(filepath.Join(folder, "sign-in")); err != nil || program.Machine != machine {
		t.Errorf("sign-in is not for %v: %v", machine, err)
	}
	if image.Config.Architecture != architecture {
		t.Errorf("the image is for %s, want %s", image.Config.Architecture, architecture)
	}
	if entrypoint := []string{"/sign-in"}; !slices.Equal(image.Config.Config.Entrypoint, entrypoint) {
		t.Errorf("its entry point is %q, want %q", image.Config.Config.Entrypoint, entrypoint)
	}
	checkSame(t, image.tree(t), treeOf(t, folder))
}

// What is built from the source at the start of a job holds the same names, and nothing else, either.
func TestTheImageOfTheSourceHoldsWhatAReleaseDoes(t *testing.T) {
	t.Parallel()
	names := func(image saved) []string { return slices.Sorted(maps.Keys(image.tree(t))) }
	source, release := save(t, image(t, "legacy")), save(t, image(t, "release, legacy"))
	if got, want := names(source), names(release); !slices.Equal(got, want) {
		t.Errorf("the image of the source holds %q, that of a release %q", got, want)
	}
	if got, want := source.Config.Config.Entrypoint, release.Config.Config.Entrypoint; !slices.Equal(got, want) {
		t.Errorf("the entry point of the source is %q, that of a release %q", got, want)
	}
}
