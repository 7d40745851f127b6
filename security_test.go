package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var inBackticks = regexp.MustCompile("`([^`]+)`")

// Each claim of the threat model names what shows it: tests, fuzz targets and scripts that there are.
func TestTheThreatModelNamesItsProofs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(".github/THREAT_MODEL.md")
	if err != nil {
		t.Fatal(err)
	}
	tests, err := exec.CommandContext(t.Context(), "grep", "-rhoE", "--include=*_test.go", `^func (Test|Fuzz)\w+`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| shown by |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := strings.Split(table, "\n")
	if len(rows) < 10 {
		t.Fatalf("the table has %d rows", len(rows))
	}
	for _, row := range rows {
		cells := strings.Split(strings.Trim(row, "| "), " | ")
		proofs := inBackticks.FindAllStringSubmatch(cells[len(cells)-1], -1)
		if len(cells) != 3 || len(proofs) == 0 {
			t.Errorf("nothing shows %q", cells[0])
		}
		for _, proof := range proofs {
			if !exists(proof[1], string(tests)) {
				t.Errorf("there is no %s, which is to show %q", proof[1], cells[0])
			}
		}
	}
}

func exists(proof, tests string) bool {
	if strings.HasPrefix(proof, "Test") || strings.HasPrefix(proof, "Fuzz") {
		return strings.Contains(tests, "func "+proof+"\n")
	}
	_, err := os.Stat("pkg/cli/testdata/script/" + proof + ".txtar")
	return err == nil
}
