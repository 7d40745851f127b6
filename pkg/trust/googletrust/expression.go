package googletrust

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"gatepass/pkg/trust"
	"gatepass/pkg/untrusted"
)

// expression is a mapping's or the condition's CEL, checked.
type expression struct {
	path   string // such as attributeCondition
	at     trust.Position
	source []rune
	env    *cel.Env
	ast    *celast.AST

	programs sync.Map // of the parts that were evaluated, by their ID
}

// compile parses and checks an expression whose value must be of type want. The error tells where in the text the fault is.
func compile(env *cel.Env, text trust.Text, path string, want *cel.Type) (*expression, error) {
	checked, issues := env.Compile(text.Value)
	if issues.Err() != nil {
		first := issues.Errors()[0]
		return nil, fmt.Errorf("%s, column %d: %s", quote(text.Value), first.Location.Column()+1, untrusted.Line(first.Message))
	}
	if got := checked.OutputType(); !want.IsAssignableType(got) && got != cel.DynType {
		return nil, fmt.Errorf("%s is of type %s, not %s", quote(text.Value), got, want)
	}
	return &expression{path: path, at: text.Position, source: []rune(text.Value), env: env, ast: checked.NativeRep()}, nil
}

func (x *expression) root() celast.Expr { return x.ast.Expr() }

// plan makes a part of the expression a program of its own.
func (x *expression) plan(part celast.Expr) (cel.Program, error) {
	if program, ok := x.programs.Load(part.ID()); ok {
		return program.(cel.Program), nil
	}
	parsed := celast.NewAST(part, x.ast.SourceInfo())
	program, err := x.env.PlanProgram(celast.NewCheckedAST(parsed, x.ast.TypeMap(), x.ast.ReferenceMap()),
		cel.CostLimit(maxCost), cel.EvalOptions(cel.OptOptimize))
	if err == nil {
		x.programs.Store(part.ID(), program)
	}
	return program, err
}

// evaluate returns the value of a part of the expression.
func (x *expression) evaluate(part celast.Expr, variables map[string]any) (ref.Val, error) {
	program, err := x.plan(part)
	if err != nil {
		return nil, err
	}
	value, _, err := program.Eval(variables)
	return value, err
}

// holds reports whether a part of the expression is true, as this program evaluates it.
func (x *expression) holds(part celast.Expr, variables map[string]any) bool {
	value, err := x.evaluate(part, variables)
	return err == nil && value == types.True
}

// children are the parts that a part is made of, as they stand in the text. What a macro such as exists takes in brackets is none of them:
// the parser has made something else of it.
func children(part celast.Expr) []celast.Expr {
	switch part.Kind() {
	case celast.CallKind:
		call := part.AsCall()
		if call.IsMemberFunction() {
			return append([]celast.Expr{call.Target()}, call.Args()...)
		}
		return call.Args()
	case celast.SelectKind:
		return []celast.Expr{part.AsSelect().Operand()}
	case celast.ListKind:
		return part.AsList().Elements()
	case celast.ComprehensionKind:
		return []celast.Expr{part.AsComprehension().IterRange()}
	}
	return nil
}

// walk calls visit for a part and for all that it is made of.
func walk(part celast.Expr, visit func(celast.Expr)) {
	visit(part)
	for _, child := range children(part) {
		walk(child, visit)
	}
}

// operands are the parts that a chain of an operator joins, such as a, b and c of a && b && c.
func operands(part celast.Expr, operator string) []celast.Expr {
	if !isCall(part, operator) {
		return []celast.Expr{part}
	}
	var all []celast.Expr
	for _, argument := range part.AsCall().Args() {
		all = append(all, operands(argument, operator)...)
	}
	return all
}

func isCall(part celast.Expr, function string) bool {
	return part.Kind() == celast.CallKind && part.AsCall().FunctionName() == function
}

// doubt says what keeps a part from being evaluated offline, functions that Google may or may not have, and groups. It is empty if nothing
// does.
func doubt(part celast.Expr) (reason string) {
	walk(part, func(part celast.Expr) {
		read, _ := referenceOf(part)
		switch kind := part.Kind(); {
		case reason != "":
		case read == reference{"google", "groups"}, kind == celast.CallKind && read == reference{"google", ""}:
			reason = "only Google knows google.groups"
		case kind == celast.CallKind && !documented[part.AsCall().FunctionName()]:
			reason = "only Google knows whether it has " + strings.Trim(part.AsCall().FunctionName(), "_@")
		case kind == celast.ComprehensionKind:
			reason = "only Google knows whether it has all, exists, filter and map"
		case kind == celast.MapKind, kind == celast.StructKind:
			reason = "only Google knows whether it has {…}"
		}
	})
	return reason
}

// guessable reports whether a part has no more in doubt than functions of which there can be but one meaning, if Google has them. Others
// may also take more memory than there is.
func guessable(part celast.Expr) bool {
	ok := true
	walk(part, func(part celast.Expr) {
		switch part.Kind() {
		case celast.CallKind:
			function := part.AsCall().FunctionName()
			ok = ok && (documented[function] || function == "lowerAscii" || function == "upperAscii")
		case celast.ComprehensionKind, celast.MapKind, celast.StructKind:
			ok = false
		}
	})
	return ok
}

// reference is a member of a variable that an expression reads, such as assertion.ref.
type reference struct {
	variable string
	key      string // empty if it depends on the token
}

func (r reference) String() string {
	if r.key == "" {
		return r.variable
	}
	return r.variable + "." + untrusted.Line(r.key)
}

// referenceOf returns what a part is if it is a reference and nothing more.
func referenceOf(part celast.Expr) (reference, bool) {
	switch part.Kind() {
	case celast.SelectKind:
		if operand := part.AsSelect().Operand(); operand.Kind() == celast.IdentKind {
			return reference{operand.AsIdent(), part.AsSelect().FieldName()}, true
		}
	case celast.CallKind:
		if call := part.AsCall(); isCall(part, "_[_]") && call.Args()[0].Kind() == celast.IdentKind {
			key, _ := literal(call.Args()[1])
			return reference{call.Args()[0].AsIdent(), key}, true
		}
	case celast.IdentKind:
		return reference{part.AsIdent(), ""}, slices.Contains([]string{"assertion", "google", "attribute"}, part.AsIdent())
	}
	return reference{}, false
}

// literal returns the text of a part that is a string.
func literal(part celast.Expr) (string, bool) {
	if part.Kind() != celast.LiteralKind {
		return "", false
	}
	text, ok := part.AsLiteral().(types.String)
	return string(text), ok
}

// references are what a part reads, each once, in the order of the text.
func references(part celast.Expr) (all []reference) {
	parts := children(part)
	if found, is := referenceOf(part); is {
		all = append(all, found)
		if found.key != "" {
			return all
		}
		parts = parts[min(1, len(parts)):] // assertion[KEY] reads what KEY reads
	}
	for _, part := range parts {
		all = append(all, references(part)...)
	}
	return unique(all)
}

func unique[T comparable](all []T) (once []T) {
	for _, one := range all {
		if !slices.Contains(once, one) {
			once = append(once, one)
		}
	}
	return once
}
