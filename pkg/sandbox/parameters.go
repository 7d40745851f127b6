package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// secretName matches the parameters that are secrets, or part of one.
var secretName = regexp.MustCompile(`(?i)token|secret|signature|accesskey|credential|assertion`)

func isSecret(name string) bool {
	return secretName.MatchString(name) && !strings.HasSuffix(strings.ToLower(name), "type")
}

func withoutSecrets(form url.Values) url.Values {
	shown := url.Values{}
	for name, values := range form {
		if !isSecret(name) {
			shown[name] = slices.Clone(values)
		}
	}
	return shown
}

func isJSON(r *http.Request) bool { return contentType(r) == "application/json" }

func contentType(r *http.Request) string {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind
}

// readParameters returns what an observer may see of a request's form or JSON,
// and leaves the body to be read again. What cannot be parsed is nobody's to
// see; whoever parses it says what is wrong with it.
func readParameters(r *http.Request) (url.Values, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form := url.Values{}
	if isJSON(r) {
		form = parseFields(body)
	} else if contentType(r) == "application/x-www-form-urlencoded" {
		if form, err = url.ParseQuery(string(body)); err != nil {
			form = nil
		}
	}
	return withoutSecrets(form), nil
}

func parseFields(body []byte) url.Values {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var fields map[string]any
	if decoder.Decode(&fields) != nil {
		return nil
	}
	texts := url.Values{}
	for name, value := range fields {
		texts[name] = fieldTexts(value)
	}
	return texts
}

// fieldTexts returns a field's value, or each of a list's, as text. None of
// Google's fields here is an object, which could hide a secret; it has no text.
func fieldTexts(value any) []string {
	switch value := value.(type) {
	case nil, map[string]any:
		return nil
	case []any:
		var texts []string
		for _, item := range value {
			texts = append(texts, fieldTexts(item)...)
		}
		return texts
	default:
		return []string{fmt.Sprint(value)}
	}
}
