package step

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"gatepass/pkg/runner"
)

// change is a variable that a step has set, with what its end needs to undo that.
type change struct {
	Name string `json:"name"`
	// Was is what the variable gets back. It is empty for a key or a token, which are not kept, and for a variable that was not there: the
	// runner cannot take one away.
	Was string `json:"was,omitempty"`
	// Ours are digests of the value that the step has set, and of the one that it has found. What is neither in the end, somebody else has
	// set, and it stays. The one that it has found may be of the step's own env, behind which it does not see what it has set for the job.
	Ours []string `json:"ours"`
}

// changes are those of the variables that a step is about to set. One that has the value already is none, unless it is a secret: of two
// steps with the same key, the first one's end would otherwise be the only one to empty it.
func (s Step) changes(env runner.Variables) []change {
	var changes []change
	for _, v := range env {
		found := s.found(v.Name)
		c := change{Name: v.Name, Ours: []string{digest(v.Value), digest(found)}}
		if !isSecret(v.Name) {
			if found == v.Value {
				continue
			}
			if isPlain(found) {
				c.Was = found
			}
		}
		changes = append(changes, c)
	}
	return changes
}

// found is the value of a variable as later steps know it: the runner has rewritten paths for this action's container.
func (s Step) found(name string) string { return s.Process.Outside(s.getenv(name)) }

// isSecret tells of a key or a token. The state has but a digest of it, and it is too random to be guessed from that.
func isSecret(name string) bool { return slices.Contains(awsKeyVariables, name) }

func digest(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

// undo gives variables the values back that they had before the step. The posts of two steps come in reverse order, so that what a step
// gives back is alive: a path that an earlier step has exported is that step's to take back, when its own post comes.
func (s Step) undo(changes []change) error {
	var env runner.Variables
	var restored, emptied, left []string
	for _, c := range changes {
		found := s.found(c.Name)
		isEmptied := isSecret(c.Name) && found == "" // such as by the end of another step
		switch {
		case !slices.Contains(variables(), c.Name):
			continue
		case !isEmptied && !slices.Contains(c.Ours, digest(found)):
			left = append(left, c.Name)
			continue
		case c.Was == "" || isSecret(c.Name) || !isPlain(c.Was):
			c.Was = ""
			emptied = append(emptied, c.Name)
		default:
			restored = append(restored, c.Name)
		}
		env.Add(c.Name, c.Was)
	}
	if err := s.export(env); err != nil {
		return fmt.Errorf("restore the variables: %w", err)
	}
	for _, told := range []struct {
		what  string
		names []string
	}{{"Emptied %s", emptied}, {"Restored %s", restored}, {"Left what another step has set: %s", left}} {
		if told.names != nil {
			s.Log.Info(told.what, strings.Join(told.names, ", "))
		}
	}
	return nil
}

func (s Step) export(env runner.Variables) error {
	if len(env) == 0 {
		return nil
	}
	files, err := runner.NewFiles(s.getenv)
	if err != nil {
		return err
	}
	return files.Export(env, nil)
}

// isPlain tells whether a value can be one that a variable had which a step has set: a name, a region, a path or an ARN.
func isPlain(value string) bool {
	const longest = 4096 // of a path: limits.h, PATH_MAX
	return len(value) <= longest && !strings.ContainsFunc(value, unicode.IsControl)
}

// variables are all that a step may set.
func variables() []string {
	return slices.Concat(awsVariables(), googleFileVariables, googleProjectVariables)
}
