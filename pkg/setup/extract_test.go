package setup_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func printed(t *testing.T, print func() (string, error)) string {
	t.Helper()
	text, err := print()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// awsSetup is what was printed for AWS.
type awsSetup struct {
	url     string // the provider's; empty if none is made
	clients []string
	role    string
	policy  string // JSON, without white space
}

func (a awsSetup) equals(b awsSetup) bool {
	return a.url == b.url && a.role == b.role && a.policy == b.policy && slices.Equal(a.clients, b.clients)
}

// googleSetup is what was printed for Google.
type googleSetup struct {
	provider *provider // nil if none is made
	account  string    // the service account; empty for a direct grant
	role     string
	members  []string
}

// provider is as gcloud describes one.
type provider struct {
	Name               string            `json:"name"`
	State              string            `json:"state"`
	OIDC               map[string]string `json:"oidc"`
	AttributeMapping   map[string]string `json:"attributeMapping"`
	AttributeCondition string            `json:"attributeCondition"`
}

func (g googleSetup) equals(other googleSetup) bool {
	return asJSON(g.provider) == asJSON(other.provider) && g.account == other.account && g.role == other.role && slices.Equal(g.members, other.members)
}

func asJSON(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}

// compact is JSON in one form.
func compact(t *testing.T, text string) string {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return asJSON(value)
}

// runScripts has a shell run scripts, one after the other, with functions in place of the clouds' tools, and returns for each the commands
// with their words.
func runScripts(t *testing.T, scripts []string) [][][]string {
	t.Helper()
	var input strings.Builder
	input.WriteString(`record() { printf '%s\0' "$#" "$@"; }
aws() { record aws "$@"; }
gcloud() { record gcloud "$@"; }
set -eu
`)
	for _, script := range scripts {
		input.WriteString(script + "\nrecord end\n")
	}
	shell := exec.CommandContext(t.Context(), "sh")
	shell.Stdin = strings.NewReader(input.String())
	var faults bytes.Buffer
	shell.Stderr = &faults
	out, err := shell.Output()
	if err != nil || faults.Len() > 0 {
		t.Fatalf("the shell: %v: %s", err, faults.String())
	}
	var all [][][]string
	var commands [][]string
	words := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	for len(words) > 0 {
		count, err := strconv.Atoi(words[0])
		if err != nil {
			t.Fatal(err)
		}
		command := words[1 : 1+count]
		words = words[1+count:]
		if command[0] == "end" {
			all, commands = append(all, commands), nil
		} else {
			commands = append(commands, command)
		}
	}
	if len(all) != len(scripts) {
		t.Fatalf("the shell ran %d of %d scripts", len(all), len(scripts))
	}
	return all
}

// flags are the values of a command's flags, and before them its other words.
func flags(command []string) (words []string, values map[string]string) {
	values = map[string]string{}
	for i := 0; i < len(command); i++ {
		name, value, joined := strings.Cut(command[i], "=")
		switch {
		case !strings.HasPrefix(command[i], "--"):
			words = append(words, command[i])
			continue
		case !joined:
			i++
			value = command[i]
		}
		values[strings.TrimPrefix(name, "--")] = value
	}
	return words, values
}

func awsOfCommands(t *testing.T, commands [][]string) (made awsSetup) {
	t.Helper()
	for _, command := range commands {
		words, values := flags(command)
		switch strings.Join(words, " ") {
		case "aws iam create-open-id-connect-provider":
			made.url, made.clients = values["url"], []string{values["client-id-list"]}
		case "aws iam create-role":
			made.role, made.policy = values["role-name"], compact(t, values["assume-role-policy-document"])
		default:
			t.Errorf("what is %q?", command)
		}
	}
	return made
}

func awsOfTemplate(t *testing.T, text string) (made awsSetup) {
	t.Helper()
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				URL                      string   `yaml:"Url"`
				ClientIDList             []string `yaml:"ClientIdList"`
				RoleName                 string   `yaml:"RoleName"`
				AssumeRolePolicyDocument any      `yaml:"AssumeRolePolicyDocument"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(text), &template); err != nil {
		t.Fatal(err)
	}
	for _, resource := range template.Resources {
		if resource.Properties.AssumeRolePolicyDocument != nil {
			made.role, made.policy = resource.Properties.RoleName, asJSON(resource.Properties.AssumeRolePolicyDocument)
		} else {
			made.url, made.clients = resource.Properties.URL, resource.Properties.ClientIDList
		}
	}
	return made
}

// block is a resource of Terraform's, or a block in one, with its values.
type block struct {
	labels []string
	values map[string]cty.Value
	blocks []block
}

func (b block) text(name string) string {
	if value, ok := b.values[name]; ok {
		return value.AsString()
	}
	return ""
}

// resources evaluates a configuration. It must be as terraform fmt would write it.
func resources(t *testing.T, text string) (all []block) {
	t.Helper()
	if formatted := string(hclwrite.Format([]byte(text))); formatted != text {
		t.Errorf("terraform fmt would write\n%s", formatted)
	}
	file, diagnostics := hclparse.NewParser().ParseHCL([]byte(text), "main.tf")
	if diagnostics.HasErrors() {
		t.Fatalf("%v in\n%s", diagnostics, text)
	}
	context := &hcl.EvalContext{Functions: map[string]function.Function{"jsonencode": stdlib.JSONEncodeFunc}, Variables: map[string]cty.Value{}}
	for _, b := range file.Body.(*hclsyntax.Body).Blocks {
		resource := evaluate(t, b, context)
		all = append(all, resource)
		// What later resources may refer to.
		context.Variables[b.Labels[0]] = cty.ObjectVal(map[string]cty.Value{b.Labels[1]: cty.ObjectVal(resource.values)})
	}
	return all
}

func evaluate(t *testing.T, b *hclsyntax.Block, context *hcl.EvalContext) block {
	t.Helper()
	result := block{b.Labels, map[string]cty.Value{}, nil}
	for name, attribute := range b.Body.Attributes {
		value, diagnostics := attribute.Expr.Value(context)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		result.values[name] = value
	}
	for _, inner := range b.Body.Blocks {
		result.blocks = append(result.blocks, evaluate(t, inner, context))
	}
	return result
}

func awsOfTerraform(t *testing.T, text string) (made awsSetup) {
	t.Helper()
	for _, resource := range resources(t, text) {
		switch resource.labels[0] {
		case "aws_iam_openid_connect_provider":
			made.url = resource.text("url")
			for _, client := range resource.values["client_id_list"].AsValueSlice() {
				made.clients = append(made.clients, client.AsString())
			}
		case "aws_iam_role":
			made.role, made.policy = resource.text("name"), compact(t, resource.text("assume_role_policy"))
		default:
			t.Errorf("what is %q?", resource.labels)
		}
	}
	return made
}
