package job_test

import (
	"slices"
	"testing"

	"gatepass/pkg/sandbox/job"
)

func TestCommands(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		output string
		want   []job.Command
	}{
		"nothing":                {"signed in as arn:aws:iam::1:role/x\n", nil},
		"command":                {"::error::no\n", []job.Command{{"error", "no"}}},
		"properties":             {"::error file=a.go,line=1::no\n", []job.Command{{"error", "no"}}},
		"blanks before":          {" \t::debug::x", []job.Command{{"debug", "x"}}},
		"escaped message":        {"::error::50%25%0Aof it", []job.Command{{"error", "50%\nof it"}}},
		"no message":             {"::error", nil},
		"two lines":              {"::add-mask::a\nb\n::add-mask::c\n", []job.Command{{"add-mask", "a"}, {"add-mask", "c"}}},
		"old form anywhere":      {"a ##[set-output name=x]1\n", []job.Command{{"set-output", "1"}}},
		"old form without end":   {"a ##[error\n]", nil},
		"old form after another": {"::no command ##[debug]x", []job.Command{{"debug", "x"}}},
		"old form, escaped":      {"##[error]a%3Bb%5D", []job.Command{{"error", "a;b]"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := job.Commands(test.output); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
