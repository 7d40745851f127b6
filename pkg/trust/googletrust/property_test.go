package googletrust_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gatepass/pkg/trust"
	"gatepass/pkg/trust/googletrust"
)

// world is a provider without a condition, and a token that it lets in.
func world(t testing.TB) (*trust.GoogleProvider, trust.Claims) {
	t.Helper()
	all := readVectors(t)
	return parseProvider(t, all.Provider), parseClaims(t, all.Claims)
}

// conditions are those of the vectors that compile, each in brackets.
func conditions(t testing.TB) (texts []string) {
	t.Helper()
	all := readVectors(t)
	for _, v := range all.Vectors {
		text, _ := v.Provider["attributeCondition"].(string)
		p := parseProvider(t, over(all.Provider, map[string]any{"attributeCondition": text}))
		if text != "" && len(googletrust.Compile(p).Faults) == 0 {
			texts = append(texts, "("+text+"\n)")
		}
	}
	if len(texts) < 30 {
		t.Fatalf("there are only %d conditions", len(texts))
	}
	return texts
}

// decide evaluates a condition.
func decide(p *trust.GoogleProvider, claims trust.Claims, condition string) googletrust.Decision {
	changed := *p
	changed.Condition.Value = condition
	return googletrust.Evaluate(&changed, claims)
}

// pairs calls visit for each condition with some others, and with the verdicts of both.
func pairs(t *testing.T, visit func(one, other string, verdict, otherVerdict trust.Verdict)) {
	t.Helper()
	p, claims := world(t)
	all := conditions(t)
	verdicts := map[string]trust.Verdict{}
	for _, text := range all {
		verdicts[text] = decide(p, claims, text).Verdict
	}
	for i, one := range all {
		for _, distance := range []int{1, 2, 5, 11, 23} {
			other := all[(i+distance)%len(all)]
			visit(one, other, verdicts[one], verdicts[other])
		}
	}
}

func TestAnotherConjunctOnlyNarrows(t *testing.T) {
	p, claims := world(t)
	pairs(t, func(one, other string, verdict, otherVerdict trust.Verdict) {
		both, swapped := decide(p, claims, one+" && "+other).Verdict, decide(p, claims, other+" && "+one).Verdict
		if both > min(verdict, otherVerdict) || swapped != both {
			t.Errorf("%s is %s, %s is %s; both are %s, and %s the other way round", one, verdict, other, otherVerdict, both, swapped)
		}
	})
}

func TestAnotherAlternativeOnlyWidens(t *testing.T) {
	p, claims := world(t)
	pairs(t, func(one, other string, verdict, _ trust.Verdict) {
		if either := decide(p, claims, one+" || "+other).Verdict; either == trust.Denied && verdict != trust.Denied {
			t.Errorf("%s is %s, and with || %s it is %s", one, verdict, other, either)
		}
	})
}

func TestFalseLetsNobodyIn(t *testing.T) {
	p, claims := world(t)
	for _, text := range conditions(t) {
		for _, condition := range []string{"false && " + text, text + " && false", text + " && !true", "false ? " + text + " : false"} {
			if d := decide(p, claims, condition); d.Verdict != trust.Denied {
				t.Errorf("%s is %s", condition, d.Verdict)
			}
		}
	}
}

func TestMappingsDoNotChangeConditionsOnClaims(t *testing.T) {
	p, claims := world(t)
	about := func(d googletrust.Decision) []googletrust.Reason {
		return slices.DeleteFunc(d.Reasons, func(r googletrust.Reason) bool { return r.Check != googletrust.Condition })
	}
	for _, text := range conditions(t) {
		if strings.Contains(text, "attribute.") || strings.Contains(text, "google.") {
			continue
		}
		want := about(decide(p, claims, text))
		for _, expression := range []string{"assertion.missing", "assertion.sub.trim()", "assertion.iat", "assertion.repository", "x +"} {
			changed := *p
			attribute := trust.Text{Value: "attribute.x"}
			changed.Mapping = append(slices.Clone(p.Mapping), trust.GoogleMapping{Attribute: attribute, Expression: trust.Text{Value: expression}})
			if got := about(decide(&changed, claims, text)); !slices.Equal(got, want) {
				t.Errorf("%s has the reasons %v, and with attribute.x mapped to %s %v", text, want, expression, got)
			}
		}
	}
}

// outcome is what a part of a condition comes to.
type outcome int

const (
	yes outcome = iota
	no
	failing
)

// leaves are conditions that come to each of them with the token of the vectors, and one that only Google can evaluate.
var (
	leaves = map[outcome]string{yes: "assertion.ref_type == 'branch'", no: "assertion.ref_type == 'tag'", failing: "assertion.environment == 'x'"}
	doubt  = "assertion.ref_type.lowerAscii() == 'branch'"
)

// randomTree is a condition with operators at random, and what it comes to by CEL's rules if the leaf in doubt comes to each of three:
// https://github.com/google/cel-spec/blob/master/doc/langdef.md#logical-operators
func randomTree(random *rand.Rand, depth int) (string, [3]outcome) {
	kind := random.IntN(6)
	if depth == 0 || kind == 0 {
		if leaf := outcome(random.IntN(4)); leaf <= failing {
			return leaves[leaf], [3]outcome{leaf, leaf, leaf}
		}
		return doubt, [3]outcome{yes, no, failing}
	}
	a, left := randomTree(random, depth-1)
	b, right := randomTree(random, depth-1)
	var result [3]outcome
	switch kind {
	case 1:
		for i := range result {
			result[i] = map[outcome]outcome{yes: no, no: yes, failing: failing}[left[i]]
		}
		return "!(" + a + ")", result
	case 2, 3:
		for i := range result {
			result[i] = decisive(no, left[i], right[i])
		}
		return "(" + a + ") && (" + b + ")", result
	case 4:
		for i := range result {
			result[i] = decisive(yes, left[i], right[i])
		}
		return "(" + a + ") || (" + b + ")", result
	}
	c, last := randomTree(random, depth-1)
	for i := range result {
		result[i] = map[outcome]outcome{yes: right[i], no: last[i], failing: failing}[left[i]]
	}
	return "(" + a + ") ? (" + b + ") : (" + c + ")", result
}

// decisive is what an operator comes to that one of its operands decides if it comes to wanted.
func decisive(wanted, left, right outcome) outcome {
	switch {
	case left == wanted || right == wanted:
		return wanted
	case left == failing || right == failing:
		return failing
	}
	return left
}

func TestThreeValuedLogicIsSound(t *testing.T) {
	p, claims := world(t)
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		condition, results := randomTree(random, 4)
		d := decide(p, claims, condition)
		inDoubt, mayHold := strings.Contains(condition, doubt), slices.Contains(results[:], yes)
		switch {
		case inDoubt && d.Verdict == trust.Allowed, inDoubt && mayHold && d.Verdict == trust.Denied:
			t.Fatalf("%s is %s, and may come to %v", condition, d.Verdict, results)
		case !inDoubt && (d.Verdict == trust.Allowed) != mayHold, !inDoubt && d.Verdict == trust.Unknown:
			t.Fatalf("%s is %s, and comes to %v", condition, d.Verdict, results[0])
		}
		if (len(d.Reasons) == 0) != (d.Verdict == trust.Allowed) {
			t.Fatalf("%s is %s for the reasons %v", condition, d.Verdict, d.Reasons)
		}
	}
}
