package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// webIdentityRequest is the request AssumeRoleWithWebIdentity.
type webIdentityRequest struct {
	role        roleARN
	sessionName string
	token       string
	duration    time.Duration
}

var sessionNameForm = regexp.MustCompile(`\A[\w+=,.@-]*\z`)

// parseWebIdentityRequest reports every constraint that a parameter breaks in
// one ValidationError, as AWS does.
func parseWebIdentityRequest(form url.Values) (webIdentityRequest, error) {
	request := webIdentityRequest{
		sessionName: form.Get("RoleSessionName"),
		token:       form.Get("WebIdentityToken"),
		duration:    time.Hour,
	}
	var v violations
	v.length("roleArn", form["RoleArn"], 20, 2048, shown)
	v.length("roleSessionName", form["RoleSessionName"], 2, 64, shown)
	if !sessionNameForm.MatchString(request.sessionName) {
		v.add("roleSessionName", shown(request.sessionName), `satisfy regular expression pattern: [\w+=,.@-]*`)
	}
	v.length("webIdentityToken", form["WebIdentityToken"], 4, 20000, hidden)
	if text := form.Get("DurationSeconds"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return request, refuse(http.StatusBadRequest, "MalformedInput", "")
		}
		if seconds < 900 {
			v.add("durationSeconds", shown(text), "have value greater than or equal to 900")
		}
		if seconds > 43200 {
			v.add("durationSeconds", shown(text), "have value less than or equal to 43200")
		}
		request.duration = time.Duration(seconds) * time.Second
	}
	if err := v.refusal(); err != nil {
		return request, err
	}
	var err error
	request.role, err = parseRoleARN(form.Get("RoleArn"))
	return request, err
}

// violations are constraints that parameters break.
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
