package untrusted_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"gatepass/pkg/untrusted"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"plain text stays":         {"Not authorized", "Not authorized"},
		"an ARN stays":             {"arn:aws:iam::123456789012:role/deploy", "arn:aws:iam::123456789012:role/deploy"},
		"one line":                 {"a\r\nb\tc  d\n", "a b c d"},
		"command at the start":     {"::set-output name=x::1", ": :set-output name=x::1"},
		"command after spaces":     {" \t::debug::x", ": :debug::x"},
		"command on a second line": {"a\n::add-mask::b", "a ::add-mask::b"},
		"old command anywhere":     {"a ##[error]b", "a ## [error]b"},
		"escape sequence":          {"a\x1b[31mb", "a [31mb"},
		"C1 control":               {"a\u009b31mb", "a 31mb"},
		"bidirectional override":   {"a\u202eb", "ab"},
		"zero-width space":         {":\u200b:debug::x", ": :debug::x"},
		"not UTF-8":                {"a\xffb", "a\ufffdb"},
		"too long":                 {strings.Repeat("abcd ", 300), strings.TrimSpace(strings.Repeat("abcd ", 200)) + " …"},
		"no part of a long word":   {"token " + strings.Repeat("a", untrusted.MaxLine+5) + " x", "token …"},
		"empty":                    {"\n\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := untrusted.Line(test.text); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// live is what the runner obeys: actions/runner, src/Runner.Common/ActionCommand.cs.
var live = regexp.MustCompile(`^\s*::|##\[`)

func FuzzLine(f *testing.F) {
	for _, seed := range []string{"Not authorized", "::error::x", "##[error]", "#\u200b#[error]", "a\r::x::", "\x1b]0;x\a", "\u2028::x::", "###[[x]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line := untrusted.Line(text)
		if live.MatchString(line) {
			t.Errorf("%q became %q, which holds a live command", text, line)
		}
		if i := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsGraphic(r) }); i >= 0 {
			t.Errorf("%q became %q, which holds a character that cannot be seen", text, line)
		}
		if len(line) > untrusted.MaxLine+100 {
			t.Errorf("%d bytes are too long for a line", len(line))
		}
	})
}
