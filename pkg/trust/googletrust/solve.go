package googletrust

import (
	"cmp"
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
)

const (
	maxSolutions = 32   // ways to satisfy a condition that are looked at
	maxTries     = 2000 // values that are tried for one
)

// solver looks for the tokens that a condition is meant for.
type solver struct {
	evaluator *Evaluator
	condition *expression
	tries     int
}

// jobs returns jobs whose tokens a part of the condition is meant for, one for each of its alternatives. There is at least one. Whether the
// part lets them in is for the caller to see.
func (s *solver) jobs(part celast.Expr) (jobs []job) {
	for _, claims := range s.solve(part) {
		jobs = append(jobs, jobWith(claims))
	}
	return jobs
}

// solve returns what the claims must be for the part to hold, as far as that can be told.
func (s *solver) solve(part celast.Expr) []map[string]string {
	switch {
	case isCall(part, operators.LogicalOr):
		var all []map[string]string
		for _, alternative := range operands(part, operators.LogicalOr) {
			all = append(all, s.solve(alternative)...)
		}
		return all[:min(len(all), maxSolutions)]
	case isCall(part, operators.LogicalAnd):
		all := []map[string]string{{}}
		for _, conjunct := range operands(part, operators.LogicalAnd) {
			all = combine(all, s.solve(conjunct))
		}
		return all
	}
	return s.try(part)
}

// combine joins each of some sets of claims with each of others.
func combine(some, others []map[string]string) (all []map[string]string) {
	for _, one := range some {
		for _, other := range others {
			joined := maps.Clone(one)
			maps.Copy(joined, other)
			all = append(all, joined)
		}
	}
	return all[:min(len(all), maxSolutions)]
}

// try looks for values of one claim that make a comparison true, among values that are made of the texts in it.
func (s *solver) try(part celast.Expr) (solutions []map[string]string) {
	negates := isCall(part, operators.LogicalNot) || isCall(part, operators.NotEquals)
	if negates && s.evaluator.holds(s.condition, part, exampleJob) {
		return []map[string]string{{}}
	}
	texts := textsIn(part)
	for _, claim := range s.evaluator.claimsIn(part) {
		if !isIssued(claim) {
			continue // no token has it, a stranger's neither
		}
		for _, text := range texts {
			for _, value := range completions(claim, text) {
				s.tries++
				if s.tries > maxTries || len(solutions) == maxSolutions {
					break
				}
				solution := map[string]string{claim: value}
				if s.evaluator.holds(s.condition, part, jobWith(solution)) {
					solutions = append(solutions, solution)
					break
				}
			}
		}
	}
	if len(solutions) == 0 {
		return []map[string]string{{}}
	}
	return solutions
}

// holds reports whether a part of the condition is true of a job, as this program evaluates it. It must be guessable.
func (e *Evaluator) holds(condition *expression, part celast.Expr, j job) bool {
	return condition.holds(part, e.guess(j, references(part)...))
}

// guess maps a job's token to some attributes, functions that Google may not have included.
func (e *Evaluator) guess(j job, wanted ...reference) map[string]any {
	google, attribute := map[string]any{}, map[string]any{}
	all := map[string]any{"assertion": map[string]any(j.claims()), "google": google, "attribute": attribute}
	for _, read := range wanted {
		x := e.mapping[read.String()]
		if x == nil || !guessable(x.root()) {
			continue
		}
		if value, err := x.evaluate(x.root(), all); err == nil {
			all[read.variable].(map[string]any)[read.key] = value
		}
	}
	return all
}

// claimOf is the claim that a reference reads, if an attribute through its mapping. It is empty if there is no such single claim.
func (e *Evaluator) claimOf(read reference) string {
	if read.variable == "assertion" {
		return read.key
	}
	if x := e.mapping[read.String()]; x != nil {
		if read, ok := referenceOf(x.root()); ok {
			return read.key
		}
	}
	return ""
}

// claimsIn are the claims that a part reads, in mapped attributes, too.
func (e *Evaluator) claimsIn(part celast.Expr) (claims []string) {
	for _, read := range references(part) {
		if read.variable == "assertion" && read.key != "" {
			claims = append(claims, read.key)
		} else if x := e.mapping[read.String()]; x != nil {
			claims = append(claims, e.claimsIn(x.root())...)
		}
	}
	return unique(claims)
}

// textsIn are the texts in a part, and for a regular expression some that it matches.
func textsIn(part celast.Expr) (texts []string) {
	walk(part, func(part celast.Expr) {
		if text, ok := literal(part); ok {
			texts = append(texts, text)
		}
		if part.Kind() == celast.SelectKind && part.AsSelect().IsTestOnly() {
			texts = append(texts, "production") // has(assertion.environment)
		}
		if isCall(part, overloads.Matches) && len(part.AsCall().Args()) > 0 {
			pattern, _ := literal(part.AsCall().Args()[0])
			texts = append(texts, samples(pattern)...)
		}
	})
	return unique(texts)
}

