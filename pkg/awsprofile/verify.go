package awsprofile

import (
	"fmt"
	"maps"
	"slices"

	"gopkg.in/ini.v1"
)

// iniOptions read the format as AWS's tools do, as far as ini.v1 can: https://pkg.go.dev/gopkg.in/ini.v1#LoadOptions.
var iniOptions = ini.LoadOptions{
	AllowNestedValues:          true,
	AllowNonUniqueSections:     true,
	AllowShadows:               true, // every value of a key, not the last alone
	AllowDuplicateShadowValues: true,
	InsensitiveKeys:            true,
	IgnoreContinuation:         true, // a backslash at the end of a line is part of the value
	SpaceBeforeInlineComment:   true,
	SkipUnrecognizableLines:    true, // that is up to scan; what is left are further lines of a value
}

// verify has the library read both texts. A person's file is not changed where its reading and that of this package differ: then it is
// written so that AWS's tools are likely to differ over it, too.
func (f File) verify(before, after []line, name string, entries []entry) error {
	if len(after) > maxLines { // Remove could not read it
		return f.tooLong()
	}
	was, err := f.read(before)
	if err != nil {
		return err
	}
	is, err := f.read(after)
	if err != nil {
		return err
	}
	changed := f.keys()
	if len(entries) > 0 {
		changed = slices.Concat(changed, identityKeys)
	}
	othersWere, _ := f.divide(was, name, changed)
	others, own := f.divide(is, name, changed)
	if !maps.EqualFunc(othersWere, others, slices.Equal) || !f.holds(own, entries) || f.runsOn(after, name, entries) {
		return f.doubt()
	}
	return nil
}

func (f File) doubt() error {
	return fmt.Errorf("%s is written in a way that not all of AWS's tools read alike. It is left as it is", f)
}

// runsOn tells whether a key stands below an entry and is indented deeper. The SDK for Go takes it for a key of the section, the AWS CLI
// for a further line of the entry's value (Python's configparser).
func (f File) runsOn(lines []line, name string, entries []entry) bool {
	for _, s := range f.sections(lines, name) {
		var own *line
		for _, l := range lines[s.start+1 : s.end] {
			if l.kind != property {
				continue
			}
			if own != nil && len(indent(l.text)) > len(indent(own.text)) {
				return true
			}
			own = nil
			if slices.ContainsFunc(entries, func(e entry) bool { return e.key == l.name }) {
				own = &l
			}
		}
	}
	return false
}

// read returns what the library finds, section by section.
func (f File) read(lines []line) ([]*ini.Section, error) {
	file, err := ini.LoadSources(iniOptions, join(lines))
	if err != nil { // not passed on, as it quotes the text
		return nil, fmt.Errorf("%s has a quote that is not closed", f)
	}
	sections := file.Sections()[1:] // without what stands before the first header
	same := slices.EqualFunc(sections, headersOf(lines), func(s *ini.Section, name string) bool { return oneSpace(s.Name()) == name })
	if !same {
		return nil, f.doubt()
	}
	return sections, nil
}

func headersOf(lines []line) []string {
	var names []string
	for _, l := range lines {
		if l.kind == header {
			names = append(names, l.name)
		}
	}
	return names
}

// divide tells the keys that a change is about, for each section of the profile, from everything else.
func (f File) divide(sections []*ini.Section, name string, changed []string) (others map[string][]string, own []map[string][]string) {
	others = map[string][]string{}
	for _, section := range sections {
		header := oneSpace(section.Name())
		isOwn := f.isHeader(header, name)
		if isOwn {
			header = f.headers(name)[0] // however it is written
		}
		keys := map[string][]string{}
		for _, key := range section.Keys() {
			values := slices.Concat(key.ValueWithShadows(), key.NestedValues())
			if isOwn && slices.Contains(changed, key.Name()) {
				keys[key.Name()] = values
				continue
			}
			place := header + "\n" + key.Name()
			others[place] = append(others[place], values...)
		}
		if isOwn {
			own = append(own, keys)
		} else {
			others[header] = append(others[header], "")
		}
	}
	return others, own
}

// holds tells whether every section of the profile has the entries and nothing else that decides whose credentials these are. A profile
// that was added has at least one section.
func (f File) holds(own []map[string][]string, entries []entry) bool {
	want := map[string][]string{}
	for _, e := range entries {
		want[e.key] = []string{e.value}
	}
	for _, keys := range own {
		if !maps.EqualFunc(keys, want, slices.Equal) {
			return false
		}
	}
	return len(own) > 0 || len(entries) == 0
}
