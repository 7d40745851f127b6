package runner_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"gatepass/pkg/runner"
	"gatepass/pkg/secret"
)

func TestLog(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		write func(*runner.Log)
		want  string
	}{
		"mask":                 {func(l *runner.Log) { l.Mask(secret.New("s3cr3t")) }, "::add-mask::s3cr3t\n"},
		"mask of a percent":    {func(l *runner.Log) { l.Mask(secret.New("a%b")) }, "::add-mask::a%25b\n"},
		"mask of every line":   {func(l *runner.Log) { l.Mask(secret.New("a\n\n  b\r\n")) }, "::add-mask::a\n::add-mask::b\n"},
		"no mask of nothing":   {func(l *runner.Log) { l.Mask(secret.New(""), secret.String{}, secret.New(" \n")) }, ""},
		"line":                 {func(l *runner.Log) { l.Info("signed in to %s", "arn:aws:iam::1:role/x") }, "signed in to arn:aws:iam::1:role/x\n"},
		"line with a command":  {func(l *runner.Log) { l.Info("%s", "::set-output name=x::1") }, ": :set-output name=x::1\n"},
		"line with an old one": {func(l *runner.Log) { l.Info("x ##[error]y") }, "x ## [error]y\n"},
		"a line is one line":   {func(l *runner.Log) { l.Info("a\n::debug::b\r::debug::c") }, "a ::debug::b ::debug::c\n"},
		"error":                {func(l *runner.Log) { l.Error("50% of\nboth") }, "::error::50%25 of%0Aboth\n"},
		"error with a command": {func(l *runner.Log) { l.Error("a\n::debug::b\n##[x]") }, "::error::a%0A: :debug::b%0A## [x]\n"},
		"warning":              {func(l *runner.Log) { l.Warning("careful") }, "::warning::careful\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			log := runner.NewLog(&out)
			test.write(log)
			if got := out.String(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if err := log.Err(); err != nil {
				t.Error(err)
			}
		})
	}
}

// The runner cuts an annotation after 4096 characters, and the log with it.
func TestALongAnnotationGoesOnInTheLog(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("x", 1000)
	for name, test := range map[string]struct{ text, want string }{
		"of 4 lines":         {strings.Repeat(line+"\n", 3) + line, "::error::" + strings.Repeat(line+"%0A", 3) + line + "\n"},
		"of 6 lines":         {strings.Repeat(line+"\n", 5) + "::debug::x", "::error::" + strings.Repeat(line+"%0A", 3) + line + "\n" + line + "\n: :debug::x\n"},
		"of an endless line": {strings.Repeat("x", 5000), "::error::" + strings.Repeat("x", 4096) + "\n" + strings.Repeat("x", 904) + "\n"},
	} {
		var out bytes.Buffer
		runner.NewLog(&out).Error(test.text)
		if got := out.String(); got != test.want {
			t.Errorf("%s: got  %q\nwant %q", name, got, test.want)
		}
	}
}

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestAMaskThatIsNotWrittenIsAnError(t *testing.T) {
	t.Parallel()
	log := runner.NewLog(closed{})
	log.Mask(secret.New("s3cr3t"))
	if err := log.Err(); err == nil || err.Error() != "write the log: broken pipe" {
		t.Errorf("got %v", err)
	}
}
