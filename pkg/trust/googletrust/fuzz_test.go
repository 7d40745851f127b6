package googletrust_test

import (
	"testing"

	"gatepass/pkg/trust"
	"gatepass/pkg/trust/googletrust"
	"gatepass/pkg/untrusted"
)

// FuzzEvaluate looks for a panic, for an answer that never comes, for a text that is not safe to print, and for an allowed token that
// should not be.
func FuzzEvaluate(f *testing.F) {
	all := readVectors(f)
	for _, v := range all.Vectors {
		condition, _ := v.Provider["attributeCondition"].(string)
		mapping, _ := v.Provider["attributeMapping"].(map[string]any)
		for name, expression := range mapping {
			f.Add(condition, name, expression.(string), "environment", "production")
		}
		f.Add(condition, "attribute.x", "assertion.environment", "environment", "##[debug]\n::notice::x")
	}
	base, claims := world(f)
	f.Fuzz(func(t *testing.T, condition, attribute, expression, claim, value string) {
		p, token := *base, trust.Claims(over(claims, map[string]any{claim: value}))
		p.Condition = trust.Text{Position: trust.Position{Line: 1, Column: 1}, Value: condition}
		p.Mapping = append([]trust.GoogleMapping{{Attribute: trust.Text{Value: attribute}, Expression: trust.Text{Value: expression}}}, base.Mapping...)
		e := googletrust.Compile(&p)
		d := e.Evaluate(token)
		if (d.Verdict == trust.Allowed) != (len(d.Reasons) == 0) {
			t.Errorf("the verdict is %s for the reasons %v", d.Verdict, d.Reasons)
		}
		for _, reason := range d.Reasons {
			isPrintable(t, reason.Message, reason.Path)
		}
		for _, member := range d.Members {
			if match := d.Match(member); match.Verdict > d.Verdict {
				t.Errorf("%s is %s, the token %s", member, match.Verdict, d.Verdict)
			}
		}
		isPrintable(t, d.Match(expression).Why+"x", d.Match(value).Why+"x")
		if d.Verdict == trust.Allowed {
			isRightlyAllowed(t, &p, e, token)
		}
		for _, finding := range googletrust.Lint(&p, googletrust.Binding{Text: trust.Text{Value: value}, Path: "bindings[0].members[0]"}) {
			isPrintable(t, finding.Message, finding.Fix, finding.Path)
		}
	})
}

// isRightlyAllowed fails if a provider lets in a token that only Google can judge, or that the opposite condition lets in, too.
func isRightlyAllowed(t *testing.T, p *trust.GoogleProvider, e *googletrust.Evaluator, token trust.Claims) {
	t.Helper()
	if len(e.Faults)+len(e.Doubts) > 0 {
		t.Errorf("the token is allowed in spite of %v and %v", e.Faults, e.Doubts)
	}
	if p.Condition.Value == "" {
		return
	}
	for _, opposite := range []string{"!(" + p.Condition.Value + "\n)", "(" + p.Condition.Value + "\n) && false"} {
		if decide(p, token, opposite).Verdict == trust.Allowed {
			t.Errorf("the token is allowed, and by %q, too", opposite)
		}
	}
}

func isPrintable(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if text == "" || untrusted.Line(text) != text {
			t.Errorf("%q is not safe to print", text)
		}
	}
}
