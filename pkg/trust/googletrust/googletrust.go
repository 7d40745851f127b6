// Package googletrust tells what a provider of a Google workload identity pool makes of a token of GitHub Actions, and what is dangerous
// about a provider and about the IAM bindings to its pool.
//
// It evaluates the attribute mapping and the attribute condition with cel-go, offline. What it cannot be sure of it calls unknown, never
// allowed: functions that no page of Google's shows, groups, a name that the file does not have. It takes for granted that the token is
// genuine and timely, and that the pool is not disabled.
package googletrust

import (
	"cmp"
	"slices"

	"gatepass/pkg/trust"
)

// Check is one of the checks that a token goes through.
type Check int

// The checks in the order in which Google makes them.
const (
	Availability Check = iota // is the provider there, and not disabled?
	Issuer
	Audience
	Mapping
	Limits // of the provider and of what the token is mapped to
	Condition
)

func (c Check) String() string {
	return [...]string{"availability", "issuer", "audience", "mapping", "limits", "condition"}[c]
}

// Cause is how a check ended that a token did not pass.
type Cause int

// A check said no; or it failed, as it does over a claim that the token lacks, and Google gives the answer that it gives to a no; or only
// Google can make it.
const (
	No Cause = iota
	Failed
	Unevaluable
)

func (c Cause) String() string { return [...]string{"no", "failed", "unevaluable"}[c] }

// Reason is why a token is not allowed, or a provider not taken.
type Reason struct {
	Check     Check
	Cause     Cause
	Attribute string         // the mapped attribute that it is about, such as google.subject; empty if none
	At        trust.Position // of the string in the provider's file; the zero value if none
	Path      string         // the place for a person's eyes, such as attributeCondition, column 12
	Message   string         // one line, safe to print
}

// Verdict is what follows from the reason.
func (r Reason) Verdict() trust.Verdict {
	if r.Cause == Unevaluable {
		return trust.Unknown
	}
	return trust.Denied
}

// Decision is what a provider makes of a token.
type Decision struct {
	Verdict trust.Verdict
	Reasons []Reason // in the order of the checks; the first that denies is the one that Google tells. Empty if allowed.
	// Attributes by name, such as google.subject: those that could be mapped.
	Attributes map[string]any
	// Members are the members of IAM bindings that the token is, whether or not the provider lets it in. Like Attributes they hold claims
	// as they are, and must be cleaned before they are printed:
	// https://docs.cloud.google.com/iam/docs/principal-identifiers
	Members []string

	evaluator *Evaluator
	unknown   map[reference]bool // attributes that only Google can map
}

// Evaluate compiles a provider and evaluates it.
func Evaluate(p *trust.GoogleProvider, claims trust.Claims) Decision {
	return Compile(p).Evaluate(claims)
}

// Evaluate tells what the provider makes of a token with these claims.
func (e *Evaluator) Evaluate(claims trust.Claims) Decision {
	d := Decision{evaluator: e, Attributes: map[string]any{}, unknown: map[reference]bool{}}
	d.add(e.availability()...)
	d.add(e.issuer(claims)...)
	d.add(e.audience(claims)...)
	v := d.mapToken(claims)
	d.add(e.Faults...)
	if e.condition != nil {
		d.add(e.condition.reasons(v)...)
	}
	slices.SortStableFunc(d.Reasons, func(a, b Reason) int { return cmp.Compare(a.Check, b.Check) })
	d.Members = e.members(d.Attributes)
	d.Verdict = trust.Allowed
	for _, reason := range d.Reasons {
		d.Verdict = min(d.Verdict, reason.Verdict())
	}
	return d
}

func (d *Decision) add(reasons ...Reason) { d.Reasons = append(d.Reasons, reasons...) }

// members returns the members that a token with these attributes is.
func (e *Evaluator) members(attributes map[string]any) (members []string) {
	pool := e.provider.PoolName()
	if pool == "" {
		return nil
	}
	if subject, _ := attributes[subjectAttribute].(string); subject != "" {
		members = append(members, "principal://iam.googleapis.com/"+pool+"/subject/"+subject)
	}
	for _, m := range e.provider.Mapping {
		if value, _ := attributes[m.Attribute.Value].(string); value != "" && isCustom(m.Attribute.Value) {
			members = append(members, "principalSet://iam.googleapis.com/"+pool+"/"+m.Attribute.Value+"/"+value)
		}
	}
	return append(members, "principalSet://iam.googleapis.com/"+pool+"/*")
}
