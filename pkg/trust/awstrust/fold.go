package awstrust

import "strings"

// lower makes the letters of ASCII small, and leaves all others alone.
func lower(text string) string { return strings.Map(lowerRune, text) }

func lowerRune(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > '\x7f' }) < 0
}

// equalFold compares without regard to case. AWS does not say which letters outside of ASCII it takes for the same: in Unicode, k is the
// small form of K and of the Kelvin sign.
func equalFold(a, b string) Truth {
	if lower(a) == lower(b) {
		return Yes
	}
	if isASCII(a) && isASCII(b) {
		return No
	}
	return Perhaps
}
