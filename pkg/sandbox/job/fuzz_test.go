package job_test

import (
	"strings"
	"testing"

	"gatepass/pkg/sandbox/job"
)

// What is read from a command file can be written so that the same is read again.
func FuzzParseCommandFile(f *testing.F) {
	for _, seed := range []string{"A=1\n", "A<<E\nx\ny\nE\nB=2", "\n\nA=\r\n", "A<<E\nx\n", "=x", "A<<\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		pairs, err := job.ParseCommandFile(text)
		if err != nil {
			return
		}
		end := "END"
		for strings.Contains(text, end) {
			end += "."
		}
		var again strings.Builder
		for _, p := range pairs {
			if strings.ContainsAny(p.Name, "=<") { // of a line that only one form can tell
				return
			}
			again.WriteString(p.Name + "<<" + end + "\n" + p.Value + "\n" + end + "\n")
		}
		got, err := job.ParseCommandFile(again.String())
		if err != nil || len(got) != len(pairs) {
			t.Fatalf("%q became %q: %v", text, &again, err)
		}
		for i := range got {
			if got[i] != pairs[i] && pairs[i].Value != "" { // an empty value and one empty line are one
				t.Errorf("%q became %q", pairs[i], got[i])
			}
		}
	})
}

// A line without the two forms of a command holds none.
func FuzzCommands(f *testing.F) {
	for _, seed := range []string{"::add-mask::x", " ::error file=a::b%0Ac", "x ##[debug]y", "a\n::x::", ":::", "::x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		commands := job.Commands(text)
		if lines := strings.Count(text, "\n") + 1; len(commands) > lines {
			t.Errorf("%q holds %d commands in %d lines", text, len(commands), lines)
		}
		if len(commands) > 0 && !strings.Contains(text, "::") && !strings.Contains(text, "##[") {
			t.Errorf("%q holds %q", text, commands)
		}
	})
}
