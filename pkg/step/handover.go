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
	"gatepass/pkg/inputs"
	"gatepass/pkg/runner"
)

// handOver gives the credentials to later steps: first the state, so that the job's end can undo whatever follows, then the files, then
// the variables that name them.
func (s Step) handOver(ctx context.Context, p plan, got session) error {
	file, fileErr := s.newFile(p)
	renewal, renewalErr := s.newRenewal(p, got)
	profile, profileErr := s.newProfileFiles(p, got, renewal)
	if err := errors.Join(fileErr, renewalErr, profileErr); err != nil {
		return err
	}
	s.warnOfPlaces(p, file.dir, profile.dir)
	awsEnv, googleEnv := s.awsEnv(p, got, profile), p.googleEnv(file.exported())
	if err := p.saveState(file, renewal, profile, awsEnv, googleEnv); err != nil {
		return fmt.Errorf("save the step's state: %w", err)
	}
	env := slices.Concat(awsEnv, googleEnv)
	if err := s.writeAll(ctx, p, got, file, renewal, profile, env); err != nil {
		return errors.Join(err, p.files.SaveState(stateName, noState))
	}
	s.report(p, got, file, profile, env)
	return nil
}

// writeAll writes and exports all of it, or takes back what it has written.
func (s Step) writeAll(ctx context.Context, p plan, got session, file file, renewal renewal, profile profileFiles, env runner.Variables) error {
	if err := s.write(file); err != nil {
		return fmt.Errorf("write Google's credentials file: %w", err)
	}
	if err := s.writeRenewal(renewal); err != nil {
		return errors.Join(fmt.Errorf("aws-refresh: %w", err), file.remove())
	}
	undoProfile, err := s.writeProfile(p, profile)
	if err != nil {
		return errors.Join(fmt.Errorf("write the AWS profile: %w", err), file.remove(), renewal.remove())
	}
	// The last moment to stop: a cancelled step exports nothing, nor does one whose log may have lost a mask.
	err = errors.Join(context.Cause(ctx), s.Log.Err())
	if err == nil {
		err = p.files.Export(env, p.outputs(got, file.exported()))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("export the credentials: %w", err), file.remove(), renewal.remove(), undoProfile())
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
	dir, err := s.Process.Dir(p.Google.InWorkspace)
	if err != nil {
		return file{}, err
	}
	name := credfile.StepName(s.getenv)
	if _, err := os.Lstat(filepath.Join(dir.Path, name)); err == nil {
		name = credfile.RandomName()
	}
	return file{dir, name, content}, nil
}

// checkPlaces tells whether there is a place for the files that the inputs ask for.
func (s Step) checkPlaces(in inputs.Inputs) error {
	var err error
	if in.Google != nil && in.Google.CreateCredentialsFile {
		_, err = s.Process.Dir(in.Google.InWorkspace)
	}
	if err == nil && in.AWS != nil && (in.AWS.Profile != "" || in.AWS.Refresh) {
		_, err = s.Process.Dir(false)
	}
	return err
}

// warnOfPlaces says what is unusual about the folders that files go to.
func (s Step) warnOfPlaces(p plan, google, profile credfile.Dir) {
	wanted := p.Google != nil && p.Google.InWorkspace
	switch {
	case google.Inside || profile.Inside:
		s.Log.Warning("The runner did not say where the job's folders are, so the paths of credential files are those inside this action's container. Later steps outside it may not find the files. This is so where a workflow uses the image, by docker://; use the action by its repository.")
	case profile.Place == credfile.Workspace, google.Place == credfile.Workspace && !wanted:
		s.Log.Warning("The runner's temporary folder does not reach later steps, so credential files lie in the checkout until the job ends. Keep them out of commits, artifacts and images.")
	}
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
