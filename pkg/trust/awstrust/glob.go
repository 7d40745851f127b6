package awstrust

// glob is a pattern, in which two numbers that are no characters stand for the wildcards. A star that came from a policy variable is a
// plain character.
type glob []rune

const (
	anyRun  rune = -1 // *: any run of characters, also none
	oneRune rune = -2 // ?: one character
)

// Like reports whether text has the form of a pattern as AWS's StringLike has it: * is any run of characters, / and : too, ? is exactly
// one, and case counts.
func Like(pattern, text string) bool { return newGlob(pattern).matches(text) }

func newGlob(pattern string) glob {
	g := glob(pattern)
	for i, r := range g {
		switch r {
		case '*':
			g[i] = anyRun
		case '?':
			g[i] = oneRune
		}
	}
	return g
}

func (g glob) matches(text string) bool {
	runes := []rune(text)
	// When the rest does not fit, the last * takes one character more; the ones before it need not.
	at, star, taken := 0, -1, 0
	for i := 0; i < len(runes); {
		switch {
		case at < len(g) && g[at] == anyRun:
			star, taken = at, i
			at++
		case at < len(g) && (g[at] == oneRune || g[at] == runes[i]):
			at++
			i++
		case star >= 0:
			taken++
			at, i = star+1, taken
		default:
			return false
		}
	}
	for at < len(g) && g[at] == anyRun {
		at++
	}
	return at == len(g)
}
