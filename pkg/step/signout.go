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
	File  string         `json:"file,omitempty"`
	Place credfile.Place `json:"place,omitempty"`
	Env   []string       `json:"env,omitempty"`
}

// saveState leaves out what the step is to leave behind when the job ends.
func saveState(p plan, f file, awsEnv, googleEnv runner.Variables) error {
	st := state{Env: namesOf(awsEnv)}
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
		dir, _ := s.Process.Dir()
		st = state{File: credfile.StepName(s.getenv), Place: dir.Place}
	} else if err := json.Unmarshal([]byte(saved), &st); err != nil {
		return fmt.Errorf("the step's state is damaged: %w", err)
	}
	return errors.Join(s.removeFile(st), s.emptyVariables(st.Env))
}

func (s Step) removeFile(st state) error {
	if st.File == "" {
		return nil
	}
	dir, _ := s.Process.At(st.Place)
	if dir.Path == "" {
		return fmt.Errorf("remove the credentials file: there is no place called %q", st.Place)
	}
	removed, err := dir.Remove(st.File)
	if err != nil {
		return fmt.Errorf("remove the credentials file: %w", err)
	}
	if removed {
		s.Log.Info("Removed Google's credentials file")
	}
	return nil
}

func (s Step) emptyVariables(names []string) error {
	var env runner.Variables
	for _, name := range names {
		if slices.Contains(awsVariables, name) || slices.Contains(googleFileVariables, name) || slices.Contains(googleProjectVariables, name) {
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
