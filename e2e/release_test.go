//go:build e2e

package e2e

import (
	"context"
	"debug/buildinfo"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// release makes a release, once. Where one has been made to be published, GATEPASS_RELEASE names its folder, and the tests are about it.
var release = sync.OnceValues(func() (string, error) {
	if made := os.Getenv("GATEPASS_RELEASE"); made != "" {
		return made, nil
	}
	dir := filepath.Join(scratch, "release")
	_, err := output(exec.CommandContext(context.Background(), filepath.Join(repository, ".ci/release"), dir))
	return dir, err
})

// released is the folder of the action in a release, as a workflow's `uses:` fetches it.
func released() (string, error) {
	dir, err := release()
	return filepath.Join(dir, "action"), err
}

func releaseFolder(t testing.TB) string {
	t.Helper()
	dir, err := release()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// Two machines build the same commit, in other folders, with other caches and other settings.
func TestAReleaseIsTheSameWhereverItIsBuilt(t *testing.T) {
	t.Parallel()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	modules, err := output(exec.CommandContext(t.Context(), "go", "env", "GOMODCACHE"))
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "another", "folder")
	copyAction(t, elsewhere)

	cmd := exec.CommandContext(t.Context(), "sh", "-euc", "umask 077; .ci/release out")
	cmd.Dir = elsewhere
	cmd.Env = append(os.Environ(),
		"HOME="+t.TempDir(), "GOMODCACHE="+modules, "GOCACHE="+filepath.Join(cache, "gatepass-e2e", "go-build"),
		"GOFLAGS=-buildvcs=true", "GOAMD64=v3", "GOARM64=v9.0", "CGO_ENABLED=1", "TZ=Asia/Tokyo", "LC_ALL=C.UTF-8")
	if _, err := output(cmd); err != nil {
		t.Fatal(err)
	}
	checkSame(t, treeOf(t, filepath.Join(elsewhere, "out")), treeOf(t, releaseFolder(t)))
}

// A release's page has the very programs that a job runs, and tells what they are made of.
func TestTheAssetsOfARelease(t *testing.T) {
	t.Parallel()
	dir := releaseFolder(t)
	files := treeOf(t, dir)
	var modules []string
	for _, architecture := range []string{"amd64", "arm64"} {
		for asset, program := range map[string]string{
			"assets/gatepass-linux-" + architecture:       "action/linux/" + architecture + "/sign-in",
			"assets/gatepass-check-linux-" + architecture: "action/check/linux/" + architecture + "/gatepass",
		} {
			if files[asset].content == "" || files[asset] != files[program] {
				t.Errorf("%s is %v, want %v, as %s is", asset, files[asset], files[program], program)
			}
			modules = append(modules, modulesOf(t, filepath.Join(dir, asset))...)
		}
	}

	var bill struct {
		SerialNumber string
		Components   []struct{ PURL string }
	}
	content, err := os.ReadFile(filepath.Join(dir, "assets/gatepass.cdx.json"))
	if err == nil {
		err = json.Unmarshal(content, &bill)
	}
	if err != nil {
		t.Fatal(err)
	}
	if form := `^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$`; !regexp.MustCompile(form).MatchString(bill.SerialNumber) {
		t.Errorf("its serial number is %q, want %s", bill.SerialNumber, form)
	}
	var listed []string
	for _, component := range bill.Components {
		listed = append(listed, component.PURL)
	}
	slices.Sort(modules)
	slices.Sort(listed)
	if want := slices.Compact(modules); !slices.Equal(listed, want) {
		t.Errorf("gatepass.cdx.json lists\n%s\nwant\n%s", strings.Join(listed, "\n"), strings.Join(want, "\n"))
	}

	check := exec.CommandContext(t.Context(), "sha256sum", "--check", "--strict", "checksums.txt")
	check.Dir = filepath.Join(dir, "assets")
	if printed, err := output(check); err != nil || strings.Count(printed, ": OK") != 7 {
		t.Errorf("sha256sum printed %q, error %v, want 7 files to be OK", printed, err)
	}
}

// modulesOf lists the package URLs of what the linker says a program is made of.
func modulesOf(t *testing.T, program string) []string {
	t.Helper()
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	urls := []string{"pkg:golang/stdlib@" + strings.TrimPrefix(info.GoVersion, "go")}
	for _, module := range info.Deps {
		urls = append(urls, "pkg:golang/"+module.Path+"@"+strings.ReplaceAll(module.Version, "+", "%2B"))
	}
	return urls
}
