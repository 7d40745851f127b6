package step

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gatepass/pkg/credfile"
	"gatepass/pkg/inputs"
	"gatepass/pkg/runner"
)

// stateName is the one name that a step saves.
const stateName = "gatepass"

// state is what SignOut has to undo; the zero value leaves it nothing to do. An earlier step can make one up and set it in STATE_gatepass,
// which counts where this step saved none, so that it can name nothing but what a step could have made.
type state struct {
	File         string         `json:"file,omitempty"` // Google's
	Place        credfile.Place `json:"place,omitempty"`
	Token        string         `json:"token,omitempty"` // the file with GitHub's
	TokenPlace   credfile.Place `json:"tokenPlace,omitempty"`
	Profiles     []string       `json:"profiles,omitempty"`
	ProfilePlace credfile.Place `json:"profilePlace,omitempty"`
	ProfileFiles bool           `json:"profileFiles,omitempty"` // the step has made the profile's files
	Renewal      string         `json:"renewal,omitempty"`      // the folder that renews the profiles, in the same place
	Env          []change       `json:"env,omitempty"`
}

// stateOf leaves out what the step is to leave behind when the job ends.
func (s Step) stateOf(p plan, f, token file, r renewal, profile profileFiles, awsEnv, googleEnv runner.Variables) state {
	st := state{
		Token: token.name, TokenPlace: token.dir.Place,
		Profiles: profile.names(), ProfilePlace: profile.dir.Place, ProfileFiles: profile.New, Renewal: r.name,
		Env: s.changes(awsEnv),
	}
	if p.Google != nil && p.Google.Cleanup {
		st.File, st.Place, st.Env = f.name, f.dir.Place, append(st.Env, s.changes(googleEnv)...)
	}
	return st
}

func (st state) save(files runner.Files) error {
	text, err := json.Marshal(st)
	if err != nil {
		return err
	}
	return files.SaveState(stateName, string(text))
}

// SignOut removes the step's files and undoes its variables, both by what SignIn has saved. It tries all of it and reports every failure.
// Tokens that were handed out live until they expire.
func (s Step) SignOut() error {
	var st state
	saved, ok := s.Lookup("STATE_" + stateName)
	if !ok { // SignIn got nowhere, or the host loses the state, as nektos/act does
		st = s.likelyState()
	} else if err := json.Unmarshal([]byte(saved), &st); err != nil {
		return fmt.Errorf("the step's state is damaged: %w", err)
	}
	// As the official action's post-if compares it: https://docs.github.com/actions/reference/workflows-and-actions/expressions#operators
	if strings.EqualFold(s.getenv("AWS_SKIP_CLEANUP_STEP"), "true") {
		st.Token, st.Profiles, st.Renewal = "", nil, ""
		st.Env = slices.DeleteFunc(st.Env, func(c change) bool { return slices.Contains(awsVariables(), c.Name) })
	}
	return errors.Join(s.removeFiles(st), s.undo(st.Env))
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
	st.Profiles = inputs.Profiles(s.Lookup)
	if s.getenv(inputs.Variable("aws-web-identity")) != "" {
		st.Token, st.TokenPlace = credfile.TokenName(s.getenv), dir.Place
	}
	if s.getenv(inputs.Variable("aws-refresh")) != "" {
		st.Renewal = credfile.FolderName(s.getenv)
		if st.Profiles == nil {
			st.Profiles = []string{st.Renewal}
		}
	}
	if st.Profiles != nil {
		st.ProfilePlace, st.ProfileFiles = dir.Place, s.hasMadeProfileFiles(dir)
	}
	return st
}

func (s Step) removeFiles(st state) error {
	var errs []error
	for _, f := range []struct {
		what, name string
		place      credfile.Place
	}{{credentialsFile, st.File, st.Place}, {tokenFile, st.Token, st.TokenPlace}} {
		if f.name == "" {
			continue
		}
		dir, err := s.at(f.place)
		if err == nil {
			var removed bool
			if removed, err = dir.Remove(f.name); removed {
				s.Log.Info("Removed %s", f.what)
			}
		}
		errs = append(errs, err)
	}
	if len(st.Profiles) > 0 {
		dir, err := s.at(st.ProfilePlace)
		if err == nil {
			var removed bool
			if removed, err = removeProfiles(dir, st.Profiles, st.ProfileFiles); removed && err == nil {
				s.Log.Info("Removed the AWS %s", profilesPhrase(st.Profiles))
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
