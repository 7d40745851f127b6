//go:build e2e

package e2e

import (
	"debug/elf"
	"debug/gosym"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The table by which Go prints traces tells of each function in a program, without symbols, too. None comes from a test, the sandbox or
// CEL, and all come from where `go list` says.
func TestTheProgramsOfAReleaseLinkNoTestNoSandboxAndNoCEL(t *testing.T) {
	t.Parallel()
	unlinked := regexp.MustCompile(`(^|/)(testing|httptest|iotest|fstest|testscript)(/|$)|gatepass/pkg/(sandbox|trust/googletrust)|^cel\.dev/|/antlr`)
	for _, architecture := range []string{"amd64", "arm64"} {
		t.Run(architecture, func(t *testing.T) {
			t.Parallel()
			listed := packagesFor(t, architecture)
			linked := packagesIn(t, filepath.Join(releaseFolder(t), "action/linux", architecture, "sign-in"))
			for name := range linked {
				if unlinked.MatchString(name) {
					t.Errorf("%s is in the program", name)
				}
				if !listed[name] {
					t.Errorf("%s is in the program, and go list does not tell of it", name)
				}
			}
			if !linked["main"] || !linked["gatepass/pkg/step"] {
				t.Errorf("the packages of the program are not found, but %v", linked)
			}
		})
	}
}

// packagesFor lists the packages that the action's program is to be made of.
func packagesFor(t *testing.T, architecture string) map[string]bool {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags=grpcnotrace,nethttpomithttp2", ".")
	list.Dir = repository
	list.Env = append(list.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+architecture)
	text, err := output(list)
	if err != nil {
		t.Fatal(err)
	}
	packages := map[string]bool{"main": true}
	for _, name := range strings.Fields(text) {
		packages[name] = true
	}
	return packages
}

// packagesIn lists the packages whose functions are in a program.
func packagesIn(t *testing.T, program string) map[string]bool {
	t.Helper()
	file, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	content, err := file.Section(".gopclntab").Data()
	if err != nil {
		t.Fatal(err)
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(content, file.Section(".text").Addr))
	if err != nil {
		t.Fatal(err)
	}
	packages := map[string]bool{}
	for _, function := range table.Funcs {
		// What is promoted from an embedded field has that one's package behind its own.
		name, _, _ := strings.Cut(function.PackageName(), ".(")
		if name, err = url.PathUnescape(name); err != nil {
			t.Fatal(err)
		}
		if name != "" { // as of assembly
			packages[name] = true
		}
	}
	return packages
}
