// Package trust is what the checks of trust policies share: a token's claims, what a check finds, JSON that knows where it stands, and in
// which files there are policies.
//
// gatepass/pkg/trust/awstrust evaluates AWS's trust policies and gatepass/pkg/trust/googletrust Google's workload identity providers. They
// are pure: they read no file, ask no server and know no time but the one they are given.
package trust

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Claims are the claims of an ID token by name, as JSON decodes them. GitHub's are strings, numbers of IDs too, but for iat, nbf and exp:
// https://docs.github.com/actions/reference/security/oidc
type Claims map[string]any

// Text is a claim's text, or nothing. The tokens of pods have their audiences in a list.
func (c Claims) Text(name string) string {
	switch value := c[name].(type) {
	case string:
		return value
	case []any:
		var texts []string
		for _, item := range value {
			texts = append(texts, fmt.Sprint(item))
		}
		return strings.Join(texts, ", ")
	}
	return ""
}

// Untold is the value of a claim that a token has, or may have, where nobody has said which: what depends on it is unknown.
type Untold struct{}

// Severity tells how much a finding matters.
type Severity int

// A note is worth knowing, a warning may let in more or less than was meant, an error does.
const (
	Note Severity = iota + 1
	Warning
	Error
)

func (s Severity) String() string {
	switch s {
	case Note:
		return "note"
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return "unknown"
}

// Rule is one thing that a check looks for. Its name never changes, as people suppress findings by it.
type Rule struct {
	Name      string // such as aws-missing-subject
	Severity  Severity
	Summary   string // what the rule looks for, in a phrase
	Why       string // what can happen
	Reference string // the page that says so
}

// Finding is a place in a policy that a rule objects to.
type Finding struct {
	Rule *Rule
	At   Position
	// Path is the place for a person's eyes, such as Statement[0].Condition.StringLike.
	Path string
	// Message says what is wrong here, and Fix what to write in its place.
	Message string
	Fix     string
}

// Sort puts findings in the order of the file, the graver one first where two are at the same place.
func Sort(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Column, b.At.Column),
			cmp.Compare(b.Rule.Severity, a.Rule.Severity), cmp.Compare(a.Rule.Name, b.Rule.Name))
	})
}
