package untrusted_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

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

func TestInert(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ line, want string }{
		"plain text stays":       {"  Later steps find  it", "  Later steps find  it"},
		"an ARN stays":           {"AWS: arn:aws:iam::123456789012:role/deploy", "AWS: arn:aws:iam::123456789012:role/deploy"},
		"command":                {"::debug::x", ": :debug::x"},
		"command after blanks":   {" \t::debug::x", "  : :debug::x"},
		"old command anywhere":   {"a ##[error]b", "a ## [error]b"},
		"old command, hidden":    {"a #\u200b#[error]b", "a ## [error]b"},
		"variation selector":     {":\ufe0f:debug::x", ": :debug::x"},
		"escape sequence":        {"a\x1b[31mb", "a [31mb"},
		"line break":             {"a\n::debug::x", "a ::debug::x"},
		"bidirectional override": {"a\u202eb", "ab"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := untrusted.Inert(test.line); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// live is what the runner obeys: actions/runner, src/Runner.Common/ActionCommand.cs.
var live = regexp.MustCompile(`^\s*::|##\[`)

var hostile = []string{
	"Not authorized", "::error::x", "##[error]", "#\u200b#[error]", ":\u200b:error::x", "a\r::x::", "\x1b]0;x\a", "\u2028::x::", "\u0085::x::",
	"###[[x]", "#\xff#[x]", "::\x00::", "\ufeff::debug::x", ":\ufe0f:debug::x", "#\u034f#[x]", strings.Repeat("##[x]", 300),
}

// Whatever the text is, nothing in it is live, all of it can be seen, and what is clean stays as it is.
func FuzzLine(f *testing.F) {
	for _, seed := range hostile {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, clean := range map[string]func(string) string{"Line": untrusted.Line, "Inert": untrusted.Inert} {
			line := clean(text)
			if live.MatchString(line) {
				t.Errorf("%s: %q became %q, which holds a live command", name, text, line)
			}
			if i := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsGraphic(r) }); i >= 0 {
				t.Errorf("%s: %q became %q, which holds a character that cannot be seen", name, text, line)
			}
			if again := clean(line); again != line && len(line) < untrusted.MaxLine {
				t.Errorf("%s: %q became %q, and that %q", name, text, line, again)
			}
		}
		if line := untrusted.Line(text); len(line) > untrusted.MaxLine+100 || strings.Contains(line, "  ") {
			t.Errorf("%q became %q, which is not one short line", text, line)
		}
		if words := strings.Fields(text); len(text) < untrusted.MaxLine && !live.MatchString(strings.Join(words, " ")) && isPlain(text) {
			if got, want := untrusted.Line(text), strings.Join(words, " "); got != want {
				t.Errorf("%q became %q, want %q", text, got, want)
			}
		}
	})
}

// isPlain tells whether a text holds nothing but white space and characters that can be seen.
func isPlain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.IsGraphic(r) || unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
	})
}
