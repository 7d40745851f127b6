// Package lazyregexp compiles a regular expression when it is first used. A process compiles all that its packages declare before it does
// anything, and a run needs few of them.
package lazyregexp

import (
	"regexp"
	"sync"
)

// New returns what gives the expression, compiled. It panics at its first use if the expression cannot be.
func New(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
