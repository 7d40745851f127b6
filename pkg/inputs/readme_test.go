package inputs

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

var update = flag.Bool("update", false, "rewrite README's tables")

const readme = "../../README.md"

// README's tables of inputs and outputs are those of action.yml.
func TestReadmeTables(t *testing.T) {
	t.Parallel()
	action, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var declarations struct{ Inputs, Outputs yaml.MapSlice }
	if err := yaml.Unmarshal(action, &declarations); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	for marker, table := range map[string]string{
		"inputs for both clouds": inputTable(declarations.Inputs, both),
		"inputs for AWS":         inputTable(declarations.Inputs, onAWS),
		"inputs for Google":      inputTable(declarations.Inputs, onGoogle),
		"outputs":                outputTable(declarations.Outputs),
	} {
		if want, err = replace(want, marker, table); err != nil {
			t.Fatal(err)
		}
	}
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatal("README.md does not show the inputs and outputs of action.yml; run go test ./pkg/inputs -update")
	}
	if err := os.WriteFile(readme, []byte(want), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replace puts a table between the comments <!-- marker --> and <!-- end -->.
func replace(text, marker, table string) (string, error) {
	before, rest, found := strings.Cut(text, "<!-- "+marker+" -->\n")
	_, after, ended := strings.Cut(rest, "<!-- end -->")
	if !found || !ended {
		return "", fmt.Errorf("README.md has no place for the %s", marker)
	}
	return before + "<!-- " + marker + " -->\n" + table + "<!-- end -->" + after, nil
}

func inputTable(inputs yaml.MapSlice, of cloud) string {
	table := "| input | default | |\n|---|---|---|\n"
	for _, item := range inputs {
		name := item.Key.(string)
		d, known := declared[name]
		if !known || d.cloud != of {
			continue
		}
		standard := ""
		if d.Default != "" {
			standard = "`" + d.Default + "`"
		}
		text := description(item)
		if d.unsupported {
			text = "*Not supported yet.* " + text
		}
		table += fmt.Sprintf("| `%s` | %s | %s |\n", name, standard, text)
	}
	return table
}

func outputTable(outputs yaml.MapSlice) string {
	table := "| output | |\n|---|---|\n"
	for _, item := range outputs {
		table += fmt.Sprintf("| `%s` | %s |\n", item.Key, description(item))
	}
	return table
}

func description(item yaml.MapItem) string {
	return strings.ReplaceAll(strings.TrimSpace(item.Value.(map[string]any)["description"].(string)), "|", `\|`)
}
