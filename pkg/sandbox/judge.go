package sandbox

import (
	"cel.dev/cel-go/cel"
)

// A Judge decides what the configured policies say about a verified token. Its
// errors are about the policy alone, whatever the token: what it cannot
// evaluate it must refuse to evaluate, and never take for a yes.
type Judge interface {
	// Provider maps a token's claims by a provider's attribute mapping, and
	// judges them by its condition.
	Provider(provider Provider, claims map[string]any) (Principal, error)
}

// Principal is what a provider makes of a token.
type Principal struct {
	// Attributes by mapped name, such as google.subject. Nil if an expression
	// failed, as it does over a claim that the token lacks.
	Attributes map[string]any
	// Admitted is whether the provider's condition holds.
	Admitted bool
}

// judge is the sandbox's own Judge. It evaluates what is common in policies for
// GitHub Actions, and refuses the rest.
type judge struct {
	cel *cel.Env
}

func newJudge() (*judge, error) {
	env, err := newAttributeLanguage()
	if err != nil {
		return nil, err
	}
	return &judge{env}, nil
}
