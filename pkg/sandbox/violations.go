package sandbox

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"
)

// violations are constraints that parameters break. AWS reports them all in
// one ValidationError.
type violations []string

func (v *violations) add(parameter, value, constraint string) {
	*v = append(*v, fmt.Sprintf("Value%s at '%s' failed to satisfy constraint: Member must %s", value, parameter, constraint))
}

// shown is how a violation names a value, hidden how it does a secret.
func shown(value string) string { return " '" + value + "'" }

func hidden(string) string { return "" }

// length checks that a parameter is there and has from low to high characters.
func (v *violations) length(parameter string, given []string, low, high int, show func(string) string) {
	if len(given) == 0 {
		v.add(parameter, " null", "not be null")
		return
	}
	length := utf8.RuneCountInString(given[0])
	if length < low {
		v.add(parameter, show(given[0]), fmt.Sprintf("have length greater than or equal to %d", low))
	}
	if length > high {
		v.add(parameter, show(given[0]), fmt.Sprintf("have length less than or equal to %d", high))
	}
}

// matches checks that a parameter, if it is there, has a form in full.
func (v *violations) matches(parameter string, given []string, form *regexp.Regexp, documented string) {
	if len(given) > 0 && !form.MatchString(given[0]) {
		v.add(parameter, shown(given[0]), "satisfy regular expression pattern: "+documented)
	}
}

// atMost checks how many members a list has. What AWS repeats of a list nobody has quoted.
func (v *violations) atMost(parameter string, length, high int) {
	if length > high {
		v.add(parameter, "", fmt.Sprintf("have length less than or equal to %d", high))
	}
}

func (v violations) refusal() error {
	if len(v) == 0 {
		return nil
	}
	noun := "error"
	if len(v) > 1 {
		noun = "errors"
	}
	return refuse(http.StatusBadRequest, "ValidationError", "%d validation %s detected: %s", len(v), noun, strings.Join(v, "; "))
}
