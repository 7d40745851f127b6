package quote

import (
	"bytes"
	"encoding/json"
	"strings"
)

// CEL returns a string literal of the Common Expression Language, in which Google's attribute conditions are written. It is one of JSON,
// whose escapes CEL has, too: https://github.com/google/cel-spec/blob/master/doc/langdef.md#string-and-bytes-values. Its double quotes go
// well with the single ones of [Shell].
func CEL(text string) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // of a string, into memory
	return strings.TrimSuffix(out.String(), "\n")
}
