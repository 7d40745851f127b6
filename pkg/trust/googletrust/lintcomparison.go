package googletrust

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
)

var (
	wholeComparisons = []string{operators.Equals, operators.NotEquals, operators.In}
	looseComparisons = []string{overloads.StartsWith, overloads.EndsWith, overloads.Contains, overloads.Matches}
)

func isAnyCall(part celast.Expr, functions []string) bool {
	return part.Kind() == celast.CallKind && slices.Contains(functions, part.AsCall().FunctionName())
}

// lintComparisons looks at what is compared with what.
func (l *linter) lintComparisons(x *expression) {
	walk(x.root(), func(part celast.Expr) {
		if isAnyCall(part, wholeComparisons) {
			l.lintNumber(x, part)
			l.lintActor(x, part)
		}
		if isAnyCall(part, wholeComparisons) || isAnyCall(part, looseComparisons) {
			l.lintWorkflow(x, part)
		}
	})
}

// lintNumber looks for a comparison of a number with a claim that is a string.
func (l *linter) lintNumber(x *expression, part celast.Expr) {
	var claim, number string
	for _, argument := range part.AsCall().Args() {
		if read, ok := referenceOf(argument); ok {
			claim = l.evaluator.claimOf(read)
		}
		walk(argument, func(part celast.Expr) {
			if part.Kind() == celast.LiteralKind && part.AsLiteral().Type() != types.StringType && part.AsLiteral().Type() != types.BoolType {
				number = fmt.Sprint(part.AsLiteral().Value())
			}
		})
	}
	if number != "" && claim != "" && !slices.Contains([]string{"iat", "nbf", "exp"}, claim) {
		result := "never holds"
		if isCall(part, operators.NotEquals) {
			result = "always holds"
		}
		l.findIn(numberForString, x, part, fmt.Sprintf("%s is a string, and %s a number: this %s", claim, number, result),
			fmt.Sprintf("write '%s'", number))
	}
}

var commit = regexp.MustCompile(`@[0-9a-f]{40}`)

// lintWorkflow looks for a comparison with a workflow that can change after it was trusted.
func (l *linter) lintWorkflow(x *expression, part celast.Expr) {
	claims := l.evaluator.claimsIn(part)
	if !slices.Contains(claims, "job_workflow_ref") && !slices.Contains(claims, "workflow_ref") {
		return
	}
	_, isClaim := referenceOf(children(part)[0])
	isWhole := isClaim && isAnyCall(part, wholeComparisons)
	for _, text := range textsOf(part) {
		_, version, _ := strings.Cut(text, "@")
		switch {
		case version != "" && !commit.MatchString(text):
			l.findIn(mutableWorkflow, x, part, quote(text)+" can be changed", pinWorkflowFix)
			return
		case version == "" && strings.Contains(text, "/.github/workflows/") && !isWhole:
			l.findIn(openWorkflow, x, part, quote(text)+" leaves the branch open", "compare the whole of the claim, its @ included")
			return
		}
	}
}

const pinWorkflowFix = "pin the workflow to a commit: @ and its hash of 40 hexadecimal digits"

// lintActor looks for a comparison with a user's name. That of an owner is found by who passes.
func (l *linter) lintActor(x *expression, part celast.Expr) {
	if slices.Contains(l.evaluator.claimsIn(part), "actor") {
		l.findIn(reusableName, x, part, "actor is a user's name", "compare assertion.actor_id")
	}
}

// textsOf are the texts in a part.
func textsOf(part celast.Expr) (texts []string) {
	walk(part, func(part celast.Expr) {
		if text, ok := literal(part); ok {
			texts = append(texts, text)
		}
	})
	return texts
}
