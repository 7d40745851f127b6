package awstrust_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gatepass/pkg/trust"
	"gatepass/pkg/trust/awstrust"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// report is how findings stand in the golden files.
func report(findings []trust.Finding) string {
	var text strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&text, "%s %s: %s [%s]\n", f.At, f.Rule.Severity, f.Message, f.Rule.Name)
		fmt.Fprintf(&text, "    at:  %s\n    fix: %s\n    why: %s\n    see: %s\n", f.Path, f.Fix, f.Rule.Why, f.Rule.Reference)
	}
	return text.String()
}

// TestLint checks each policy of testdata/lint and compares what is found with the golden file beside it. What is right has none.
func TestLint(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/lint/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no policies: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			policy, err := parse(string(text))
			if err != nil {
				t.Fatal(err)
			}
			got := report(policy.Lint())
			if strings.HasPrefix(filepath.Base(file), "right-") {
				if got != "" {
					t.Errorf("found in a policy that is right:\n%s", got)
				}
				return
			}
			golden := strings.TrimSuffix(file, ".json") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/lint/*.golden")
	if err != nil {
		t.Fatal(err)
	}
	var goldens strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		goldens.Write(text)
	}
	var names []string
	for _, rule := range awstrust.Rules() {
		if slices.Contains(names, rule.Name) || !strings.HasPrefix(rule.Name, "aws-") || rule.Name != strings.ToLower(rule.Name) {
			t.Errorf("%s: there is another rule of this name, or it is no name", rule.Name)
		}
		names = append(names, rule.Name)
		if !strings.HasPrefix(rule.Reference, "https://") || rule.Summary == "" || rule.Why == "" || rule.Severity.String() == "unknown" {
			t.Errorf("%s: says too little: %+v", rule.Name, *rule)
		}
		if !strings.Contains(goldens.String(), "["+rule.Name+"]") {
			t.Errorf("%s: no golden file shows it", rule.Name)
		}
	}
}
