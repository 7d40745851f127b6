package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts start the tool as a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gatepass": main})
}

// Each script is one goal of a user. Besides testscript's own commands there are
//
//	exits CODE COMMAND ARG…  run a command, which must end with this exit code
//	release FOLDER           put the action check into a folder, with its program as in a release
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup:               clearAction,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"release": release,
		},
	})
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit := (*exec.ExitError)(nil)
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("the exit code is %d, want %d", got, want)
	}
}

// clearAction sets the variables of the action check to its inputs' defaults.
func clearAction(env *testscript.Env) error {
	a, err := readCheckAction()
	for name, input := range a.Inputs {
		env.Setenv(checkVariable(name), input.Default)
	}
	return err
}

func release(ts *testscript.TestScript, _ bool, args []string) {
	folder := ts.MkAbs(args[0])
	program := filepath.Join("linux", runtime.GOARCH, "gatepass")
	ts.Check(os.MkdirAll(filepath.Join(folder, filepath.Dir(program)), 0o755))
	script, err := os.ReadFile("../../check/run")
	ts.Check(err)
	ts.Check(os.WriteFile(filepath.Join(folder, "run"), script, 0o755))
	self, err := os.Executable()
	ts.Check(err)
	content, err := os.ReadFile(self)
	ts.Check(err)
	ts.Check(os.WriteFile(filepath.Join(folder, program), content, 0o755))
	checksum := fmt.Sprintf("%x  %s\n", sha256.Sum256(content), program)
	ts.Check(os.WriteFile(filepath.Join(folder, "checksums.txt"), []byte(checksum), 0o644))
}
