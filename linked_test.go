package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// programs are the two that a release is made of, and the tool for one's own machine.
var programs = []struct{ name, path string }{{"action", "."}, {"check", "./cmd/gatepass-check"}, {"gatepass", "./cmd/gatepass"}}

// linkedPackage is what `go list` tells of a package.
type linkedPackage struct {
	ImportPath string
	Dir        string
	Root       string // of its module, or Go's own
	Module     *struct {
		Path string
		Main bool
	}
}

func (p linkedPackage) module() string {
	if p.Module == nil {
		return standardLibrary
	}
	return p.Module.Path
}

// linked lists the packages that a program is made of, on each of the machines that a release is for.
func linked(t *testing.T, program string) []linkedPackage {
	t.Helper()
	var packages []linkedPackage
	for _, architecture := range []string{"amd64", "arm64"} {
		// As .ci/rootfs and .ci/checkaction have it.
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Dir,Root,Module", "-tags=grpcnotrace,nethttpomithttp2", program)
		list.Env = append(list.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+architecture, "GOWORK=off")
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
			var p linkedPackage
			if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			packages = append(packages, p)
		}
	}
	return packages
}
