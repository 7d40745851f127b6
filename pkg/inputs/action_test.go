package inputs

import (
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// action.yml is the one list of inputs that users see, so the parser must know exactly these, with the same defaults.
func TestDeclaredInputsAreThoseOfActionYML(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var action struct {
		Inputs map[string]struct {
			Description string
			Required    bool
			Default     *string
		}
	}
	if err := yaml.Unmarshal(content, &action); err != nil {
		t.Fatal(err)
	}
	for name, input := range action.Inputs {
		if strings.HasPrefix(input.Description, "Internal.") {
			continue
		}
		want, known := declared[name]
		switch {
		case !known:
			t.Errorf("%s is not parsed", name)
		case input.Default == nil || *input.Default != want.Default:
			t.Errorf("%s: action.yml's default is %v, the parser's %q", name, input.Default, want.Default)
		case input.Required:
			// The runner checks nothing; whether an input is needed depends on the others.
			t.Errorf("%s is required", name)
		}
	}
	for name := range declared {
		if _, ok := action.Inputs[name]; !ok {
			t.Errorf("%s is not in action.yml", name)
		}
	}
}
