package quote

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var oneLine = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ")

// Markdown returns a sentence that GitHub Flavored Markdown shows as the given one, in a paragraph, a list or a table:
// https://github.github.com/gfm/. What could be syntax, or make a link, becomes a character reference, which never is.
func Markdown(text string) string {
	var out strings.Builder
	text = strings.ToValidUTF8(oneLine.Replace(text), string(utf8.RuneError))
	for i, r := range text {
		if isSyntax(text[:i], r, text[i+utf8.RuneLen(r):]) {
			fmt.Fprintf(&out, "&#%d;", r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// isSyntax errs on the safe side, but leaves names such as job_workflow_ref and refs/heads/main as they are.
func isSyntax(before string, r rune, after string) bool {
	switch {
	case strings.ContainsRune("\\`*[]<>|~&!#@", r):
		return true
	case r == '_':
		last, _ := utf8.DecodeLastRuneInString(before)
		next, _ := utf8.DecodeRuneInString(after)
		return !isAlphanumeric(last) || !isAlphanumeric(next)
	case r == ':':
		return strings.HasPrefix(after, "//")
	case r == '.':
		return barredHost.MatchString(before)
	}
	return before == "" && !unicode.IsLetter(r) // a list, a heading, indented code
}

// barredHost ends in what begins a link if a dot follows.
var barredHost = regexp.MustCompile(`(?i)(^|[^/])www$`)

func isAlphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// Code returns a value as code, for a sentence or a cell of a table.
func Code(value string) string {
	value = oneLine.Replace(value)
	if value != "" && value == strings.TrimSpace(value) && !strings.ContainsAny(value, "`|") {
		return "`" + value + "`"
	}
	// No run of backticks holds all of these in a table.
	var out strings.Builder
	for _, r := range value {
		if isAlphanumeric(r) {
			out.WriteRune(r)
		} else {
			fmt.Fprintf(&out, "&#%d;", r)
		}
	}
	return "<code>" + out.String() + "</code>"
}

// Fence returns text as a block of code. Its fence is longer than any in the text.
func Fence(language, text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + language + "\n" + strings.TrimSuffix(text, "\n") + "\n" + fence + "\n"
}
