package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// Before a release is published, its image is signed, and the image and all of the release's page are attested: where they come from, and
// what they are made of.
func TestAReleaseIsAttestedAndSigned(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(".github/workflows/release.yml")
	if err != nil {
		t.Fatal(err)
	}
	type steps struct {
		Steps []struct {
			Uses, Run string
			With      map[string]any
		}
	}
	var workflow struct {
		Jobs struct{ Image, Publish steps }
	}
	if err := yaml.Unmarshal(content, &workflow); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, step := range slices.Concat(workflow.Jobs.Image.Steps, workflow.Jobs.Publish.Steps) {
		switch subject := step.With["subject-path"]; {
		case strings.Contains(step.Run, `cosign sign --yes "$image@$digest"`):
			got = append(got, "the image is signed")
		case strings.Contains(step.Run, ".ci/publish release "):
			got = append(got, "it is published")
		case !strings.HasPrefix(step.Uses, "actions/attest@"):
		case subject == nil && step.With["subject-digest"] == "${{ steps.image.outputs.digest }}":
			got = append(got, "the image is attested"+madeOf(step.With))
		default:
			got = append(got, fmt.Sprint(subject, " are attested", madeOf(step.With)))
		}
	}
	want := []string{
		"the image is signed", "the image is attested", "the image is attested, and what is in it",
		"release/assets/* are attested", "release/assets/gatepass-* are attested, and what is in it", "it is published",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func madeOf(with map[string]any) string {
	if with["sbom-path"] == "release/assets/gatepass.cdx.json" {
		return ", and what is in it"
	}
	return ""
}
