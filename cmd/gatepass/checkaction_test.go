package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/spf13/pflag"
)

// checkAction is check/action.yml.
type checkAction struct {
	Inputs map[string]struct{ Description, Default string }
	Runs   struct {
		Steps []struct {
			Shell, Run string
			Env        map[string]string
		}
	}
}

func readCheckAction() (a checkAction, err error) {
	text, err := os.ReadFile("../../check/action.yml")
	if err != nil {
		return a, err
	}
	return a, yaml.Unmarshal(text, &a)
}

// checkVariable is the variable that check/run finds an input in.
func checkVariable(input string) string {
	return "CHECK_" + strings.ToUpper(strings.ReplaceAll(input, "-", "_"))
}

// Every input reaches the script, by the environment alone, and the script uses it.
func TestCheckActionHandsItsInputsToTheScript(t *testing.T) {
	t.Parallel()
	a, err := readCheckAction()
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("../../check/run")
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Runs.Steps) != 1 || a.Runs.Steps[0].Run != `"$GITHUB_ACTION_PATH/run"` {
		t.Fatalf("the action's steps are %v, want the script alone", a.Runs.Steps)
	}
	step := a.Runs.Steps[0]
	for name := range a.Inputs {
		if got, want := step.Env[checkVariable(name)], "${{ inputs."+name+" }}"; got != want {
			t.Errorf("%s is %q, want %q", checkVariable(name), got, want)
		}
		if !strings.Contains(string(script), "$"+checkVariable(name)) {
			t.Errorf("the script does not use %s", checkVariable(name))
		}
	}
	if len(step.Env) != len(a.Inputs) {
		t.Errorf("there are %d variables for %d inputs", len(step.Env), len(a.Inputs))
	}
}

// What the command can do, the action can, apart from what makes no sense in a step.
func TestCheckActionHasTheFlagsOfTheCommand(t *testing.T) {
	t.Parallel()
	a, err := readCheckAction()
	if err != nil {
		t.Fatal(err)
	}
	without := []string{"claim", "help", "issuer", "provider-arn", "role-session-name", "token"}
	for _, name := range []string{"aws", "google"} {
		command, _, err := root().Find([]string{"check", name})
		if err != nil {
			t.Fatal(err)
		}
		command.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			if _, found := a.Inputs[flag.Name]; !found && !slices.Contains(without, flag.Name) {
				t.Errorf("gatepass check %s has --%s, and the action no such input", name, flag.Name)
			}
		})
	}
}
