package inputs

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gatepass/pkg/httpclient"
	"gatepass/pkg/untrusted"
)

// Fault is what is wrong with one input.
type Fault struct {
	Input   string // as a workflow spells it
	Problem string
}

func (f *Fault) Error() string { return f.Input + ": " + f.Problem }

// reader reads inputs one by one and gathers their faults.
type reader struct {
	lookup Lookup
	forAWS bool // the step is for AWS, whose official action reads variables in place of empty inputs
	faults []*Fault
}

// fault notes what is wrong with an input, or with the variable that stands for it. Its first fault is enough: a further one would follow
// from it.
func (r *reader) fault(input, format string, values ...any) {
	input = r.called(input)
	if slices.ContainsFunc(r.faults, func(f *Fault) bool { return f.Input == input }) {
		return
	}
	r.faults = append(r.faults, &Fault{input, fmt.Sprintf(format, values...)})
}

// err joins the faults.
func (r *reader) err() error {
	var errs []error
	for _, fault := range r.faults {
		errs = append(errs, fault)
	}
	return errors.Join(errs...)
}

// raw is an input as the runner hands it over, trimmed as actions do. An input that is set to nothing is empty; one that is absent, as
// outside a runner, has its default.
func (r *reader) raw(input string) string {
	value, ok := r.lookup(Variable(input))
	if !ok {
		value = declared[input].Default
	}
	if value = strings.TrimSpace(value); value == "" {
		return r.fallback(input)
	}
	return value
}

// fallback is the value of the variable that stands for an empty input.
func (r *reader) fallback(input string) string {
	if !r.forAWS || declared[input].fallback == "" {
		return ""
	}
	value, _ := r.lookup(declared[input].fallback)
	return strings.TrimSpace(value)
}

// called is what an input is called in a fault: by the name of the variable, where that stands for it.
func (r *reader) called(input string) string {
	if given, _ := r.lookup(Variable(input)); strings.TrimSpace(given) == "" && r.fallback(input) != "" {
		return "environment variable " + declared[input].fallback
	}
	return input
}

// Variable is the name of the environment variable that holds an input: actions/runner, src/Runner.Worker/Handlers/Handler.cs.
func Variable(input string) string {
	return "INPUT_" + strings.ToUpper(strings.ReplaceAll(input, " ", "_"))
}

// Known tells whether action.yml has an input.
func Known(input string) bool {
	_, ok := declared[input]
	return ok
}

// text is an input of one line.
func (r *reader) text(input string) string {
	value := r.raw(input)
	if strings.ContainsFunc(value, unicode.IsControl) {
		r.fault(input, "holds a line break or another control character; it must be a single line")
		return ""
	}
	return value
}

// lines are the items of an input that are separated by line breaks.
func (r *reader) lines(input string) []string { return r.items(input, "\r\n") }

// list are the items of an input that are separated by commas or line breaks. A comma that belongs to an item is written \,.
func (r *reader) list(input string) []string { return r.items(input, ",\r\n") }

func (r *reader) items(input, separators string) []string {
	const comma = "\x00"
	text := strings.ReplaceAll(r.raw(input), `\,`, comma)
	var items []string
	for item := range strings.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune(separators, c) }) {
		if item = strings.TrimSpace(strings.ReplaceAll(item, comma, ",")); item == "" {
			continue
		}
		if strings.ContainsFunc(item, unicode.IsControl) {
			r.fault(input, "holds a control character")
			return nil
		}
		items = append(items, item)
	}
	return items
}

// textOr is an input of one line, or a value of ours where it is empty.
func (r *reader) textOr(input, otherwise string) string {
	if value := r.text(input); value != "" {
		return value
	}
	return otherwise
}

// file is an input that names a file, relative to the checkout.
func (r *reader) file(input string) string {
	path := r.text(input)
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	workspace, _ := r.lookup("GITHUB_WORKSPACE")
	return filepath.Join(workspace, path)
}

// number is an input that is a whole number within limits, or a value of ours where it is empty.
func (r *reader) number(input string, otherwise, least, most int) int {
	text := r.text(input)
	if text == "" {
		return otherwise
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < least || number > most {
		r.fault(input, "%s is not a number from %d to %d", quote(text), least, most)
		return otherwise
	}
	return number
}

// awsBoolean is false where it is empty.
func (r *reader) awsBoolean(input string) bool { return r.awsBooleanOr(input, false) }

// awsBooleanOr follows YAML's core schema, as aws-actions/configure-aws-credentials does.
func (r *reader) awsBooleanOr(input string, otherwise bool) bool {
	value := r.text(input)
	switch value {
	case "":
		return otherwise
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	r.fault(input, "%s is neither true nor false", quote(value))
	return false
}

// googleBoolean knows more spellings, and an empty input is false, as in google-github-actions/auth.
func (r *reader) googleBoolean(input string) bool {
	value := r.text(input)
	switch value {
	case "1", "t", "T", "true", "True", "TRUE":
		return true
	case "", "0", "f", "F", "false", "False", "FALSE":
		return false
	}
	r.fault(input, "%s is neither true nor false", quote(value))
	return false
}

// endpoint reads a variable that points a cloud's API elsewhere.
func (r *reader) endpoint(variable string) *url.URL {
	value, _ := r.lookup(variable)
	if value == "" {
		return nil
	}
	return r.url("environment variable "+variable, value)
}

func (r *reader) url(name, value string) *url.URL {
	address, err := httpclient.ParseURL(strings.TrimRight(value, "/"))
	switch {
	case err != nil:
		r.fault(name, "%v", err)
		return nil
	case address.RawQuery != "" || address.ForceQuery:
		r.fault(name, "holds a query; leave it out")
		return nil
	}
	return address
}

// isGiven tells whether a step has set an input to something that is not its default.
func (r *reader) isGiven(input string) bool {
	value, _ := r.lookup(Variable(input))
	value, standard := strings.TrimSpace(value), declared[input].Default
	if standard == "true" || standard == "false" {
		return value != "" && !strings.EqualFold(value, standard)
	}
	return value != "" && value != standard
}

func (r *reader) given(cloud cloud) bool {
	for input, d := range declared {
		if d.cloud == cloud && r.isGiven(input) {
			return true
		}
	}
	return false
}

// quote shows a value in an error. Inputs are the workflow's own text, but may carry a branch name or a pull request's title. A long one is
// not shown, nor a part of it: it may be a secret in the wrong input, and the runner masks a secret only where it is whole.
func quote(value string) string {
	const longest = 200
	if count := utf8.RuneCountInString(value); count > longest {
		return fmt.Sprintf("a text of %d characters", count)
	}
	return `"` + untrusted.Line(value) + `"`
}
