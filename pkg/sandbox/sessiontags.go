package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// sessionTag is a session tag. Its key has no case, which is kept nevertheless.
type sessionTag struct {
	key, value string
	transitive bool
}

const (
	tagKeyPattern   = `[\p{L}\p{Z}\p{N}_.:/=+\-@]+`
	tagValuePattern = `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`
)

var (
	tagKeyForm   = regexp.MustCompile(`\A` + tagKeyPattern + `\z`)
	tagValueForm = regexp.MustCompile(`\A` + tagValuePattern + `\z`)
)

// sessionTags are the parameters Tags and TransitiveTagKeys:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
// The texts are as github.com/localstack/localstack pull request 12508 has them.
type sessionTags struct {
	tags           []sessionTag
	transitiveKeys []string
}

// read reads the parameters and adds to v what is wrong with them.
func (t *sessionTags) read(form url.Values, v *violations) {
	for i, member := range members(form, "Tags") {
		path := fmt.Sprintf("tags.%d.member.", i+1)
		v.length(path+"key", member["Key"], 1, 128, shown)
		v.matches(path+"key", member["Key"], tagKeyForm, tagKeyPattern)
		v.length(path+"value", member["Value"], 0, 256, shown)
		v.matches(path+"value", member["Value"], tagValueForm, tagValuePattern)
		t.tags = append(t.tags, sessionTag{key: member.Get("Key"), value: member.Get("Value")})
	}
	v.atMost("tags", len(t.tags), 50)
	for i, member := range members(form, "TransitiveTagKeys") {
		path := fmt.Sprintf("transitiveTagKeys.%d.member", i+1)
		v.length(path, member[""], 1, 128, shown)
		v.matches(path, member[""], tagKeyForm, tagKeyPattern)
		t.transitiveKeys = append(t.transitiveKeys, member.Get(""))
	}
	v.atMost("transitiveTagKeys", len(t.transitiveKeys), 50)
}

// check checks the tags among each other, and marks the transitive ones.
func (t *sessionTags) check() error {
	for i, tag := range t.tags {
		if indexTag(t.tags[:i], tag.key) >= 0 {
			return invalidTag("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		if len(tag.key) >= 4 && strings.EqualFold(tag.key[:4], "aws:") {
			// The text is the one that IAM's own operations have.
			return invalidTag("'aws:' prefixed tag key names are not allowed for external use.")
		}
	}
	for _, key := range t.transitiveKeys {
		i := indexTag(t.tags, key)
		if i < 0 {
			return invalidTag("The specified transitive tag key must be included in the requested tags.")
		}
		t.tags[i].transitive = true
	}
	return nil
}

// with returns the session's tags together with those that it inherits.
func (t *sessionTags) with(inherited []sessionTag) ([]sessionTag, error) {
	for _, tag := range t.tags {
		if indexTag(inherited, tag.key) >= 0 {
			return nil, invalidTag("One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
		}
	}
	return slices.Concat(inherited, t.tags), nil
}

func indexTag(tags []sessionTag, key string) int {
	return slices.IndexFunc(tags, func(t sessionTag) bool { return strings.EqualFold(t.key, key) })
}

// transitive returns the tags that sessions inherit.
func transitive(tags []sessionTag) []sessionTag {
	return slices.DeleteFunc(slices.Clone(tags), func(t sessionTag) bool { return !t.transitive })
}

// pack checks that tags fit into limit bytes, if there is a limit.
func pack(tags []sessionTag, limit int) error {
	size := 0
	for _, tag := range tags {
		size += len(tag.key) + len(tag.value)
	}
	if limit == 0 || size <= limit {
		return nil
	}
	return refuse(http.StatusBadRequest, "PackedPolicyTooLarge", "Packed size of session tags consumes %d%% of allotted space.", size*100/limit)
}

func invalidTag(message string) error {
	return refuse(http.StatusBadRequest, "InvalidParameterValue", "%s", message)
}
