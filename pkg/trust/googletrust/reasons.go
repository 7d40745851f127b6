package googletrust

import (
	"fmt"
	"strings"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"gatepass/pkg/untrusted"
)

// doubts are the parts of the expression that only Google can evaluate.
func (x *expression) doubts(about Reason) (reasons []Reason) {
	var collect func(celast.Expr)
	collect = func(part celast.Expr) {
		whole := doubt(part)
		if whole == "" {
			return
		}
		before := len(reasons)
		for _, child := range children(part) {
			collect(child)
		}
		if len(reasons) == before { // it is this part itself
			about.Cause, about.Path, about.Message = Unevaluable, x.place(part), x.text(part)+": "+whole
			reasons = append(reasons, about)
		}
	}
	collect(x.root())
	return reasons
}

// reasons are why the condition is not true.
func (x *expression) reasons(v variables) []Reason {
	about := Reason{Check: Condition, Cause: Unevaluable, At: x.at, Path: x.path}
	if reasons := x.why(x.root(), v, ""); len(reasons) > 0 {
		return reasons
	}
	// It holds, whatever a function in doubt may say. But without that function there would be no such provider.
	if doubts := x.doubts(about); len(doubts) > 0 {
		return doubts
	}
	// Each part may cost less than the limit, and the whole more.
	if v.knows(x.root()) && !x.holds(x.root(), v.cel) {
		about.Message = "the condition is too dear to evaluate"
		return []Reason{about}
	}
	return nil
}

// why tells which parts keep a part of the condition from being true. If the part cannot be true, these are parts that cannot, either; if
// it can, as far as is known, these are the parts that are not known.
func (x *expression) why(part celast.Expr, v variables, remark string) (reasons []Reason) {
	result := x.outcomes(part, v)
	if result == isTrue {
		return nil
	}
	var parts []celast.Expr
	switch arguments := children(part); {
	case isCall(part, operators.LogicalAnd):
		parts = operands(part, operators.LogicalAnd)
	case isCall(part, operators.LogicalOr):
		parts = operands(part, operators.LogicalOr)
		remark = fmt.Sprintf(" (one of %d alternatives, none of which holds)", len(parts))
	case isCall(part, operators.Conditional) && x.outcomes(arguments[0], v) == isTrue:
		parts = arguments[1:2]
	case isCall(part, operators.Conditional) && x.outcomes(arguments[0], v) == isFalse:
		parts = arguments[2:]
	default:
		return []Reason{x.reason(part, result, v, remark)}
	}
	for _, part := range parts {
		if x.outcomes(part, v).mayHold() == result.mayHold() {
			reasons = append(reasons, x.why(part, v, remark)...)
		}
	}
	return reasons
}

// reason tells why one comparison, or the like, is not true.
func (x *expression) reason(part celast.Expr, result outcomes, v variables, remark string) Reason {
	reason := Reason{Check: Condition, At: x.at, Path: x.place(part)}
	switch {
	case result.mayHold():
		reason.Cause = Unevaluable
		reason.Message = x.text(part) + ": " + x.ignorance(part, v)
	case part.Kind() == celast.LiteralKind && result == isFalse:
		reason.Message = x.text(part) + " lets nobody in"
	case result&isFalse != 0:
		reason.Message = x.text(part) + " is false" + x.values(part, v) + x.hint(part, v) + remark
	default:
		reason.Cause = Failed
		_, err := x.evaluate(part, v.cel)
		reason.Message = x.text(part) + " fails: " + x.failure(part, v, err) + remark
	}
	return reason
}

// ignorance is what is not known of a part.
func (x *expression) ignorance(part celast.Expr, v variables) string {
	if reason := doubt(part); reason != "" {
		return reason
	}
	var unknown []string
	for _, read := range references(part) {
		if v.unknown[read] {
			unknown = append(unknown, read.String())
		}
	}
	return "only Google knows " + strings.Join(unknown, " and ")
}

// failure says why a part has no value.
func (x *expression) failure(part celast.Expr, v variables, err error) string {
	var missing []string
	for _, read := range references(part) {
		members, _ := v.cel[read.variable].(map[string]any)
		if _, ok := members[read.key]; ok || read.key == "" {
			continue
		}
		if read.variable == "assertion" {
			missing = append(missing, "the token has no claim "+untrusted.Line(read.key))
		} else {
			missing = append(missing, "there is no "+read.String())
		}
	}
	switch {
	case len(missing) > 0:
		return strings.Join(missing, ", ")
	case err != nil:
		return untrusted.Line(err.Error())
	}
	return "it is neither true nor false"
}

// values tells what the part reads.
func (x *expression) values(part celast.Expr, v variables) string {
	var values []string
	for _, read := range references(part) {
		members, _ := v.cel[read.variable].(map[string]any)
		value, ok := members[read.key]
		if val, isVal := value.(ref.Val); isVal {
			value = native(val)
		}
		switch {
		case ok:
			values = append(values, read.String()+" is "+quote(value))
		case read.key != "":
			values = append(values, read.String()+" is missing")
		}
	}
	if len(values) == 0 {
		return ""
	}
	return ": " + strings.Join(values, ", ")
}

// hint tells the two mistakes that the eye does not see: upper case, and a number in place of a text.
func (x *expression) hint(part celast.Expr, v variables) string {
	values := x.operandValues(part, v)
	if len(values) != 2 {
		return ""
	}
	function, left, candidates := part.AsCall().FunctionName(), values[0], values[1:]
	if list, ok := values[1].(traits.Lister); ok && function == operators.In {
		function, candidates = operators.Equals, items(list)
	}
	text, isText := left.(types.String)
	for _, right := range candidates {
		other, ok := right.(types.String)
		if ok && isText && foldedHolds(function, strings.ToLower(string(text)), strings.ToLower(string(other))) {
			return "; they differ only in case"
		}
	}
	for _, right := range candidates {
		if function == operators.Equals && kindOf(left) != kindOf(right) {
			return fmt.Sprintf("; %s never equals %s", kindOf(left), kindOf(right))
		}
	}
	return ""
}

// operandValues are the values of a call's operands, or nothing if one of them has none.
func (x *expression) operandValues(part celast.Expr, v variables) (values []ref.Val) {
	if part.Kind() != celast.CallKind {
		return nil
	}
	for _, child := range children(part) {
		value, err := x.evaluate(child, v.cel)
		if err != nil {
			return nil
		}
		values = append(values, value)
	}
	return values
}

func items(list traits.Lister) (all []ref.Val) {
	for iterator := list.Iterator(); iterator.HasNext() == types.True; {
		all = append(all, iterator.Next())
	}
	return all
}

// kindOf says what a value is. Numbers of different types can be equal.
func kindOf(value ref.Val) string {
	switch value.(type) {
	case types.String:
		return "a string"
	case types.Int, types.Uint, types.Double:
		return "a number"
	case types.Bool:
		return "a boolean"
	}
	return "a " + value.Type().TypeName()
}

// foldedHolds evaluates a comparison of texts in lower case.
func foldedHolds(function, left, right string) bool {
	switch function {
	case operators.Equals:
		return left == right
	case overloads.StartsWith:
		return strings.HasPrefix(left, right)
	case overloads.EndsWith:
		return strings.HasSuffix(left, right)
	case overloads.Contains:
		return strings.Contains(left, right)
	}
	return false
}
