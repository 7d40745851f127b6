package awstrust

import (
	"strings"

	"gatepass/pkg/lazyregexp"
	"gatepass/pkg/trust"
)

// value is a text of a policy, and where it stands.
type value struct {
	trust.Position
	path  string
	text  string // as the policy has it
	kind  trust.Kind
	parts []part
}

// part is a piece of a value.
type part struct {
	text     string
	plain    bool    // of ${*}, ${?} and ${$}: in it a wildcard is a character
	key      string  // of a policy variable
	fallback *string // of a policy variable that has a default value
}

// variableForm is what stands between ${ and }: a key of the request, and perhaps what to take in place of a key that the request lacks.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
var variableForm = lazyregexp.New(`\A([^\s,'{}$*?]+:[^,'{}$*?]+)(?:, '([^']*)')?\z`)

// variables takes a text apart. The problem is what is wrong with a variable in it.
func variables(text string) (parts []part, problem string) {
	for {
		before, rest, found := strings.Cut(text, "${")
		if before != "" {
			parts = append(parts, part{text: before})
		}
		if !found {
			return parts, ""
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, "has a policy variable without its closing }"
		}
		text = after
		if name == "*" || name == "?" || name == "$" {
			parts = append(parts, part{text: name, plain: true})
			continue
		}
		match := variableForm().FindStringSubmatchIndex(name)
		if match == nil {
			return nil, "has ${" + name + "}, which is no policy variable: it has the form ${aws:username} or ${aws:username, 'default'}"
		}
		variable := part{key: name[match[2]:match[3]]}
		if match[4] >= 0 {
			fallback := name[match[4]:match[5]]
			variable.fallback = &fallback
		}
		parts = append(parts, variable)
	}
}

// expanded is a value whose variables have their values.
type expanded struct {
	text string
	glob glob
}

// plain is a value without policy variables.
func plain(text string) expanded { return expanded{text, newGlob(text)} }

func (e expanded) lower() expanded {
	folded := expanded{text: lower(e.text)}
	for _, r := range e.glob {
		folded.glob = append(folded.glob, lowerRune(r))
	}
	return folded
}

// expand puts the values of the request into the place of policy variables, if it can.
func (v value) expand(r Request) (e expanded, ok bool) {
	var text strings.Builder
	for _, p := range v.parts {
		if p.key == "" {
			text.WriteString(p.text)
			if p.plain {
				e.glob = append(e.glob, []rune(p.text)...)
			} else {
				e.glob = append(e.glob, newGlob(p.text)...)
			}
			continue
		}
		got := r.lookup(p.key)
		switch {
		case got.truth == No && p.fallback != nil:
			got.values = []string{*p.fallback}
		case got.truth != Yes || len(got.values) != 1:
			return e, false
		}
		// AWS does not say whether a wildcard in such a value is one.
		if strings.ContainsAny(got.values[0], "*?") {
			return e, false
		}
		text.WriteString(got.values[0])
		e.glob = append(e.glob, []rune(got.values[0])...)
	}
	e.text = text.String()
	return e, true
}

// texts are the values as the policy has them.
func texts(values []value) (list []string) {
	for _, v := range values {
		list = append(list, v.text)
	}
	return list
}
