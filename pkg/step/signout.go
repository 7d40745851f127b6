package step

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gatepass/pkg/awsprofile"
	"gatepass/pkg/credfile"
	"gatepass/pkg/inputs"
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
	File         string         `json:"file,omitempty"` // Google's
	Place        credfile.Place `json:"place,omitempty"`
	Profile      string         `json:"profile,omitempty"`
	ProfilePlace credfile.Place `json:"profilePlace,omitempty"`
	ProfileFiles bool           `json:"profileFiles,omitempty"` // the step has made the profile's files
	Renewal      string         `json:"renewal,omitempty"`      // the folder that renews the profile, in the same place
	Env          []string       `json:"env,omitempty"`
}

// saveState leaves out what the step is to leave behind when the job ends.
func (p plan) saveState(f file, r renewal, profile profileFiles, awsEnv, googleEnv runner.Variables) error {
	st := state{Profile: profile.profile.Name, ProfilePlace: profile.dir.Place, ProfileFiles: profile.New, Renewal: r.name, Env: namesOf(awsEnv)}
	if !profile.New { // the step that has made the files comes last, and has set the same
		st.Env = slices.DeleteFunc(st.Env, func(name string) bool { return slices.Contains(awsProfileVariables, name) })
	}
	if p.Google != nil && p.Google.Cleanup {
		st.File, st.Place, st.Env = f.name, f.dir.Place, append(st.Env, namesOf(googleEnv)...)
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
		st = s.likelyState()
	} else if err := json.Unmarshal([]byte(saved), &st); err != nil {
		return fmt.Errorf("the step's state is damaged: %w", err)
	}
	if s.getenv("AWS_SKIP_CLEANUP_STEP") == "true" {
		st.Profile, st.Renewal = "", ""
		st.Env = slices.DeleteFunc(st.Env, func(name string) bool { return slices.Contains(awsVariables(), name) })
	}
	return errors.Join(s.removeFiles(st), s.emptyVariables(st.Env))
}

// likelyState is what a step may have made of which nothing is known but its inputs.
func (s Step) likelyState() state {
	dir, err := s.Process.Dir(false)
	if err != nil {
		return state{} // SignIn has found no place for a file either
	}
	st := state{Place: dir.Place}
	if inputs.Cleanup(s.Lookup) {
		st.File = credfile.StepName(s.getenv)
	}
	profile := strings.TrimSpace(s.getenv(inputs.Variable("aws-profile")))
	if s.getenv(inputs.Variable("aws-refresh")) != "" {
		st.Renewal = credfile.FolderName(s.getenv)
		profile = cmp.Or(profile, st.Renewal)
	}
	if awsprofile.CheckName(profile) == nil {
		st.Profile, st.ProfilePlace, st.ProfileFiles = profile, dir.Place, s.hasMadeProfileFiles(dir)
	}
	return st
}

func (s Step) removeFiles(st state) error {
	var errs []error
	if st.File != "" {
		dir, err := s.at(st.Place)
		if err == nil {
			var removed bool
			if removed, err = dir.Remove(st.File); removed {
				s.Log.Info("Removed Google's credentials file")
			}
		}
		errs = append(errs, err)
	}
	if st.Profile != "" {
		dir, err := s.at(st.ProfilePlace)
		if err == nil {
			var removed bool
			if removed, err = removeProfile(dir, st.Profile, st.ProfileFiles); removed && err == nil {
				s.Log.Info("Removed the AWS profile %s", st.Profile)
			}
		}
		errs = append(errs, err)
	}
	if st.Renewal != "" {
		errs = append(errs, s.removeRenewal(st.ProfilePlace, st.Renewal))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("remove the credentials: %w", err)
	}
	return nil
}

// at is the folder of a place, whatever later steps call it.
func (s Step) at(place credfile.Place) (credfile.Dir, error) {
	dir, _ := s.Process.At(place)
	if dir.Path == "" {
		return dir, fmt.Errorf("there is no place called %q", place)
	}
	return dir, nil
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