// claimForms are the forms of claims that are made of several parts.
var claimForms = map[string]*regexp.Regexp{
	"repository": repositoryForm,
	"sub": regexp.MustCompile(`^repo:(?:[^/:@]+/[^/:@]+|[^/:@]+@[0-9]+/[^/:@]+@[0-9]+):` +
		`(?:ref:refs/(?:heads|tags)/[^:]+|environment:[^:]+|pull_request)$`),
	"job_workflow_ref": regexp.MustCompile(`^[^/]+/[^/]+/\.github/workflows/[^/@]+@[^@]+$`),
	"workflow_ref":     regexp.MustCompile(`^[^/]+/[^/]+/\.github/workflows/[^/@]+@[^@]+$`),
	"ref":              regexp.MustCompile(`^refs/[a-z]+/.+$`),
}

// completions are values of a claim that a text may be meant as, or as a part of. Those of the claim's own form come first.
func completions(claim, text string) (values []string) {
	before, after := []string{""}, []string{"", "x"}
	switch claim {
	case "repository":
		before = []string{"", "octo-org", "octo-org/"}
		after = []string{"", "/octo-repo", "octo-repo"}
	case "sub":
		before = []string{"", "repo:", "repo:octo-org/", "repo:octo-org/octo-repo", "repo:octo-org/octo-repo:",
			"repo:octo-org/octo-repo:ref:refs/heads/", "repo:octo-org/octo-repo:ref:refs/heads", "repo:octo-org@65/octo-repo@74"}
		after = []string{"", "main", "ref:refs/heads/main", ":ref:refs/heads/main", "@74:ref:refs/heads/main", "74:ref:refs/heads/main",
			"octo-repo:ref:refs/heads/main", "/octo-repo:ref:refs/heads/main", "octo-repo@74:ref:refs/heads/main",
			"@65/octo-repo@74:ref:refs/heads/main", "octo-org/octo-repo:ref:refs/heads/main"}
	case "job_workflow_ref", "workflow_ref":
		before = []string{"", "octo-org/octo-repo", "octo-org/octo-repo/.github/workflows/", "octo-org/octo-repo/.github/workflows/deploy.yml"}
		after = []string{"", "main", "refs/heads/main", "@refs/heads/main", "deploy.yml@refs/heads/main",
			".github/workflows/deploy.yml@refs/heads/main", "/.github/workflows/deploy.yml@refs/heads/main",
			"octo-repo/.github/workflows/deploy.yml@refs/heads/main", "/octo-repo/.github/workflows/deploy.yml@refs/heads/main"}
	case "ref":
		before, after = []string{"", "refs/heads/"}, []string{"", "main"}
	}
	for _, prefix := range before {
		for _, suffix := range after {
			values = append(values, prefix+text+suffix)
		}
	}
	if form := claimForms[claim]; form != nil {
		slices.SortStableFunc(values, func(a, b string) int {
			return cmp.Compare(formless(form, a), formless(form, b))
		})
	}
	return values
}

// formless is 1 for what is not of a form, and 0 for what is.
func formless(form *regexp.Regexp, value string) int {
	if form.MatchString(value) {
		return 0
	}
	return 1
}

// samples are short texts that a regular expression matches, one for each of its alternatives.
func samples(pattern string) []string {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	return sample(parsed)
}

func sample(r *syntax.Regexp) []string {
	switch r.Op {
	case syntax.OpLiteral:
		return []string{string(r.Rune)}
	case syntax.OpCharClass:
		for _, char := range "x0-A_/@: " {
			if inClass(r.Rune, char) {
				return []string{string(char)}
			}
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return []string{"x"}
	case syntax.OpCapture, syntax.OpPlus:
		return sample(r.Sub[0])
	case syntax.OpRepeat:
		all := []string{""}
		for range min(r.Min, 10) {
			all = concat(all, sample(r.Sub[0]))
		}
		return all
	case syntax.OpAlternate:
		var all []string
		for _, sub := range r.Sub {
			all = append(all, sample(sub)...)
		}
		return all[:min(len(all), maxSolutions)]
	case syntax.OpConcat:
		all := []string{""}
		for _, sub := range r.Sub {
			all = concat(all, sample(sub))
		}
		return all
	}
	return []string{""}
}

// inClass reports whether a character is in one of some ranges, each of them two runes.
func inClass(ranges []rune, char rune) bool {
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i] <= char && char <= ranges[i+1] {
			return true
		}
	}
	return false
}

// concat joins each of some texts with each of others.
func concat(some, others []string) (all []string) {
	for _, one := range some {
		for _, other := range others {
			all = append(all, one+other)
		}
	}
	return slices.Clip(all[:min(len(all), maxSolutions)])
}
