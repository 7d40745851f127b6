package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"gatepass/pkg/program"
)

// example is a command of README.md and what it prints.
var example = regexp.MustCompile("(?s)```console\n\\$ go run \\./cmd/gatepass (.*?)\n(.*?)```\n")

// What README.md says that a command prints, it prints. With -update, README.md says it.
func TestReadmeShowsWhatIsPrinted(t *testing.T) {
	t.Chdir("../..")
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	now := example.ReplaceAllFunc(text, func(block []byte) []byte {
		examples++
		line := string(example.FindSubmatch(block)[1])
		var out bytes.Buffer
		command := root()
		command.SetArgs(strings.Fields(line))
		command.SetOut(&out)
		command.SetErr(&out)
		program.Run(t.Context(), command)
		return []byte("```console\n$ go run ./cmd/gatepass " + line + "\n" + out.String() + "```\n")
	})
	if examples == 0 {
		t.Fatal("README.md has no example")
	}
	if *update {
		if err := os.WriteFile("README.md", now, 0o600); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(text, now) {
		t.Errorf("README.md is out of date: run go test ./cmd/gatepass -run Readme -update. It would be\n%s", now)
	}
}
