package step

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gatepass/pkg/awsprofile"
	"gatepass/pkg/credfile"
	"gatepass/pkg/runner"
	"gatepass/pkg/untrusted"
)

// profileFiles are the two files that hold AWS profiles, kept for a job beside its other credentials: the action's container does not see
// the ~/.aws of later steps. The zero value is for a step without a profile.
type profileFiles struct {
	dir      credfile.Dir
	profiles []awsprofile.Profile
	exported string // the name of the one that the environment names, if it is to name one
	// New tells that this step is the job's first with a profile. Its end removes the files; other steps' ends take their profile out, and
	// come before, as a job ends in reverse order.
	New bool
	// before are the profiles that the job has had so far, where New, below a line that names the step.
	before [2][]byte
}

// profileFile is one of the two.
type profileFile struct {
	awsprofile.File
	name  string // in its folder
	usual string // where AWS's tools look without a variable, under HOME
}

var bothProfileFiles = []profileFile{
	{awsprofile.Credentials, credfile.AWSCredentials, ".aws/credentials"},
	{awsprofile.Config, credfile.AWSConfig, ".aws/config"},
}

func (s Step) newProfileFiles(p plan, got session, renewal renewal) (profileFiles, error) {
	if got.aws == nil || p.AWS.Profile == "" && renewal.name == "" {
		return profileFiles{}, nil
	}
	if got.aws.FromJob {
		s.Log.Info("AWS: the profile %s is not written, as the job keeps its own credentials", p.AWS.Profile)
		return profileFiles{}, nil
	}
	dir, err := s.Process.Dir(false)
	if err != nil {
		return profileFiles{}, err
	}
	_, err = os.Lstat(filepath.Join(dir.Path, credfile.AWSCredentials))
	files := profileFiles{dir: dir, New: errors.Is(err, fs.ErrNotExist), exported: cmp.Or(p.AWS.Profile, renewal.name)}
	for i, in := range p.AWS.SignIns() {
		files.profiles = append(files.profiles, awsprofile.Profile{
			Name:            cmp.Or(in.Profile, renewal.name),
			Region:          in.Region,
			AccessKeyID:     got.roles[i].AccessKeyID,
			SecretAccessKey: got.roles[i].SecretAccessKey,
			SessionToken:    got.roles[i].SessionToken,
			Process:         renewal.command(i),
		})
	}
	if !files.New {
		return files, nil
	}
	for i, file := range bothProfileFiles {
		if files.before[i], err = s.jobsProfiles(files.phrase(), file); err != nil {
			return profileFiles{}, err
		}
	}
	files.before[awsprofile.Credentials] = append([]byte(s.makersLine()), files.before[awsprofile.Credentials]...)
	return files, nil
}

func (f profileFiles) names() []string {
	var names []string
	for _, profile := range f.profiles {
		names = append(names, profile.Name)
	}
	return names
}

func (f profileFiles) phrase() string { return profilesPhrase(f.names()) }

func profilesPhrase(names []string) string {
	if len(names) == 1 {
		return "profile " + names[0]
	}
	return "profiles " + strings.Join(names, ", ")
}

// env leads AWS's tools to the files.
func (f profileFiles) env() runner.Variables {
	var env runner.Variables
	if len(f.profiles) == 0 {
		return env
	}
	for _, file := range bothProfileFiles {
		env.Add(file.Variable(), filepath.Join(f.dir.Exported, file.name))
	}
	if f.profiles[0].Process != "" {
		env.Add(awsLoadConfig, "1")
	}
	return env
}

// writeProfile adds the profiles to both files, and returns what it has done until it failed. Where the files are new, they begin with the
// profiles that the job has had so far.
func (s Step) writeProfile(p plan, f profileFiles) (all done, err error) {
	if len(f.profiles) == 0 {
		return nil, nil
	}
	for i, file := range bothProfileFiles {
		var before []byte
		owned, err := f.dir.Update(file.name, func(old []byte) ([]byte, error) {
			before = slices.Clone(old)
			if f.New {
				old = f.before[i]
			}
			return file.addAll(old, f.profiles, p.AWS.OverwriteProfile)
		})
		if err != nil {
			return all, err
		}
		all = append(all, func() error {
			_, err := f.dir.Update(file.name, func([]byte) ([]byte, error) { return before, nil })
			return err
		})
		if !owned {
			s.Log.Warning("AWS's profiles could not be given to the owner of their folder. Steps of another user cannot read them.")
		}
	}
	return all, nil
}

func (f profileFile) addAll(text []byte, profiles []awsprofile.Profile, overwrite bool) (_ []byte, err error) {
	for _, profile := range profiles {
		if text, err = f.Add(text, profile, overwrite); err != nil {
			return nil, err
		}
	}
	return text, nil
}

// jobsProfiles is what AWS's tools have read so far, as far as this action's container sees it.
func (s Step) jobsProfiles(profiles string, file profileFile) ([]byte, error) {
	const largest = 1 << 20
	path := s.getenv(file.Variable())
	set := path != ""
	if !set {
		path = filepath.Join(s.getenv("HOME"), file.usual)
	}
	if !filepath.IsAbs(path) { // else a checkout could bring a profile that starts a program
		return nil, nil
	}
	text, err := credfile.Read(path, largest, false)
	if errors.Is(err, fs.ErrNotExist) {
		if set {
			s.Log.Warning(fmt.Sprintf("%s names %s, which this action's container does not see. Later steps find the %s, but not those of that file.", file.Variable(), untrusted.Line(path), profiles))
		}
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the job's profiles, %s: %w", file.Variable(), err)
	}
	return text, nil
}

// makersLine is the first of the credentials file. By it the step that has made the files knows at its end that they are its own, also on
// hosts that lose the state, as nektos/act does.
func (s Step) makersLine() string {
	return "# made by the step of " + credfile.StepName(s.getenv) + "\n"
}

func (s Step) hasMadeProfileFiles(dir credfile.Dir) bool {
	const largest = 1 << 20
	text, err := credfile.ReadBelow(dir.Path, filepath.Join(dir.Path, credfile.AWSCredentials), largest)
	return err == nil && strings.HasPrefix(string(text), s.makersLine())
}

// removeProfiles removes the files if the step has made them, and else its profiles from them. It tells whether there was something to
// remove.
func removeProfiles(dir credfile.Dir, profiles []string, made bool) (removed bool, err error) {
	var errs []error
	for _, file := range bothProfileFiles {
		_, err := dir.Update(file.name, func(old []byte) (rest []byte, err error) {
			if !made {
				rest, err = file.removeAll(old, profiles)
			}
			removed = removed || !bytes.Equal(rest, old)
			return rest, err
		})
		errs = append(errs, err)
	}
	return removed, errors.Join(errs...)
}

// removeAll takes the last one out first, so that what separates them goes, too.
func (f profileFile) removeAll(text []byte, profiles []string) (_ []byte, err error) {
	for _, profile := range slices.Backward(profiles) {
		if text, err = f.Remove(text, profile); err != nil {
			return nil, err
		}
	}
	return text, nil
}
