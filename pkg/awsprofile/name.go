package awsprofile

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckName says what is wrong with a profile's name. Beyond what aws-actions/configure-aws-credentials refuses (src/profileManager.ts),
// it refuses names that AWS's tools would read as another one: the SDK for Go takes "[a#b]" for no section at all and gives the keys below
// it to the profile above, the AWS CLI and the SDK for JavaScript drop quotes, and the latter rejects a file with "__proto__" in it.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("aws-profile is empty")
	case !utf8.ValidString(name):
		return errors.New("aws-profile is not UTF-8")
	case strings.ContainsFunc(name, unicode.IsSpace), strings.Contains(name, byteOrderMark):
		return fmt.Errorf("aws-profile %q has white space in it", name)
	case strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("aws-profile %q has a control character in it", name)
	case strings.ContainsAny(name, "[]"):
		return fmt.Errorf("aws-profile %q has a bracket in it", name)
	case strings.ContainsAny(name, `/\`):
		return fmt.Errorf("aws-profile %q has a path separator in it", name)
	case strings.ContainsAny(name, "#;\"'`"):
		return fmt.Errorf("aws-profile %q has a comment sign or a quote in it, which AWS's tools would read as such", name)
	case name == "__proto__":
		return errors.New(`aws-profile "__proto__" is a name that AWS's SDK for JavaScript does not read`)
	}
	return nil
}

// processForm is what neither a shell nor any of AWS's tools takes for something else.
var processForm = regexp.MustCompile(`^[a-z0-9-]+(/[a-z0-9-]+)*( [a-z0-9-]+)*$`)

func (p Profile) check() error {
	if err := CheckName(p.Name); err != nil {
		return err
	}
	if p.Process != "" && !processForm.MatchString(p.Process) {
		return fmt.Errorf("%q has characters that the command of a profile cannot hold", p.Process)
	}
	for _, value := range []struct {
		name, text string
		optional   bool
	}{
		{"region", p.Region, false},
		{"access key ID", p.AccessKeyID.Reveal(), p.Process != ""},
		{"secret access key", p.SecretAccessKey.Reveal(), p.Process != ""},
		{"session token", p.SessionToken.Reveal(), true},
	} {
		if value.text == "" && !value.optional {
			return fmt.Errorf("the profile has no %s", value.name)
		}
		if strings.ContainsFunc(value.text, notInValue) {
			return fmt.Errorf("the %s has characters that a profile cannot hold", value.name)
		}
	}
	return nil
}

// notInValue finds what would end a value, or what some tool would take off it.
func notInValue(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("#;\"'`", r) }
