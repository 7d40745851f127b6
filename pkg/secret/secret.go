// Package secret holds values that must not be printed.
//
// A String prints as *** however it is formatted, marshalled or logged, also as a field of another value. Reveal is the one way
// to its text, so a search for Reveal finds every place where a secret leaves the process.
package secret

import (
	"fmt"
	"log/slog"
	"strings"
)

const hidden = "***"

// String is a secret text. The zero value is empty.
type String struct {
	// A pointer, because fmt calls no method of an unexported field: there it prints an address, never the text.
	text *string
}

// New makes a secret of text.
func New(text string) String { return String{&text} }

// Reveal returns the text.
func (s String) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Lines returns the lines of the text, each without the blanks around it. Those that are empty are left out.
func (s String) Lines() []string {
	var lines []string
	for line := range strings.Lines(s.Reveal()) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// IsEmpty tells whether there is no text.
func (s String) IsEmpty() bool { return s.Reveal() == "" }

// String returns ***.
func (s String) String() string { return hidden }

// Format prints *** for every verb, %x and %#v included.
func (s String) Format(state fmt.State, _ rune) { fmt.Fprint(state, hidden) }

// MarshalText gives *** to encoding/json and other encoders.
func (s String) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue gives *** to log/slog.
func (s String) LogValue() slog.Value { return slog.StringValue(hidden) }
