package awstrust

import (
	"slices"
	"strings"

	"gatepass/pkg/lazyregexp"
	"gatepass/pkg/trust"
)

// Policy is a role's trust policy.
type Policy struct {
	variables  bool // whether ${…} is a policy variable, as it is in version 2012-10-17
	statements []statement
}

type statement struct {
	trust.Position
	path       string
	sid        string
	deny       bool
	principal  principals
	action     actions
	conditions []condition
}

// principals are whom a statement is about.
type principals struct {
	trust.Position
	path  string
	not   bool // NotPrincipal
	names []principal
}

type principal struct {
	value
	kind string // AWS, Federated, Service, CanonicalUser
}

func (p principal) isEveryone() bool { return p.kind == kindAWS && p.text == "*" }

func (p principal) hasWildcard() bool { return strings.ContainsAny(p.text, "*?") }

const (
	kindAWS       = "AWS"
	kindFederated = "Federated"
)

// awsForm is what Principal.AWS may name: everyone, an account, a root, user, role or session, or the id of a user or role that is gone.
// IAM takes no pattern but *:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
var awsForm = lazyregexp.New(`\A(?:\*|\d{12}|A[A-Z0-9]{15,127}|arn:aws[a-z-]*:iam::\d{12}:(?:root|(?:user|role)/[^*?]+)|` +
	`arn:aws[a-z-]*:sts::\d{12}:(?:assumed-role/[^/*?]+/[^/*?]+|federated-user/[^/*?]+))\z`)

// whom is as whom a statement means a caller.
type whom int

const (
	nobody whom = iota
	account
	caller
)

func (p *principals) matches(r Request, deny bool) (Reason, whom) {
	reason := Reason{Position: p.Position, Path: p.path, Cause: OtherPrincipal, Got: slices.Clone(r.Caller)}
	if r.Provider != "" {
		reason.Got = append(reason.Got, r.Provider)
	}
	var who whom
	for _, name := range p.names {
		reason.Want = append(reason.Want, name.text)
		t, as, cause := name.matches(r, deny)
		if t == Perhaps && reason.Truth == No {
			reason.Cause = cause
		}
		reason.Truth, who = max(reason.Truth, t), max(who, as)
	}
	if p.not {
		reason.Truth, reason.Cause, who = Perhaps, EveryoneElse, caller
	}
	return reason, who
}

func (p principal) matches(r Request, deny bool) (Truth, whom, Cause) {
	switch {
	case p.isEveryone() && len(r.Caller) > 0:
		return Yes, caller, ""
	case p.isEveryone() && r.Provider != "":
		// AWS says that * is everyone, the anonymous too. It is enough for a Deny, and not for a yes.
		if deny {
			return Yes, caller, ""
		}
		return Perhaps, caller, EveryPrincipal
	case p.kind == kindAWS && slices.Contains(r.Caller, p.text):
		return Yes, caller, ""
	case p.kind == kindAWS && slices.Contains(r.Account, p.text):
		return Yes, account, ""
	case p.kind == kindFederated && r.Provider != "" && p.text == r.Provider:
		return Yes, caller, ""
	case p.kind == kindFederated && r.Provider != "" && p.hasWildcard():
		return Perhaps, caller, PrincipalPattern
	}
	return No, nobody, ""
}

// actions are what a statement is about.
type actions struct {
	trust.Position
	path  string
	not   bool // NotAction
	names []value
}

func (a *actions) matches(action string) Reason {
	return Reason{
		Position: a.Position, Path: a.path, Want: texts(a.names), Got: []string{action},
		Cause: OtherAction, Truth: truth(a.covers(action)),
	}
}

// covers reports whether the statement is about an action. The names of actions have no case:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
func (a *actions) covers(action string) bool {
	named := slices.ContainsFunc(a.names, func(name value) bool { return Like(lower(name.text), lower(action)) })
	return named != a.not
}
