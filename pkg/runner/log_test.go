package runner_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode"

	"gatepass/pkg/runner"
	"gatepass/pkg/sandbox/job"
	"gatepass/pkg/secret"
)

func TestLog(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		write func(*runner.Log)
		want  string
	}{
		"mask":                        {func(l *runner.Log) { l.Mask(secret.New("s3cr3t")) }, "::add-mask::s3cr3t\n"},
		"mask of a percent":           {func(l *runner.Log) { l.Mask(secret.New("a%b")) }, "::add-mask::a%25b\n"},
		"mask of every line":          {func(l *runner.Log) { l.Mask(secret.New("a\n\n  b\r\n")) }, "::add-mask::a\n::add-mask::b\n"},
		"no mask of nothing":          {func(l *runner.Log) { l.Mask(secret.New(""), secret.String{}, secret.New(" \n")) }, ""},
		"line":                        {func(l *runner.Log) { l.Info("signed in to %s", "arn:aws:iam::1:role/x") }, "signed in to arn:aws:iam::1:role/x\n"},
		"line with a command":         {func(l *runner.Log) { l.Info("%s", "::set-output name=x::1") }, ": :set-output name=x::1\n"},
		"line with an old one":        {func(l *runner.Log) { l.Info("x ##[error]y") }, "x ## [error]y\n"},
		"a line is one line":          {func(l *runner.Log) { l.Info("a\n::debug::b\r::debug::c") }, "a ::debug::b ::debug::c\n"},
		"error":                       {func(l *runner.Log) { l.Error("50% of\nboth") }, "::error::50%25 of%0Aboth\n"},
		"error with a command":        {func(l *runner.Log) { l.Error("a\n::debug::b\n##[x]") }, "::error::a%0A: :debug::b%0A## [x]\n"},
		"control characters":          {func(l *runner.Log) { l.Error("a\x1b[31m\r\nb\u202e") }, "::error::a [31m %0Ab\n"},
		"what is masked, in a line":   {func(l *runner.Log) { l.Mask(secret.New("s3cr3t\n##[xyz]")); l.Info("got s3cr3t, ##[xyz]") }, "::add-mask::s3cr3t\n::add-mask::##[xyz]\ngot ***, ***\n"},
		"what is masked, in an error": {func(l *runner.Log) { l.Mask(secret.New("s3cr%t")); l.Error("got\ns3cr%t") }, "::add-mask::s3cr%25t\n::error::got%0A***\n"},
		"warning":                     {func(l *runner.Log) { l.Warning("careful") }, "::warning::careful\n"},
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

// Whatever a text is, the runner finds in the log what was meant and nothing else: a line is no command, an annotation is one.
func FuzzLog(f *testing.F) {
	for _, seed := range []string{"signed in", "::set-output name=x::1", "a\n::debug::b", "x ##[error]y", "50%0A::debug::%25", "\r::x::", "\x1b]0;x\a", ":\u200b:x::", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, write := range map[string]func(*runner.Log){
			"":        func(l *runner.Log) { l.Info("%s", text) },
			"warning": func(l *runner.Log) { l.Warning(text) },
			"error":   func(l *runner.Log) { l.Error(text) },
		} {
			var out bytes.Buffer
			write(runner.NewLog(&out))
			line, isLine := strings.CutSuffix(out.String(), "\n")
			if !isLine || strings.ContainsFunc(line, unicode.IsControl) {
				t.Errorf("%q became %q, which is not one line without control characters", text, out.String())
			}
			commands := job.Commands(out.String())
			if name == "" {
				if len(commands) > 0 {
					t.Errorf("%q became the commands %q", text, commands)
				}
				continue
			}
			if len(commands) != 1 || commands[0].Name != name {
				t.Fatalf("%q became the commands %q, want one %s", text, commands, name)
			}
			// The runner prints the message line by line, and looks into none of it; but someone may print the log again.
			if live := job.Commands(commands[0].Message); len(live) > 0 {
				t.Errorf("%q became the annotation %q, in which are the commands %q", text, commands[0].Message, live)
			}
			if got, want := strings.Count(commands[0].Message, "\n"), strings.Count(text, "\n"); got != want {
				t.Errorf("%q has %d lines, and the annotation %q has %d", text, want, commands[0].Message, got)
			}
		}
	})
}

// The runner cuts an annotation after 4096 characters, and the log with it.
func TestALongAnnotationGoesOnInTheLog(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("x", 1000)
	for name, test := range map[string]struct{ text, want string }{
		"of 4 lines":         {strings.Repeat(line+"\n", 3) + line, "::error::" + strings.Repeat(line+"%0A", 3) + line + "\n"},
		"of 6 lines":         {strings.Repeat(line+"\n", 5) + "::debug::x", "::error::" + strings.Repeat(line+"%0A", 3) + line + "\n" + line + "\n: :debug::x\n"},
		"of one line":        {strings.Repeat("ä", 2000) + " " + strings.Repeat("ö", 500), "::error::" + strings.Repeat("ä", 2000) + "\n" + strings.Repeat("ö", 500) + "\n"},
		"of an endless word": {strings.Repeat("ä", 5000), "::error::The message is below in the log, as it is too long for an annotation.\n" + strings.Repeat("ä", 5000) + "\n"},
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
