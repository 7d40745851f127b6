package awstrust

import (
	"regexp"
	"sync"
)

// lazy compiles a regular expression when it is first used. Most runs of a program that has this package ask nothing of it.
func lazy(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
