package sandbox

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// assumption is what the requests to assume a role have in common.
type assumption struct {
	role        roleARN
	sessionName string
	duration    time.Duration
	policies    sessionPolicies
}

const sessionNamePattern = `[\w+=,.@-]*`

var sessionNameForm = regexp.MustCompile(`\A` + sessionNamePattern + `\z`)

// read reads the parameters and adds to v what is wrong with them.
func (a *assumption) read(form url.Values, v *violations) error {
	a.sessionName, a.duration = form.Get("RoleSessionName"), time.Hour
	v.length("roleArn", form["RoleArn"], 20, 2048, shown)
	v.length("roleSessionName", form["RoleSessionName"], 2, 64, shown)
	v.matches("roleSessionName", form["RoleSessionName"], sessionNameForm, sessionNamePattern)
	if text := form.Get("DurationSeconds"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return refuse(http.StatusBadRequest, "MalformedInput", "")
		}
		if seconds < 900 {
			v.add("durationSeconds", shown(text), "have value greater than or equal to 900")
		}
		if seconds > 43200 {
			v.add("durationSeconds", shown(text), "have value less than or equal to 43200")
		}
		a.duration = time.Duration(seconds) * time.Second
	}
	a.policies.read(form, v)
	return nil
}

// check checks the parameters beyond what v says of each.
func (a *assumption) check(form url.Values, v violations) error {
	if err := v.refusal(); err != nil {
		return err
	}
	var err error
	if a.role, err = parseRoleARN(form.Get("RoleArn")); err != nil {
		return err
	}
	return a.policies.check(a.role)
}

// members returns the members of a list parameter in the order of their
// numbers: of Tags.member.1.Key and Tags.member.1.Value one with Key and Value.
// A member that is a value itself has the key "".
func members(form url.Values, list string) []url.Values {
	byNumber := map[int]url.Values{}
	for name, values := range form {
		rest, ok := strings.CutPrefix(name, list+".member.")
		number, field, _ := strings.Cut(rest, ".")
		n, err := strconv.Atoi(number)
		if !ok || err != nil {
			continue
		}
		if byNumber[n] == nil {
			byNumber[n] = url.Values{}
		}
		byNumber[n][field] = values
	}
	var ordered []url.Values
	for _, n := range slices.Sorted(maps.Keys(byNumber)) {
		ordered = append(ordered, byNumber[n])
	}
	return ordered
}

// onlyParameters refuses a parameter that is not among names. AWS overlooks
// what an operation does not know, such as Tags beside a web identity token;
// what the sandbox does not play must not look as if it had worked. The text
// is the sandbox's own.
func onlyParameters(form url.Values, names ...string) error {
	names = append(names, "Action", "Version", "RoleArn", "RoleSessionName", "DurationSeconds", "Policy", "PolicyArns")
	for _, given := range slices.Sorted(maps.Keys(form)) {
		name, _, _ := strings.Cut(given, ".")
		if !slices.Contains(names, name) {
			return refuse(http.StatusBadRequest, "ValidationError", "The sandbox does not take the parameter %s in %s", name, form.Get("Action"))
		}
	}
	return nil
}
