package explain

import "strings"

// odds is how far the evidence speaks for a cause.
type odds int

const (
	no odds = iota
	maybe
	certain
)

// said is certain of a service's answer that holds a text.
func said(service, code, text string) func(Case) odds {
	return func(c Case) odds {
		if c.Refusal.Service == service && c.Refusal.Code == code && strings.Contains(c.Refusal.Message, text) {
			return certain
		}
		return no
	}
}

// where narrows what a cause fits to the cases for which something more holds, which is asked of no other case.
func where(fits func(Case) odds, holds func(Case) bool) func(Case) odds {
	return func(c Case) odds {
		odds := fits(c)
		if odds == no || !holds(c) {
			return no
		}
		return odds
	}
}

// perhaps is what fits and cannot be told from others.
func perhaps(fits func(Case) odds) func(Case) odds {
	return func(c Case) odds { return min(fits(c), maybe) }
}

// either fits where one of several does.
func either(fits ...func(Case) odds) func(Case) odds {
	return func(c Case) odds {
		best := no
		for _, fit := range fits {
			best = max(best, fit(c))
		}
		return best
	}
}

func not(holds func(Case) bool) func(Case) bool { return func(c Case) bool { return !holds(c) } }
