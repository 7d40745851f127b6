package step

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"gatepass/pkg/credfile"
	"gatepass/pkg/google"
)

// handOver gives the credentials to later steps: first the state, so that the job's end can undo whatever follows, then the file, then
// the variables that name it.
func (s Step) handOver(p plan, got session) error {
	file, err := s.newFile(p)
	if err != nil {
		return err
	}
	awsEnv, googleEnv := p.awsEnv(got), p.googleEnv(file.exported())
	if err := saveState(p, file, awsEnv, googleEnv); err != nil {
		return fmt.Errorf("save the step's state: %w", err)
	}
	if err := s.write(file); err != nil {
		return fmt.Errorf("write the credentials file: %w", err)
	}
	env := slices.Concat(awsEnv, googleEnv)
	if err := p.files.Export(env, p.outputs(got, file.exported())); err != nil {
		return errors.Join(fmt.Errorf("export the credentials: %w", err), file.remove(), p.files.SaveState(stateName, noState))
	}
	s.report(p, got, file, env)
	return nil
}

// file is Google's credentials file. The zero value is for a step without one.
type file struct {
	dir     credfile.Dir
	name    string
	content []byte
}

// exported is the path that later steps know the file by, or nothing.
func (f file) exported() string {
	if f.name == "" {
		return ""
	}
	return filepath.Join(f.dir.Exported, f.name)
}

func (f file) remove() error {
	if f.name == "" {
		return nil
	}
	_, err := f.dir.Remove(f.name)
	return err
}

// newFile chooses the file's place and name. It writes nothing yet.
func (s Step) newFile(p plan) (file, error) {
	if p.Google == nil || !p.Google.CreateCredentialsFile {
		return file{}, nil
	}
	content, err := google.CredentialsFile(*p.Google, p.source)
	if err != nil {
		return file{}, err
	}
	dir, ok := s.Process.Dir()
	if !ok {
		s.Log.Warning("The runner did not say where the job's folders are, so the path of Google's credentials file is the one inside this action's container. Later steps outside it may not find the file.")
	}
	name := credfile.StepName(s.getenv)
	if _, err := os.Lstat(filepath.Join(dir.Path, name)); err == nil {
		name = credfile.RandomName()
	}
	return file{dir, name, content}, nil
}

func (s Step) write(f file) error {
	if f.name == "" {
		return nil
	}
	owned, err := f.dir.Create(f.name, f.content)
	if err == nil && !owned {
		s.Log.Warning("Google's credentials file could not be given to the owner of its folder. Steps of another user cannot read it.")
	}
	return err
}
