package main

import (
	"os"
	"regexp"
	"testing"

	"github.com/goccy/go-yaml"
)

// CI looks for known vulnerabilities at every change, and every week without one.
func TestCILooksForKnownVulnerabilities(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(".github/workflows/security.yml")
	if err != nil {
		t.Fatal(err)
	}
	var workflow struct {
		On   map[string]any
		Jobs map[string]struct{ Steps []struct{ Run string } }
	}
	if err := yaml.Unmarshal(content, &workflow); err != nil {
		t.Fatal(err)
	}
	for _, event := range []string{"pull_request", "push", "schedule"} {
		if _, ok := workflow.On[event]; !ok {
			t.Errorf("%s does not start security.yml", event)
		}
	}
	govulncheck := regexp.MustCompile(`^go run golang\.org/x/vuln/cmd/govulncheck@v[0-9.]+ \./\.\.\.$`)
	for _, job := range workflow.Jobs {
		for _, step := range job.Steps {
			if govulncheck.MatchString(step.Run) {
				return
			}
		}
	}
	t.Error("no step of security.yml runs govulncheck")
}
