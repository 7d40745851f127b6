package inputs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"gatepass/pkg/lazyregexp"
	"gatepass/pkg/untrusted"
)

// Tag is a tag of an AWS session.
type Tag struct {
	Key, Value string
	// Droppable tags are left out where all of them are too much for AWS.
	Droppable bool
}

// The limits are those of https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html and API_AssumeRole.html.
const (
	mostTags        = 50
	longestTagKey   = 128
	longestTagValue = 256
)

var tagForm = lazyregexp.New(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// jobTag is a tag that a job's session has: what it is called, and which variable of the runner tells it.
type jobTag struct {
	key, variable string
	droppable     bool
}

var jobTags = []jobTag{
	{"Repository", "GITHUB_REPOSITORY", false},
	{"Workflow", "GITHUB_WORKFLOW", false},
	{"Action", "GITHUB_ACTION", false},
	{"Actor", "GITHUB_ACTOR", false},
	{"Commit", "GITHUB_SHA", false},
	{"Branch", "GITHUB_REF", false},
	{"EventName", "GITHUB_EVENT_NAME", true},
	{"BaseRef", "GITHUB_BASE_REF", true},
	{"HeadRef", "GITHUB_HEAD_REF", true},
	{"RunId", "GITHUB_RUN_ID", true},
	{"Job", "GITHUB_JOB", true},
	{"TriggeringActor", "GITHUB_TRIGGERING_ACTOR", true},
}

// sessionTags are the job's tags and then the workflow's own.
func (r *reader) sessionTags() []Tag {
	custom := r.customTags()
	if r.awsBoolean("role-skip-session-tagging") {
		return nil
	}
	tags := []Tag{{Key: "GitHub", Value: "Actions"}}
	for _, t := range jobTags {
		if value, _ := r.lookup(t.variable); value != "" {
			tags = append(tags, Tag{t.key, tagValue(value), t.droppable})
		}
	}
	if tags = append(tags, custom...); len(tags) > mostTags {
		r.fault("custom-tags", "makes %d session tags together with the job's own; AWS takes %d", len(tags), mostTags)
	}
	return tags
}

// tagValue makes a tag's value of what the runner tells: a character that AWS does not take becomes _, and the end of a long text goes.
func tagValue(text string) string {
	var value strings.Builder
	units := 0
	for _, c := range text {
		if !tagForm().MatchString(string(c)) {
			c = '_'
		}
		if units += utf16.RuneLen(c); units > longestTagValue {
			break
		}
		value.WriteRune(c)
	}
	return value.String()
}

// customTags reads a JSON object of strings, numbers and booleans.
func (r *reader) customTags() []Tag {
	const input = "custom-tags"
	text := r.raw(input)
	if text == "" {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	var object map[string]any
	if err := decoder.Decode(&object); err != nil || decoder.More() || object == nil {
		r.fault(input, `is not a JSON object; write one such as {"Team": "payments"}`)
		return nil
	}
	var tags []Tag
	for _, key := range slices.Sorted(maps.Keys(object)) {
		value, ok := tagText(object[key])
		if fault := tagFault(key, value, ok); fault != "" {
			r.fault(input, "%s: %s", quote(key), fault)
			return nil
		}
		tags = append(tags, Tag{Key: key, Value: value})
	}
	return tags
}

func tagText(value any) (text string, ok bool) {
	switch value := value.(type) {
	case string:
		return value, true
	case float64: // as JavaScript writes it
		return strconv.FormatFloat(value, 'f', -1, 64), true
	case bool:
		return strconv.FormatBool(value), true
	}
	return "", false
}

// tagFault says what is wrong with a tag of the workflow's own.
func tagFault(key, value string, ok bool) string {
	reserved := slices.ContainsFunc(jobTags, func(t jobTag) bool { return t.key == key })
	switch {
	case !ok:
		return "its value is neither a text nor a number nor a boolean"
	case reserved || key == "GitHub":
		return "is a tag that every job has; choose another name"
	case key == "" || len([]rune(key)) > longestTagKey || !tagForm().MatchString(key):
		return fmt.Sprintf("is not the key of a tag; one has 1 to %d letters, digits, blanks or characters of _ . : / = + - @", longestTagKey)
	case len([]rune(value)) > longestTagValue || !tagForm().MatchString(value):
		return fmt.Sprintf("its value %s is not the value of a tag; one has at most %d letters, digits, blanks or characters of _ . : / = + - @", untrusted.Line(value), longestTagValue)
	}
	return ""
}
