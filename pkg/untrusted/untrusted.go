// Package untrusted cleans text from outside: what a server answered, what a claim or a branch is called.
//
// The runner obeys commands that it finds in a log: `::name::` at the start of a line and `##[name]` anywhere in one, on standard
// output and on standard error. Control characters move a terminal's cursor. Both are taken out where the text enters the program,
// so that whatever quotes it later is safe.
package untrusted

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxLine is the number of bytes after which Line cuts a text.
const MaxLine = 1000

// Line returns text as one line that is safe to print: white space and control characters become single spaces, invisible
// characters go, a workflow command is broken, and what is longer than MaxLine is cut.
func Line(text string) string {
	var line strings.Builder
	gap := false
	for _, r := range strings.ToValidUTF8(text, string(utf8.RuneError)) {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			gap = true
			continue
		case !unicode.IsGraphic(r): // bidirectional overrides, zero-width characters
			continue
		}
		if line.Len() >= MaxLine {
			line.WriteString(" …")
			break
		}
		if gap && line.Len() > 0 {
			line.WriteByte(' ')
		}
		gap = false
		line.WriteRune(r)
	}
	return Inert(line.String())
}

// Inert breaks the workflow commands in one line of text and leaves everything else as it is. An ARN such as arn:aws:iam::1:role/x
// keeps its colons, as a command is only live at the start of a line.
func Inert(line string) string {
	line = strings.ReplaceAll(line, "##[", "## [")
	if rest := strings.TrimLeftFunc(line, unicode.IsSpace); strings.HasPrefix(rest, "::") {
		line = line[:len(line)-len(rest)] + ": :" + rest[2:]
	}
	return line
}
