//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"

	"github.com/goccy/go-yaml"
)

// action is what the runner reads of action.yml.
type action struct {
	Inputs map[string]struct {
		Default string `yaml:"default"`
	} `yaml:"inputs"`
	Runs struct {
		Image          string   `yaml:"image"`
		Entrypoint     string   `yaml:"entrypoint"`
		PostEntrypoint string   `yaml:"post-entrypoint"`
		Args           []string `yaml:"args"`
	} `yaml:"runs"`
}

func readAction() (action, error) {
	text, err := os.ReadFile(filepath.Join(repository, "action.yml"))
	if err != nil {
		return action{}, err
	}
	var a action
	return a, yaml.Unmarshal(text, &a)
}

// contexts holds the values of the expressions that action.yml uses, such as github.workspace.
type contexts map[string]string

var expression = regexp.MustCompile(`\$\{\{\s*([^}]*?)\s*\}\}`)

// evaluate puts the values of a text's expressions in their places.
func (c contexts) evaluate(text string) (string, error) {
	var err error
	result := expression.ReplaceAllStringFunc(text, func(match string) string {
		name := expression.FindStringSubmatch(match)[1]
		value, known := c[name]
		if !known {
			err = fmt.Errorf("the harness knows no value for ${{ %s }}", name)
		}
		return value
	})
	return result, err
}

// with returns all inputs of a step: those that its workflow gives and the defaults of the others. A default knows the contexts github,
// job and runner, and no other input.
func (a action) with(given map[string]string, c contexts) (map[string]string, error) {
	inputs := maps.Clone(given)
	for name, input := range a.Inputs {
		if _, ok := given[name]; ok {
			continue
		}
		value, err := c.evaluate(input.Default)
		if err != nil {
			return nil, err
		}
		inputs[name] = value
	}
	return inputs, nil
}

// args returns the arguments of the entry points, which know no other context than inputs.
func (a action) args(inputs map[string]string) ([]string, error) {
	c := contexts{}
	for name, value := range inputs {
		c["inputs."+name] = value
	}
	var args []string
	for _, text := range a.Runs.Args {
		arg, err := c.evaluate(text)
		if err != nil {
			return nil, err
		}
		args = append(args, arg)
	}
	return args, nil
}
