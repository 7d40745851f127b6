//go:build e2e

package e2e

import (
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// A runner that is out of patience kills main, or a machine does that is out of memory. Whatever is there by then, the end of the job
// removes it.
func TestMainIsKilled(t *testing.T) {
	t.Parallel()
	for name, hold := range map[string]func(*pipes) (exported []byte, err error){
		"when the files are written, and nothing is exported": (*pipes).untilTheFilesAreWritten,
		"when the variables are exported, and no output":      (*pipes).untilTheVariablesAreExported,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, m := newWorld(t), newMachine(t)
			w.permit(m)
			environment, files := maps.Clone(m.Env), m.files(t)
			step := m.use(t, image(t, "legacy"), "signin", withProfile(toBothClouds()))
			env := step.begin(t)
			p := makePipes(t, env)
			killed := make(chan error, 1)
			go func() {
				exported, err := hold(p)
				if err == nil {
					err = p.replace(exported)
				}
				if err == nil {
					_, err = output(exec.CommandContext(t.Context(), dockerPath, "kill", "--signal", "KILL", step.name))
				}
				killed <- err
			}()
			if code, _ := step.run(t.Context(), t, step.action.Runs.Entrypoint, env); code != 137 {
				t.Fatalf("main: got exit code %d, want 137", code)
			}
			if err := <-killed; err != nil {
				t.Fatal(err)
			}
			if err := step.End(); err != nil {
				t.Fatal(err)
			}
			if credentials := find(t, m.Home(), "-type", "f", "-printf", "%f\\n"); len(credentials) != 3 {
				t.Errorf("when main was killed it had written %q, want Google's file and AWS's two", credentials)
			}

			if code, _ := step.post(t); code != 0 {
				t.Errorf("post: got exit code %d, want 0", code)
			}
			checkNothingLeft(t, m, environment, files)
			m.checkEmptied(t)
		})
	}
}

// pipes are in the place of the two files that a step hands credentials over with. Main waits in the middle of that, as a pipe cannot be
// opened for writing before someone opens it for reading.
type pipes struct {
	env, output string
	reader      *os.File // of env, open because it is an error to write to a pipe that nobody reads
}

func makePipes(t *testing.T, env map[string]string) *pipes {
	t.Helper()
	p := &pipes{env: env["GITHUB_ENV"], output: env["GITHUB_OUTPUT"]}
	t.Cleanup(func() { _ = p.reader.Close() })
	for _, path := range []string{p.env, p.output} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// untilTheFilesAreWritten returns when main opens GITHUB_ENV to export variables. It will open GITHUB_OUTPUT next, and wait. Both were
// opened, the one after the other, and closed before, when main looked whether it can write them.
func (p *pipes) untilTheFilesAreWritten() ([]byte, error) {
	if err := p.untilMainHasLooked(); err != nil {
		return nil, err
	}
	var err error
	p.reader, err = os.Open(p.env)
	return nil, err
}

// untilTheVariablesAreExported returns when main has closed GITHUB_ENV, with what it has written.
func (p *pipes) untilTheVariablesAreExported() ([]byte, error) {
	if err := p.untilMainHasLooked(); err != nil {
		return nil, err
	}
	return readPipe(p.env)
}

func (p *pipes) untilMainHasLooked() error {
	_, envErr := readPipe(p.env)
	_, outputErr := readPipe(p.output)
	return errors.Join(envErr, outputErr)
}

// readPipe waits until someone opens a pipe for writing, and reads what they write until they close it.
func readPipe(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}

// replace puts files in the places of the pipes, for the runner to read. Main still waits for the pipe.
func (p *pipes) replace(env []byte) error {
	return errors.Join(os.Remove(p.env), os.Remove(p.output), os.WriteFile(p.env, env, 0o644), os.WriteFile(p.output, nil, 0o644))
}
