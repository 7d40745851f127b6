package googletrust_test

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"gatepass/pkg/trust"
	"gatepass/pkg/trust/googletrust"
)

// vectors is testdata/vectors.yaml.
type vectors struct {
	Provider map[string]any
	Claims   map[string]any
	Vectors  []vector
}

// vector is a provider and a token, and what becomes of them.
type vector struct {
	Name, Reference  string
	Provider, Claims map[string]any // in place of those that all vectors share
	Verdict          string
	Reasons          []string
	Attributes       map[string]any
	Members          []string
	Match            map[string]string
}

func readVectors(t testing.TB) (all vectors) {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalWithOptions(text, &all, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return all
}

// over is a map with some of its members replaced, and those taken out that are replaced with nil.
func over(base, replaced map[string]any) map[string]any {
	all := maps.Clone(base)
	maps.Copy(all, replaced)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	return all
}

// parseProvider reads a provider as a command would, from JSON.
func parseProvider(t testing.TB, members map[string]any) *trust.GoogleProvider {
	t.Helper()
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	node, err := trust.ParseJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := trust.ParseGoogleProvider(node)
	if err != nil {
		t.Fatal(err)
	}
	return provider
}

// parseClaims decodes claims as they come in a token.
func parseClaims(t testing.TB, members map[string]any) (claims trust.Claims) {
	t.Helper()
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// reasons are a decision's reasons, each in one line.
func reasons(d googletrust.Decision) []string {
	var lines []string
	for _, reason := range d.Reasons {
		check := reason.Check.String()
		if reason.Cause != googletrust.No {
			check += " " + reason.Cause.String()
		}
		lines = append(lines, check+": "+reason.Path+": "+reason.Message)
	}
	return lines
}

func (v vector) run(t *testing.T, all vectors) {
	d := googletrust.Evaluate(parseProvider(t, over(all.Provider, v.Provider)), parseClaims(t, over(all.Claims, v.Claims)))
	if d.Verdict.String() != v.Verdict {
		t.Errorf("the verdict is %s, want %s", d.Verdict, v.Verdict)
	}
	if got := reasons(d); !slices.Equal(got, v.Reasons) {
		t.Errorf("the reasons are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(v.Reasons, "\n"))
	}
	for name, want := range v.Attributes {
		if got := d.Attributes[name]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %#v, want %#v", name, got, want)
		}
	}
	if v.Members != nil && !slices.Equal(d.Members, v.Members) {
		t.Errorf("the members are\n%s\nwant\n%s", strings.Join(d.Members, "\n"), strings.Join(v.Members, "\n"))
	}
	for member, want := range v.Match {
		match := d.Match(member)
		got := match.Verdict.String()
		if match.Why != "" {
			got += ": " + match.Why
		}
		if got != want {
			t.Errorf("%s\nis %s\nwant %s", member, got, want)
		}
	}
}

func TestVectors(t *testing.T) {
	all := readVectors(t)
	seen := map[string]bool{}
	for _, v := range all.Vectors {
		t.Run(v.Name, func(t *testing.T) {
			if seen[v.Name] || !strings.HasPrefix(v.Reference, "https://") {
				t.Errorf("a vector needs a name of its own and a reference, not %q", v.Reference)
			}
			seen[v.Name] = true
			v.run(t, all)
		})
	}
}
