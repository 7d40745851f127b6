package googletrust_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"gatepass/pkg/trust"
	"gatepass/pkg/trust/googletrust"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// lintCase is a file of testdata/lint: in its comment what is wrong, provider.json, for some second.json of the same pool and policy.json
// with bindings, and want with the findings.
type lintCase struct{ archive *txtar.Archive }

func (c lintCase) file(name string) *txtar.File {
	for i := range c.archive.Files {
		if c.archive.Files[i].Name == name {
			return &c.archive.Files[i]
		}
	}
	return nil
}

// parse returns nil if the case has no such file.
func (c lintCase) parse(t *testing.T, name string) *trust.Node {
	t.Helper()
	file := c.file(name)
	if file == nil {
		return nil
	}
	node, err := trust.ParseJSON(file.Data)
	if err != nil {
		t.Fatal(err)
	}
	return node
}

func (c lintCase) provider(t *testing.T, name string) *trust.GoogleProvider {
	t.Helper()
	provider, err := trust.ParseGoogleProvider(c.parse(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return provider
}

func (c lintCase) lint(t *testing.T) []trust.Finding {
	t.Helper()
	var bindings []googletrust.Binding
	if policy := c.parse(t, "policy.json"); policy != nil {
		var err error
		if bindings, err = googletrust.ParseBindings(policy); err != nil {
			t.Fatal(err)
		}
	}
	provider := c.provider(t, "provider.json")
	findings := googletrust.Lint(provider, bindings...)
	if c.file("second.json") != nil {
		findings = append(findings, googletrust.LintPool(provider, c.provider(t, "second.json"))...)
	}
	return findings
}

func format(findings []trust.Finding) string {
	var text strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&text, "%s: %s: %s (%s)\n    %s\n    Fix: %s\n", f.At, f.Rule.Severity, f.Message, f.Rule.Name, f.Path, f.Fix)
	}
	return text.String()
}

func lintFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/lint/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	return files
}

func TestLint(t *testing.T) {
	for _, file := range lintFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c := lintCase{archive}
			got, want := format(c.lint(t)), c.file("want")
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got != string(want.Data) {
				t.Errorf("got\n%s\nwant\n%s", got, want.Data)
			}
		})
	}
}

func TestRulesAreDistinctAndShown(t *testing.T) {
	shown := map[*trust.Rule]bool{}
	for _, file := range lintFiles(t) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, finding := range (lintCase{archive}).lint(t) {
			shown[finding.Rule] = true
			if finding.Message == "" || finding.Fix == "" || finding.Path == "" {
				t.Errorf("%s: %+v lacks a message, a fix or a path", file, finding)
			}
		}
	}
	seen := map[string]bool{}
	for _, rule := range googletrust.Rules() {
		if seen[rule.Name] || !strings.HasPrefix(rule.Name, "google-") {
			t.Errorf("%s is not a name of its own", rule.Name)
		}
		seen[rule.Name] = true
		if !strings.HasPrefix(rule.Reference, "https://") || rule.Summary == "" || rule.Why == "" || rule.Severity.String() == "unknown" {
			t.Errorf("%s lacks a reference, a summary, a reason or a severity", rule.Name)
		}
		if !shown[rule] {
			t.Errorf("no case of testdata/lint shows %s", rule.Name)
		}
		delete(shown, rule)
	}
	for rule := range shown {
		t.Errorf("Rules does not have %s", rule.Name)
	}
}
