package awsprofile_test

import (
	"strings"
	"testing"

	"gatepass/pkg/awsprofile"
)

// FuzzAddAndRemove holds any text against what is promised: a profile that was added goes without a trace, nothing outside of its sections
// changes by a byte, and AWS's own parser reads all of it as it should.
func FuzzAddAndRemove(f *testing.F) {
	for _, cases := range []map[string]change{additions, replacements} {
		for _, c := range cases {
			f.Add(c.before, c.profile.Name, c.file == awsprofile.Config, c.profile.SessionToken.IsEmpty(), c.profile.Process != "")
		}
	}
	f.Fuzz(func(t *testing.T, before, name string, isConfig, isLongTerm, isRenewing bool) {
		c := change{file: awsprofile.Credentials, profile: profile(name), before: before}
		if isConfig {
			c.file = awsprofile.Config
		}
		switch {
		case isRenewing:
			c.profile = renewing(name)
		case isLongTerm:
			c.profile = longTerm(name)
		}
		added, err := c.file.Add([]byte(before), c.profile, false)
		if err == nil {
			removed, err := c.file.Remove(added, name)
			if err != nil || string(removed) != before {
				t.Fatalf("added %q, removed %q, error %v", added, removed, err)
			}
			if !strings.HasPrefix(string(added), before) {
				t.Fatalf("added %q", added)
			}
			readsRight(t, c, string(added), string(removed))
			return
		}
		if added, err = c.file.Add([]byte(before), c.profile, true); err != nil {
			return
		}
		again, err := c.file.Add(added, c.profile, true)
		if err != nil || string(again) != string(added) {
			t.Fatalf("added %q, again %q, error %v", added, again, err)
		}
		removed, err := c.file.Remove(added, name)
		if err != nil { // a key that would change its meaning without those above it
			removed = added
		}
		readsRight(t, c, string(added), string(removed))
		if was, is := outside(before, c), outside(string(added), c); was != is {
			t.Fatalf("other sections: before %q, added %q", was, is)
		}
		if was, gone := withoutSpace(outside(before, c)), withoutSpace(outside(string(removed), c)); was != gone {
			t.Fatalf("other sections: before %q, removed %q", was, gone)
		}
	})
}

// outside is all of a text but the sections of the profile.
func outside(text string, c change) string {
	var rest strings.Builder
	isOwn := false
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "["); ok {
			name, _, _ = strings.Cut(name, "]")
			name = strings.Join(strings.Fields(name), " ")
			isOwn = name == c.profile.Name && (c.file == awsprofile.Credentials || name == "default")
			if kind, name, ok := strings.Cut(name, " "); ok && c.file == awsprofile.Config {
				isOwn = kind == "profile" && (name == c.profile.Name || name == `"`+c.profile.Name+`"` || name == "'"+c.profile.Name+"'")
			}
		}
		if !isOwn {
			rest.WriteString(line)
		}
	}
	return rest.String()
}

// withoutSpace leaves out blank lines and comments, which stay when their section goes.
func withoutSpace(text string) string {
	var rest strings.Builder
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.ContainsAny(line[:1], "#;") {
			rest.WriteString(line + "\n")
		}
	}
	return rest.String()
}
