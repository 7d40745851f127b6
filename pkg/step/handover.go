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
	token, tokenErr := s.newTokenFile(p, got)
	renewal, renewalErr := s.newRenewal(p, got)
	profile, profileErr := s.newProfileFiles(p, got, renewal)
	if err := errors.Join(fileErr, tokenErr, renewalErr, profileErr); err != nil {
		return err
	}
	s.warnOfPlaces(p, file.dir, profile.dir, token.dir)
	awsEnv, googleEnv := slices.Concat(s.awsEnv(p, got, profile), s.webIdentityEnv(p, token)), p.googleEnv(file.exported())
	st := s.stateOf(p, file, token, renewal, profile, awsEnv, googleEnv)
	if err := st.save(p.files); err != nil {
		return fmt.Errorf("save the step's state: %w", err)
	}
	env := slices.Concat(awsEnv, googleEnv)
	if done, err := s.writeAll(ctx, p, files{file, token}, renewal, profile, env, p.outputs(got, file.exported())); err != nil {
		left := done.undo()
		st.Env = nil // nothing is exported
		if left == nil {
			st = state{}
		} // else the job's end tries again
		return errors.Join(err, left, st.save(p.files))
	}
	s.report(p, got, file, profile, env)
	return nil
}

// done is what undoes each thing that was done.
type done []func() error

// undo tries all of it.
func (d done) undo() error {
	var errs []error
	for _, undo := range d {
		errs = append(errs, undo())
	}
	return errors.Join(errs...)
}

// writeAll writes and exports all of it, and returns what it has done until it failed.
func (s Step) writeAll(ctx context.Context, p plan, own files, renewal renewal, profile profileFiles, env, outputs runner.Variables) (done, error) {
	written, err := s.write(own)
	all := done{written.remove}
	if err != nil {
		return all, err
	}
	if err := s.writeRenewal(renewal); err != nil {
		return all, fmt.Errorf("aws-refresh: %w", err)
	}
	all = append(all, renewal.remove)
	inProfile, err := s.writeProfile(p, profile)
	all = append(all, inProfile...)
	if err != nil {
		return all, fmt.Errorf("write the AWS profile: %w", err)
	}
	// The last moment to stop: a cancelled step exports nothing, nor does one whose log may have lost a mask.
	err = errors.Join(context.Cause(ctx), s.Log.Err())
	if err == nil {
		err = p.files.Export(env, outputs)
	}
	if err != nil {
		return all, fmt.Errorf("export the credentials: %w", err)
	}
	return all, nil
}

// file is a file of the step's own. The zero value is for a step without one.
type file struct {
	what    string // one of those below
	dir     credfile.Dir
	name    string
	content []byte
}

const (
	credentialsFile = "Google's credentials file"
	tokenFile       = "GitHub's token"
)

// exported is the path that later steps know the file by, or nothing.
func (f file) exported() string {
	if f.name == "" {
		return ""
	}
	return filepath.Join(f.dir.Exported, f.name)
}

type files []file

func (all files) remove() error {
	var errs []error
	for _, f := range all {
		if f.name != "" {
			_, err := f.dir.Remove(f.name)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
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
	return file{credentialsFile, dir, name, content}, nil
}

// checkPlaces tells whether there is a place for the files that the inputs ask for.
func (s Step) checkPlaces(in inputs.Inputs) error {
	var err error
	if in.Google != nil && in.Google.CreateCredentialsFile {
		_, err = s.Process.Dir(in.Google.InWorkspace)
	}
	if err == nil && in.AWS != nil && (in.AWS.Profile != "" || in.AWS.Refresh || in.AWS.WebIdentity) {
		_, err = s.Process.Dir(false)
	}
	return err
}

// warnOfPlaces says what is unusual about the folders that files go to.
func (s Step) warnOfPlaces(p plan, google, profile, token credfile.Dir) {
	wanted := p.Google != nil && p.Google.InWorkspace
	switch {
	case google.Inside || profile.Inside || token.Inside:
		s.Log.Warning("The runner did not say where the job's folders are, so the paths of credential files are those inside this action's container. Later steps outside it may not find the files. This is so where a workflow uses the image, by docker://; use the action by its repository.")
	case profile.Place == credfile.Workspace, token.Place == credfile.Workspace, google.Place == credfile.Workspace && !wanted:
		s.Log.Warning("The runner's temporary folder does not reach later steps, so credential files lie in the checkout until the job ends. Keep them out of commits, artifacts and images.")
	}
}

// write writes all of them, and returns those that it has written until it failed.
func (s Step) write(all files) (written files, err error) {
	for _, f := range all {
		if f.name == "" {
			continue
		}
		owned, err := f.dir.Create(f.name, f.content)
		if err != nil {
			return written, fmt.Errorf("write %s: %w", f.what, err)
		}
		written = append(written, f)
		if !owned {
			s.Log.Warning(fmt.Sprintf("%s could not be given to the owner of its folder. Steps of another user cannot read it.", f.what))
		}
	}
	return written, nil
}
