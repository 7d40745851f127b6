package awsprofile

import (
	"slices"
	"strings"
)

// appendSection puts a line break before the section, so that a blank line separates it from a text that ends with one. Remove takes it off
// again.
func appendSection(lines []line, name string, entries []entry) []line {
	end := lineBreak(lines)
	if n := len(lines); n > 0 && !strings.HasSuffix(lines[n-1].text, "\n") {
		lines[n-1].text += end
	} else if n > 0 {
		lines = append(lines, line{text: end})
	}
	lines = append(lines, line{"[" + name + "]" + end, header, name})
	for _, e := range entries {
		lines = append(lines, e.line("", end))
	}
	return lines
}

func (e entry) line(indent, end string) line {
	return line{indent + e.key + " = " + e.value + end, property, e.key}
}

// setEntries replaces values where they stand, takes out what else decides whose credentials these are, and adds the rest below the last
// key.
func setEntries(lines []line, entries []entry, end string) []line {
	out := []line{unquoteHeader(lines[0])}
	written := map[string]bool{}
	place, dropping := 1, false
	for _, l := range lines[1:] {
		if l.kind == property {
			i := slices.IndexFunc(entries, func(e entry) bool { return e.key == l.name })
			dropping = i >= 0 || slices.Contains(identityKeys, l.name)
			if dropping {
				out = append(out, comment(l.text, end)...)
			}
			if i >= 0 && !written[l.name] {
				out = append(out, entries[i].line(indent(l.text), end))
				written[l.name], place = true, len(out)
			}
		}
		switch {
		case l.kind == space:
			out = append(out, l)
		case !dropping:
			out = append(out, l)
			place = len(out)
		}
	}
	if last := &out[place-1]; !strings.HasSuffix(last.text, "\n") {
		last.text += end
	}
	for _, e := range entries {
		if !written[e.key] {
			out = slices.Insert(out, place, e.line("", end))
			place++
		}
	}
	return out
}

func indent(text string) string { return text[:len(text)-len(strings.TrimLeft(text, " \t"))] }

// comment keeps what is said behind a value that goes. It gets a line of its own, because behind a value the AWS CLI takes it for a part of
// it.
func comment(text, end string) []line {
	text = strings.TrimRight(text, "\r\n")
	if said := strings.TrimSpace(text[len(withoutComment(text)):]); said != "" {
		return []line{{text: said + end}}
	}
	return nil
}

// unquoteHeader takes the quotes off a profile's name, as the SDK for Go takes them for a part of it.
func unquoteHeader(l line) line {
	kind, quoted, ok := strings.Cut(l.name, " ")
	if name := unquote(quoted); ok && name != quoted {
		return line{strings.Replace(l.text, quoted, name, 1), header, kind + " " + name}
	}
	return l
}

// removeEntries takes the keys out of a section, and the section out of the text if it then has no key.
func removeEntries(lines []line, s section, keys []string) []line {
	var rest []line
	dropping, wasThere, isLeft := false, false, false
	for _, l := range lines[s.start+1 : s.end] {
		if l.kind == property {
			dropping = slices.Contains(keys, l.name)
		}
		switch {
		case l.kind == space:
			rest = append(rest, l)
		case dropping:
			wasThere = true
		default:
			rest = append(rest, l)
			isLeft = true
		}
	}
	above, below := lines[:s.start], slices.Concat(rest, lines[s.end:])
	switch {
	case !wasThere:
		return lines
	case isLeft:
		return slices.Concat(lines[:s.start+1], below)
	}
	return slices.Concat(withoutSeparator(above, below, lineBreak(lines[s.start:])), below)
}

// withoutSeparator takes off the line break that appendSection put before a section. That of a line with text goes only where no other line
// can then run into it.
func withoutSeparator(above, below []line, end string) []line {
	if len(above) == 0 {
		return nil
	}
	rest, last := above[:len(above)-1], above[len(above)-1]
	switch {
	case last.text == end:
		return rest
	case len(below) == 0 || strings.TrimRight(below[0].text, "\r\n") == "":
		last.text = strings.TrimSuffix(last.text, end)
	}
	return slices.Concat(rest, []line{last})
}
