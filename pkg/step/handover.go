package step

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"gatepass/pkg/credfile"
	"gatepass/pkg/google"
	"gatepass/pkg/runner"
)

// handOver gives the credentials to later steps: first the state, so that the job's end can undo whatever follows, then the files, then
// the variables that name them.
func (s Step) handOver(ctx context.Context, p plan, got session) error {
	file, fileErr := s.newFile(p)
	profile, profileErr := s.newProfileFiles(p, got)
	if err := errors.Join(fileErr, profileErr); err != nil {
		return err
	}
	awsEnv, googleEnv := s.awsEnv(p, got, profile), p.googleEnv(file.exported())
	if err := p.saveState(file, profile, awsEnv, googleEnv); err != nil {
		return fmt.Errorf("save the step's state: %w", err)
	}
	env := slices.Concat(awsEnv, googleEnv)
	if err := s.writeAll(ctx, p, got, file, profile, env); err != nil {
		return errors.Join(err, p.files.SaveState(stateName, noState))
	}
	s.report(p, got, file, env)
	return nil
}

// writeAll writes and exports all of it, or takes back what it has written.
func (s Step) writeAll(ctx context.Context, p plan, got session, file file, profile profileFiles, env runner.Variables) error {
	if err := s.write(file); err != nil {
		return fmt.Errorf("write Google's credentials file: %w", err)
	}
	undoProfile, err := s.writeProfile(p, profile)
	if err != nil {
		return errors.Join(fmt.Errorf("write the AWS profile: %w", err), file.remove())
	}
	// The last moment to stop: a cancelled step exports nothing, nor does one whose log may have lost a mask.
	err = errors.Join(context.Cause(ctx), s.Log.Err())
	if err == nil {
		err = p.files.Export(env, p.outputs(got, file.exported()))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("export the credentials: %w", err), file.remove(), undoProfile())
	}
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
	content, err := google.CredentialsFile(*p.Google, p.github)
	if err != nil {
		return file{}, err
	}
	dir, err := s.dir(p.Google.InWorkspace)
	if err != nil {
		return file{}, err
	}
	name := credfile.StepName(s.getenv)
	if _, err := os.Lstat(filepath.Join(dir.Path, name)); err == nil {
		name = credfile.RandomName()
	}
	return file{dir, name, content}, nil
}

// dir is where this job's files are kept.
func (s Step) dir(inWorkspace bool) (credfile.Dir, error) {
	dir, known, err := s.Process.Dir(inWorkspace)
	if err == nil && !known {
		s.Log.Warning("The runner did not say where the job's folders are, so the paths of credential files are those inside this action's container. Later steps outside it may not find the files.")
	}
	return dir, err
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
