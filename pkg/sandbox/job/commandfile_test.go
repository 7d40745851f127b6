package job_test

import (
	"slices"
	"testing"

	"gatepass/pkg/sandbox/job"
)

func TestParseCommandFile(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want []job.Pair
		err  string
	}{
		"empty":                       {"", nil, ""},
		"pair":                        {"A=1\n", []job.Pair{{"A", "1"}}, ""},
		"no line break at the end":    {"A=1", []job.Pair{{"A", "1"}}, ""},
		"empty value":                 {"A=\n", []job.Pair{{"A", ""}}, ""},
		"blank lines between":         {"\nA=1\n\n\nB=2\n", []job.Pair{{"A", "1"}, {"B", "2"}}, ""},
		"= in the value":              {"A=b=c\n", []job.Pair{{"A", "b=c"}}, ""},
		"<< in the value":             {"A=b<<c\n", []job.Pair{{"A", "b<<c"}}, ""},
		"carriage return stays":       {"A=1\r\n", []job.Pair{{"A", "1\r"}}, ""},
		"heredoc":                     {"A<<E\nx\ny\nE\nB=2\n", []job.Pair{{"A", "x\ny"}, {"B", "2"}}, ""},
		"= in the delimiter":          {"A<<E=F\nx\nE=F\n", []job.Pair{{"A", "x"}}, ""},
		"empty heredoc":               {"A<<E\nE\n", []job.Pair{{"A", ""}}, ""},
		"blank line in a heredoc":     {"A<<E\n\nx\nE", []job.Pair{{"A", "\nx"}}, ""},
		"delimiter is a whole line":   {"A<<E\nEE\n E\nE\n", []job.Pair{{"A", "EE\n E"}}, ""},
		"heredoc without an end":      {"A<<E\nx\n", nil, "invalid value: no matching delimiter E"},
		"heredoc without a delimiter": {"A<<\nx\n", nil, `invalid format "A<<"`},
		"no name":                     {"=1\n", nil, `invalid format "=1"`},
		"neither":                     {"A\n", nil, `invalid format "A"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := job.ParseCommandFile(test.text)
			if message := text(err); message != test.err {
				t.Errorf("got error %q, want %q", message, test.err)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
