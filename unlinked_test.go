package main

import (
	"regexp"
	"testing"
)

// unlinked are packages that the action's program does without: what only tests are made of, the sandbox, and CEL with its parser.
var unlinked = regexp.MustCompile(`(^|/)(testing|testscript|[a-z]+test)(/|$)|^gatepass/pkg/(sandbox|trust/googletrust)(/|$)|^cel\.dev/|/(cel-go|antlr)(/|$)`)

// evaluator are those of them that evaluate the conditions of policies.
var evaluator = regexp.MustCompile(`^gatepass/pkg/trust/googletrust(/|$)|^cel\.dev/|/(cel-go|antlr)(/|$)`)

func unwanted(packages []linkedPackage) map[string]bool {
	found := map[string]bool{}
	for _, p := range packages {
		// Go's runtime has in itself what testing/synctest stands on.
		if unlinked.MatchString(p.ImportPath) && p.ImportPath != "internal/synctest" {
			found[p.ImportPath] = true
		}
	}
	return found
}

// Code that signs tokens with made-up keys, or evaluates expressions, is none that a job's credentials should meet. e2e finds the same in
// the built programs.
func TestTheActionLinksNoTestNoSandboxAndNoCEL(t *testing.T) {
	t.Parallel()
	if found := unwanted(linked(t, ".")); len(found) > 0 {
		t.Errorf("the action's program links %v", found)
	}
	for name := range unwanted(linked(t, "./cmd/gatepass-check")) {
		if !evaluator.MatchString(name) {
			t.Errorf("the check's program links %s", name)
		}
	}
	// The tool does link them, so they are what they were called here, and tests link the rest.
	found := unwanted(linked(t, "./cmd/gatepass"))
	for _, name := range []string{"gatepass/pkg/sandbox", "gatepass/pkg/sandbox/job", "gatepass/pkg/trust/googletrust", "cel.dev/cel-go/cel", "cel.dev/expr", "github.com/antlr4-go/antlr/v4"} {
		if !found[name] {
			t.Errorf("%s is not found in the tool", name)
		}
	}
	for _, name := range []string{"testing", "testing/fstest", "net/http/httptest", "github.com/rogpeppe/go-internal/testscript"} {
		if !unlinked.MatchString(name) {
			t.Errorf("%s could be linked", name)
		}
	}
}
