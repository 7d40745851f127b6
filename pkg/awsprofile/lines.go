package awsprofile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const byteOrderMark = "\ufeff"

// maxLines is far from what a person has, and keeps a made-up file from taking minutes: ini.v1 looks for each key among all of a section.
const maxLines = 20_000

type kind int

const (
	space    kind = iota // a blank line or a comment
	header               // [name]
	property             // key = value
	nested               // what belongs to the property above: a nested key or the rest of its value
)

// line is a line as it stands in the file.
type line struct {
	text string // with its line break
	kind kind
	name string // of the section or the key, as AWS's SDK for Go knows it
}

func join(lines []line) []byte {
	var text bytes.Buffer
	for _, l := range lines {
		text.WriteString(l.text)
	}
	return text.Bytes()
}

// lineBreak is the one that the text has, or else that of the hosts of Docker actions.
func lineBreak(lines []line) string {
	if len(lines) > 0 && strings.HasSuffix(lines[0].text, "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// scan tells the lines of a text apart. Its errors name lines by their number, as their content can be a secret.
func (f File) scan(text []byte) ([]line, error) {
	switch {
	case !utf8.Valid(text):
		return nil, fmt.Errorf("%s is not UTF-8", f)
	case bytes.HasPrefix(text, []byte(byteOrderMark)):
		return nil, fmt.Errorf("%s begins with a byte order mark, which the AWS CLI does not read", f)
	}
	var lines []line
	var s scanner
	for text := range strings.Lines(string(text)) {
		if len(lines) == maxLines {
			return nil, f.tooLong()
		}
		l, err := s.next(text)
		if err != nil {
			return nil, fmt.Errorf("%s: line %d %w", f, len(lines)+1, err)
		}
		lines = append(lines, l)
	}
	return lines, nil
}

func (f File) tooLong() error { return fmt.Errorf("%s has more than %d lines", f, maxLines) }

// scanner knows what the lines above decide about a line.
type scanner struct {
	inSection bool
	key       string // the property above
	isEmpty   bool   // it has no value of its own, so that indented keys are nested in it
}

func (s *scanner) next(text string) (line, error) {
	body, isCRLF := strings.CutSuffix(text, "\r\n")
	if !isCRLF {
		body = strings.TrimSuffix(text, "\n")
	}
	trimmed := strings.TrimSpace(body)
	switch {
	case strings.ContainsFunc(body, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }):
		return line{}, errors.New("has a control character in it")
	case trimmed == "", strings.ContainsAny(strings.TrimLeft(body, " \t")[:1], "#;"):
		return line{text: text, kind: space}, nil
	case trimmed[0] == '[':
		name := sectionName(body)
		if name == "" {
			return line{}, errors.New("is not the header of a section")
		}
		*s = scanner{inSection: true}
		return line{text, header, name}, nil
	case !s.inSection:
		return line{}, errors.New("stands before the first section")
	}
	return s.property(text, body)
}

func (s *scanner) property(text, body string) (line, error) {
	content := strings.TrimLeft(body, " \t")
	isIndented := content != body
	if !isIndented {
		content = withoutComment(content)
	}
	key, value, ok := splitProperty(content)
	switch {
	case value == `"` || value == "'": // AWS's SDK for Go panics (aws-sdk-go-v2, config/internal/ini/strings.go: unquote)
		return line{}, errors.New("has a quote that is not closed")
	case isIndented && s.key != "" && (s.isEmpty || !ok):
		return line{text: text, kind: nested}, nil
	case !ok:
		return line{}, errors.New("is neither a section, nor a key with its value, nor a comment")
	case key == "":
		return line{}, errors.New("has no key")
	}
	if isIndented { // below a key with a value the SDK takes it for a key of the section
		value = withoutComment(value)
	}
	*s = scanner{true, key, strings.TrimSpace(unquote(value)) == ""}
	return line{text, property, key}, nil
}

// sectionName is the name in a header, with a single space after its type, or nothing.
func sectionName(body string) string {
	name := strings.TrimSpace(body)
	if i := strings.IndexAny(name, "#;"); i >= 0 {
		name = strings.TrimSpace(name[:i])
	}
	name, isOpen := strings.CutPrefix(name, "[")
	name, isClosed := strings.CutSuffix(name, "]")
	if !isOpen || !isClosed {
		return ""
	}
	return oneSpace(name)
}

func oneSpace(name string) string {
	name = strings.TrimSpace(name)
	if i := strings.IndexAny(name, " \t"); i >= 0 {
		return name[:i] + " " + strings.TrimLeft(name[i:], " \t")
	}
	return name
}

// withoutComment cuts off a comment, which begins at a sign after white space.
func withoutComment(s string) string {
	for _, sign := range []string{" #", " ;", "\t#", "\t;"} {
		s, _, _ = strings.Cut(s, sign)
	}
	return strings.TrimRight(s, " \t")
}

func splitProperty(s string) (key, value string, ok bool) {
	i := strings.IndexAny(s, "=:")
	if i < 0 {
		return "", "", false
	}
	return strings.ToLower(strings.TrimSpace(s[:i])), strings.TrimSpace(s[i+1:]), true
}

func unquote(s string) string {
	for _, quote := range []string{`"`, "'"} {
		if len(s) > 1 && strings.HasPrefix(s, quote) && strings.HasSuffix(s, quote) {
			return s[1 : len(s)-1]
		}
	}
	return s
}

// section is where a section's lines are: its header is at start.
type section struct{ start, end int }

// sections finds the profile's sections. There can be several of one name: SDKs read them as one.
func (f File) sections(lines []line, name string) []section {
	var found []section
	isOpen := false
	for i, l := range lines {
		if l.kind != header {
			continue
		}
		if isOpen {
			found[len(found)-1].end = i
		}
		if isOpen = f.isHeader(l.name, name); isOpen {
			found = append(found, section{i, len(lines)})
		}
	}
	return found
}

// isHeader tells whether a section holds a profile. In the config file the AWS CLI and the SDK for JavaScript drop quotes around its name.
func (f File) isHeader(header, name string) bool {
	if kind, quoted, ok := strings.Cut(header, " "); f == Config && ok {
		header = kind + " " + unquote(quoted)
	}
	return slices.Contains(f.headers(name), header)
}
