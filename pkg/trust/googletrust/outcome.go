package googletrust

import (
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// outcomes is a set of what a part of a condition may come to.
type outcomes uint8

// A part is true, or false, or fails, as it does over a claim that the token lacks.
const (
	isTrue outcomes = 1 << iota
	isFalse
	fails
	anything = isTrue | isFalse | fails
)

// mayHold reports whether true is among the outcomes.
func (o outcomes) mayHold() bool { return o&isTrue != 0 }

// each calls visit for each outcome of the set.
func (o outcomes) each(visit func(outcomes)) {
	for _, one := range []outcomes{isTrue, isFalse, fails} {
		if o&one != 0 {
			visit(one)
		}
	}
}

// and is CEL's &&, which a false operand decides even where the other fails:
// https://github.com/google/cel-spec/blob/master/doc/langdef.md#logical-operators
func (o outcomes) and(other outcomes) (result outcomes) {
	o.each(func(a outcomes) {
		other.each(func(b outcomes) {
			switch {
			case a == isFalse || b == isFalse:
				result |= isFalse
			case a == fails || b == fails:
				result |= fails
			default:
				result |= isTrue
			}
		})
	})
	return result
}

func (o outcomes) not() (result outcomes) {
	result = o & fails
	if o&isTrue != 0 {
		result |= isFalse
	}
	if o&isFalse != 0 {
		result |= isTrue
	}
	return result
}

// or is CEL's ||, which a true operand decides.
func (o outcomes) or(other outcomes) outcomes { return o.not().and(other.not()).not() }

// choose is CEL's o ? yes : no.
func (o outcomes) choose(yes, no outcomes) outcomes {
	result := o & fails
	if o&isTrue != 0 {
		result |= yes
	}
	if o&isFalse != 0 {
		result |= no
	}
	return result
}

// variables are what the expressions read.
type variables struct {
	cel     map[string]any     // assertion, google and attribute
	unknown map[reference]bool // what only Google knows
}

// knows reports whether everything that a part reads is known.
func (v variables) knows(part celast.Expr) bool {
	for _, read := range references(part) {
		for unknown := range v.unknown {
			if read == unknown || read.key == "" && read.variable == unknown.variable {
				return false
			}
		}
	}
	return true
}

// outcomes is what a part of a condition may come to. Where nothing is in doubt that is the one that CEL comes to.
func (x *expression) outcomes(part celast.Expr, v variables) outcomes {
	var arguments []celast.Expr
	if part.Kind() == celast.CallKind {
		arguments = part.AsCall().Args()
	}
	switch {
	case isCall(part, operators.LogicalAnd):
		return x.outcomes(arguments[0], v).and(x.outcomes(arguments[1], v))
	case isCall(part, operators.LogicalOr):
		return x.outcomes(arguments[0], v).or(x.outcomes(arguments[1], v))
	case isCall(part, operators.LogicalNot):
		return x.outcomes(arguments[0], v).not()
	case isCall(part, operators.Conditional):
		return x.outcomes(arguments[0], v).choose(x.outcomes(arguments[1], v), x.outcomes(arguments[2], v))
	case doubt(part) != "" || !v.knows(part):
		return anything
	}
	value, err := x.evaluate(part, v.cel)
	switch {
	case err != nil:
		return fails
	case value == types.True:
		return isTrue
	case value == types.False:
		return isFalse
	}
	return fails // && and its like take booleans alone.
}
