package googletrust

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"gatepass/pkg/untrusted"
)

// text is a part of the expression as it is written.
func (x *expression) text(part celast.Expr) string {
	start, last := x.extent(part)
	end := x.end(start)
	if isCall(part, operators.Conditional) {
		otherwise, _ := x.extent(part.AsCall().Args()[2])
		end = x.end(otherwise)
	}
	for end <= last {
		// A bracket before the part belongs to it: (a + b).size()
		before := start - 1
		for before >= 0 && !strings.ContainsRune("([{", x.source[before]) {
			before--
		}
		if before < 0 {
			break
		}
		start, end = before, x.end(before)
	}
	return untrusted.Line(string(x.source[start:end]))
}

// place is where a part stands in the file, for a person's eyes.
func (x *expression) place(part celast.Expr) string {
	start, _ := x.extent(part)
	line, column := 1, 1
	for _, r := range x.source[:start] {
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	if !slices.Contains(x.source, '\n') {
		return fmt.Sprintf("%s, column %d", x.path, column)
	}
	return fmt.Sprintf("%s, line %d, column %d", x.path, line, column)
}

// extent is where a part begins, and where the last of its names, operators and literals does. The parser knows of an operator and of a
// call's bracket where they stand, not of what is left of them.
func (x *expression) extent(part celast.Expr) (start, last int) {
	start, last = len(x.source), 0
	walk(part, func(part celast.Expr) {
		found, ok := x.ast.SourceInfo().GetOffsetRange(part.ID())
		at := int(found.Start)
		if !ok || at > len(x.source) {
			return
		}
		last = max(last, at)
		isGlobalCall := part.Kind() == celast.CallKind && !part.AsCall().IsMemberFunction()
		isHas := part.Kind() == celast.SelectKind && part.AsSelect().IsTestOnly()
		if isBracket := at < len(x.source) && x.source[at] == '('; isBracket && (isGlobalCall || isHas) {
			for at > 0 && isNameRune(x.source[at-1]) {
				at--
			}
		}
		start = min(start, at)
	})
	if start > last {
		start = last
	}
	return start, last
}

func isNameRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// end is where the operand ends that begins at start: at a bracket that closes what was open before, at && and its like, or at the end.
func (x *expression) end(start int) int {
	depth := 0
	for i := start; i < len(x.source); i++ {
		switch r := x.source[i]; {
		case r == '\'' || r == '"':
			i = x.closingQuote(i)
		case strings.ContainsRune("([{", r):
			depth++
		case strings.ContainsRune(")]}", r) && depth > 0:
			depth--
		case strings.ContainsRune(")]}", r), depth == 0 && x.ends(i):
			return x.trim(start, i)
		}
	}
	return x.trim(start, len(x.source))
}

// ends reports whether an operator is at i that binds less than those within an operand, or a comment.
func (x *expression) ends(i int) bool {
	rest := string(x.source[i:min(i+2, len(x.source))])
	return rest == "&&" || rest == "||" || rest == "//" || strings.ContainsAny(rest[:1], "?:,")
}

func (x *expression) trim(start, end int) int {
	for end > start && unicode.IsSpace(x.source[end-1]) {
		end--
	}
	return end
}

// closingQuote is where the string ends that begins at i.
func (x *expression) closingQuote(i int) int {
	quote := string(x.source[i])
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(string(x.source[i:min(i+3, len(x.source))]), triple) {
		quote = triple
	}
	raw := i > 0 && strings.ContainsRune("rR", x.source[i-1])
	for i += len(quote); i < len(x.source); i++ {
		switch {
		case x.source[i] == '\\' && !raw:
			i++
		case strings.HasPrefix(string(x.source[i:min(i+3, len(x.source))]), quote):
			return i + len(quote) - 1
		}
	}
	return i
}

// quote is a value in one line, safe to print.
func quote(value any) string {
	if text, ok := value.(string); ok {
		return untrusted.Line(strconv.Quote(text))
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("a %T", value)
	}
	return untrusted.Line(string(text))
}
