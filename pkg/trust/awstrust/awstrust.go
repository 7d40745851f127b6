// Package awstrust decides what the trust policy of an AWS role says to a token's claims, and finds what is wrong with the policy.
//
// It answers with three values. What AWS documents is yes or no. What only AWS can know, such as the address that a request comes from, and
// what AWS does not document, such as the case of letters outside of ASCII, is unknown, and never a yes:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
package awstrust

import "gatepass/pkg/trust"

// Truth is whether something holds, in the logic that has a value between false and true.
type Truth int

// The least of several is that all hold, the greatest that one does.
const (
	No Truth = iota
	Perhaps
	Yes
)

func (t Truth) not() Truth { return Yes - t }

func truth(holds bool) Truth {
	if holds {
		return Yes
	}
	return No
}

// Request is what a policy is asked about: a token that a provider vouches for, or a caller whom AWS knows.
type Request struct {
	Action   string       // such as sts:AssumeRoleWithWebIdentity
	Provider string       // ARN of the OIDC provider that vouches for the token; it ends with the prefix of the claims' keys
	Claims   trust.Claims // what the token says
	Caller   []string     // how a policy may name the caller
	Account  []string     // how a policy may name the caller's account
	// Keys are the condition keys that are known apart from the token, such as sts:RoleSessionName, aws:RequestTag/KEY and aws:CurrentTime.
	Keys map[string]string
	// Absent are patterns of condition keys that the request is known to lack, such as sts:ExternalId and aws:RequestTag/*.
	Absent []string
}

// Decision is what a policy says to a request, and why.
type Decision struct {
	Verdict trust.Verdict
	// ByAccount is whether the policy allows only the account of the caller, which leaves it to the caller's own policies.
	ByAccount  bool
	Statements []StatementDecision // in the order of the policy
}

// StatementDecision is what one statement says to a request.
type StatementDecision struct {
	trust.Position
	Path    string // such as Statement[0]
	Sid     string
	Deny    bool
	Applies Truth
	// Reasons are why the statement does not apply, or why no one but AWS can tell. They are in the order of principal, action and conditions.
	Reasons []Reason
}

// Evaluate says whether the policy allows the request. A Deny that applies wins, and one that may apply leaves no certainty.
func (p *Policy) Evaluate(r Request) Decision {
	var d Decision
	var allowed, denied, byCaller Truth
	for i := range p.statements {
		result, who := p.statements[i].evaluate(r)
		d.Statements = append(d.Statements, result)
		switch {
		case result.Deny:
			denied = max(denied, result.Applies)
		case who != account:
			byCaller = max(byCaller, result.Applies)
			allowed = max(allowed, result.Applies)
		default:
			allowed = max(allowed, result.Applies)
		}
	}
	d.Verdict = trust.Verdict(min(allowed, denied.not()))
	d.ByAccount = d.Verdict != trust.Denied && byCaller < allowed
	return d
}

func (s *statement) evaluate(r Request) (StatementDecision, whom) {
	d := StatementDecision{Position: s.Position, Path: s.path, Sid: s.sid, Deny: s.deny, Applies: Yes}
	add := func(reason Reason) {
		d.Applies = min(d.Applies, reason.Truth)
		if reason.Truth != Yes {
			d.Reasons = append(d.Reasons, reason)
		}
	}
	reason, who := s.principal.matches(r, s.deny)
	add(reason)
	add(s.action.matches(r.Action))
	for i := range s.conditions {
		add(s.conditions[i].evaluate(r))
	}
	return d, who
}
