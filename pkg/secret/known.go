package secret

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Known are the secrets that a process has met. It takes them out of texts of others, who may repeat what they were sent. The zero value
// knows none. It may be used by several goroutines.
type Known struct {
	mu    sync.Mutex
	lines []string
}

// shortest is the length of a secret's line that is worth hiding. What is shorter is no secret, but may be part of any word.
const shortest = 6

// Add makes secrets known.
func (k *Known) Add(secrets ...String) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range secrets {
		k.lines = append(k.lines, s.Lines()...)
	}
	k.lines = slices.DeleteFunc(k.lines, func(line string) bool { return len(line) < shortest })
	// One may be a part of another, as an account's number is of an ARN.
	slices.SortFunc(k.lines, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
}

// Hide puts *** in the place of every line of a secret.
func (k *Known) Hide(text string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, line := range k.lines {
		text = strings.ReplaceAll(text, line, hidden)
	}
	return text
}
