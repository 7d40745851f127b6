package step

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gatepass/pkg/credfile"
	"gatepass/pkg/runner"
)

// stateName is the one name that a step saves, noState the value that leaves SignOut nothing to do.
const (
	stateName = "gatepass"
	noState   = "{}"
)

// state is what SignOut has to undo. An earlier step can make one up and set it in STATE_gatepass, which counts where this step saved none,
// so that it can name nothing but what a step could have made.
type state struct {
	Place       credfile.Place `json:"place,omitempty"` // of all files
	File        string         `json:"file,omitempty"`  // Google's
	Profile     string         `json:"profile,omitempty"`
	ProfileFile bool           `json:"profileFile,omitempty"` // the step has made the profile's files
	Env         []string       `json:"env,omitempty"`
}

// saveState leaves out what the step is to leave behind when the job ends.
func (p plan) saveState(f file, profile profileFiles, awsEnv, googleEnv runner.Variables) error {
	st := state{Place: profile.dir.Place, Profile: profile.profile.Name, ProfileFile: profile.New, Env: namesOf(awsEnv)}
	if !profile.New { // the step that has made the files comes last, and has set the same
		st.Env = slices.DeleteFunc(st.Env, func(name string) bool { return slices.Contains(awsProfileVariables, name) })
	}
	if p.Google != nil && p.Google.Cleanup {
		st.File, st.Env = f.name, append(st.Env, namesOf(googleEnv)...)
	}
	if st.File != "" {
		st.Place = f.dir.Place
	}
	text, err := json.Marshal(st)
	if err != nil {
		return err
	}
	return p.files.SaveState(stateName, string(text))
}

// SignOut removes the step's file and empties its variables, both by what SignIn has saved. It tries all of it and reports every failure.
// Tokens that were handed out live until they expire: neither cloud can revoke them.
func (s Step) SignOut() error {
	var st state
	saved, ok := s.Lookup("STATE_" + stateName)
	if !ok { // SignIn got nowhere, or the host loses the state, as nektos/act does
		dir, _, err := s.Process.Dir()
		if err != nil {
			return nil //nolint:nilerr // SignIn has found no place for a file either
		}
		st = state{File: credfile.StepName(s.getenv), Place: dir.Place}
	} else if err := json.Unmarshal([]byte(saved), &st); err != nil {
		return fmt.Errorf("the step's state is damaged: %w", err)
	}
	if s.getenv("AWS_SKIP_CLEANUP_STEP") == "true" {
		st.Profile = ""
		st.Env = slices.DeleteFunc(st.Env, func(name string) bool { return slices.Contains(awsVariables(), name) })
	}
	return errors.Join(s.removeFiles(st), s.emptyVariables(st.Env))
}

func (s Step) removeFiles(st state) error {
	if st.File == "" && st.Profile == "" {
		return nil
	}
	dir, _ := s.Process.At(st.Place)
	if dir.Path == "" {
		return fmt.Errorf("remove the credentials: there is no place called %q", st.Place)
	}
	var errs []error
	if st.File != "" {
		removed, err := dir.Remove(st.File)
		if removed {
			s.Log.Info("Removed Google's credentials file")
		}
		errs = append(errs, err)
	}
	if st.Profile != "" {
		err := removeProfile(dir, st.Profile, st.ProfileFile)
		if err == nil {
			s.Log.Info("Removed the AWS profile %s", st.Profile)
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("remove the credentials: %w", err)
	}
	return nil
}

func (s Step) emptyVariables(names []string) error {
	known := slices.Concat(awsVariables(), googleFileVariables, googleProjectVariables)
	var env runner.Variables
	for _, name := range names {
		if slices.Contains(known, name) {
			env.Add(name, "")
		}
	}
	if len(env) == 0 {
		return nil
	}
	files, err := runner.NewFiles(s.getenv)
	if err != nil {
		return err
	}
	if err := files.Export(env, nil); err != nil {
		return fmt.Errorf("empty the variables: %w", err)
	}
	s.Log.Info("Emptied %s", strings.Join(namesOf(env), ", "))
	return nil
}
