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

// Line returns text as one line that is safe to print: white space becomes single blanks, and the rest is what Inert does. What is longer
// than MaxLine is cut between two words, never inside of one: it may be a token, which the runner masks only where it is whole.
func Line(text string) string {
	var line strings.Builder
	for word := range strings.FieldsSeq(visible(text)) {
		if line.Len()+len(word) >= MaxLine {
			line.WriteString(" …")
			break
		}
		if line.Len() > 0 {
			line.WriteByte(' ')
		}
		line.WriteString(word)
	}
	return broken(strings.TrimSpace(line.String()))
}

// Inert takes out of one line of text what a log would obey, and leaves everything else as it is: control characters become blanks,
// invisible characters go, and a workflow command is broken. An ARN such as arn:aws:iam::1:role/x keeps its colons, as a command is only
// live at the start of a line.
func Inert(line string) string { return broken(visible(line)) }

func visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			return ' '
		case !unicode.IsGraphic(r), unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
			return -1 // such as bidirectional overrides and zero-width characters; .NET passes over some when it looks for a command
		}
		return r
	}, strings.ToValidUTF8(text, string(utf8.RuneError)))
}

func broken(line string) string {
	line = strings.ReplaceAll(line, "##[", "## [")
	if rest := strings.TrimLeftFunc(line, unicode.IsSpace); strings.HasPrefix(rest, "::") {
		line = line[:len(line)-len(rest)] + ": :" + rest[2:]
	}
	return line
}
