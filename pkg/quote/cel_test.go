package quote_test

import (
	"testing"

	"gatepass/pkg/quote"
)

func TestCEL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"octo-org/octo-repo":    `"octo-org/octo-repo"`,
		`x" || true || "`:       `"x\" || true || \""`,
		`\`:                     `"\\"`,
		"it's <b> & $(id)":      `"it's <b> & $(id)"`,
		"a\nb":                  `"a\nb"`,
		"\x01":                  `"\u0001"`,
		"refs/heads/\U0001F6A8": "\"refs/heads/\U0001F6A8\"",
	} {
		if got := quote.CEL(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
