package main

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/licensecheck"
)

var update = flag.Bool("update", false, "rewrite "+thirdParty)

// thirdParty is the list of the licences, with their texts. It goes with the programs wherever a release takes them.
const thirdParty = ".github/THIRD_PARTY_LICENSES.md"

// compatible are the licences, by their SPDX identifiers, of what may be linked into a program that is licensed under Apache-2.0. All of
// them are permissive but MPL-2.0, which is about its own files alone: https://www.mozilla.org/MPL/2.0/FAQ/, question 11.
var compatible = []string{"Apache-2.0", "BSD-3-Clause", "MIT", "MPL-2.0", "Unicode-DFS-2016", "Unlicense"}

// standardLibrary is listed like a module, as it is linked like one.
const standardLibrary = "Go's standard library"

// component is a module, its licences, and the texts that go with it: licences and notices, also of folders in it that come from elsewhere.
type component struct {
	ids      []string
	texts    []string
	programs []string
}

// Everything in the programs may be there, is listed, and its licence goes with them. Versions are not listed, as the programs and a
// release's gatepass.cdx.json tell them, so that an update need not touch the list.
func TestThirdPartyLicenses(t *testing.T) {
	t.Parallel()
	components := map[string]*component{}
	for _, program := range programs {
		for _, p := range linked(t, program.path) {
			if p.Module == nil || !p.Module.Main {
				components[p.module()] = cmp.Or(components[p.module()], &component{})
				if err := components[p.module()].add(program.name, p); err != nil {
					t.Error(err)
				}
			}
		}
	}
	want := thirdPartyList(components)
	if *update && !t.Failed() {
		if err := os.WriteFile(thirdParty, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(thirdParty); err != nil || string(got) != want {
		t.Errorf("%s is not about what is linked, error %v; run go test . -update", thirdParty, err)
	}
}

// licenseFile is what licences and notices are called in modules.
var licenseFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice)([.-].*)?$`)

// add adds a linked package: the files of its folder and of those above it, up to the module's.
func (c *component) add(program string, p linkedPackage) error {
	if !slices.Contains(c.programs, program) {
		c.programs = append(c.programs, program)
	}
	folder := p.Dir
	if p.Module == nil {
		folder = p.Root // Go's own is the same for all of its packages.
	}
	for {
		files, err := os.ReadDir(folder)
		if err != nil {
			return err
		}
		for _, file := range files {
			if file.Type().IsRegular() && licenseFile.MatchString(file.Name()) {
				if err := c.read(filepath.Join(folder, file.Name())); err != nil {
					return fmt.Errorf("%s: %w", p.module(), err)
				}
			}
		}
		if folder == p.Root {
			break
		}
		folder = filepath.Dir(folder)
	}
	if len(c.ids) == 0 {
		return fmt.Errorf("%s has no licence", p.module())
	}
	return nil
}

func (c *component) read(file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	text := strings.TrimSpace(strings.ReplaceAll(string(content), "\r\n", "\n"))
	if slices.Contains(c.texts, text) {
		return nil
	}
	c.texts = append(c.texts, text)
	if strings.HasPrefix(strings.ToLower(filepath.Base(file)), "notice") {
		return nil
	}
	ids, err := licensesIn(content)
	if err != nil {
		return fmt.Errorf("%s %w", filepath.Base(file), err)
	}
	c.ids = append(c.ids, ids...)
	slices.Sort(c.ids)
	c.ids = slices.Compact(c.ids)
	return nil
}

// licensesIn tells which licences a text is, each of which is to be a compatible one. Names and years are no part of a licence, so some of
// a text is unknown; a licence that is known in part is unknown.
func licensesIn(text []byte) ([]string, error) {
	coverage := licensecheck.Scan(text)
	if coverage.Percent < 75 {
		return nil, fmt.Errorf("holds a licence that is not known, as %.0f%% of it is", coverage.Percent)
	}
	var ids []string
	for _, match := range coverage.Match {
		if !slices.Contains(compatible, match.ID) {
			return nil, fmt.Errorf("is %s, which is not one of %q", match.ID, compatible)
		}
		ids = append(ids, match.ID)
	}
	return ids, nil
}

func thirdPartyList(components map[string]*component) string {
	var list strings.Builder
	list.WriteString("<!-- Made by go test . -update -->\n# What the programs are made of, and its licences\n\n" +
		"`action` is the action's program, `check` that of the action `check`, `gatepass` the tool for your own machine.\n" +
		"`go version -m PROGRAM` prints the version of each module; its source is at `https://pkg.go.dev/MODULE@VERSION`. None of it is changed.\n\n" +
		"| module | licence (SPDX) | linked into |\n|---|---|---|\n")
	modules, users := slices.Sorted(maps.Keys(components)), map[string][]string{}
	for _, module := range modules {
		c := components[module]
		fmt.Fprintf(&list, "| %s | %s | %s |\n", module, strings.Join(c.ids, " AND "), strings.Join(c.programs, ", "))
		for _, text := range c.texts {
			users[text] = append(users[text], module)
		}
	}
	// Each text once, in the order of the modules that have it.
	for _, text := range slices.SortedFunc(maps.Keys(users), func(a, b string) int {
		return cmp.Or(slices.Compare(users[a], users[b]), cmp.Compare(a, b))
	}) {
		fmt.Fprintf(&list, "\n## %s\n\n````text\n%s\n````\n", strings.Join(users[text], ", "), text)
	}
	return list.String()
}

func TestALicenseThatDoesNotFit(t *testing.T) {
	t.Parallel()
	apache, err := os.ReadFile("LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ text, want string }{
		"one that fits":  {string(apache), ""},
		"none at all":    {"Copyright 2026 Octocat", "holds a licence that is not known, as 0% of it is"},
		"more than one":  {strings.Repeat("and give us your house ", 200) + string(apache), "holds a licence that is not known, as 62% of it is"},
		"one too strong": {string(apache) + "\nOr: https://www.gnu.org/licenses/agpl.txt", `is AGPL-3.0, which is not one of ["Apache-2.0" "BSD-3-Clause" "MIT" "MPL-2.0" "Unicode-DFS-2016" "Unlicense"]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := licensesIn([]byte(test.text)); fmt.Sprint(err) != cmp.Or(test.want, "<nil>") {
				t.Errorf("got error %v, want %q", err, test.want)
			}
		})
	}
}
