package awstrust

import (
	"gatepass/pkg/lazyregexp"
	"gatepass/pkg/trust"
)

// condition is one key of an operator. It holds if one of its values does; with a negated operator, if none does:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
type condition struct {
	trust.Position // of the key
	path           string
	operator       operator
	key            string
	values         []value
}

func (c *condition) evaluate(r Request) Reason {
	got := r.lookup(c.key)
	reason := Reason{
		Position: c.Position, Path: c.path,
		Operator: c.operator.name, Key: c.key, Want: texts(c.values), Got: got.values,
	}
	switch {
	case got.truth == Perhaps:
		reason.Truth, reason.Cause = Perhaps, got.cause
	case len(c.values) == 0:
		reason.Truth, reason.Cause = Perhaps, NoValues
	case c.operator.name == null:
		reason.Truth, reason.Cause = c.isAbsent(got)
	case got.truth == No:
		reason.Truth, reason.Cause = c.absent(), got.cause
	case c.operator.qualifier != "" && (len(got.values) == 0 || len(got.values) == 1 && got.values[0] == ""):
		// An empty value is no value to these two, AWS says.
		reason.Truth, reason.Cause = truth(c.operator.qualifier == "ForAllValues"), Empty
	case c.operator.qualifier == "" && len(got.values) != 1:
		reason.Truth, reason.Cause = Perhaps, SeveralValues
	default:
		reason.Truth, reason.Cause = c.compare(r, got.values)
	}
	return reason
}

// absent is what the condition says to a key that the request lacks:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
func (c *condition) absent() Truth {
	switch {
	case c.operator.ifExists, c.operator.qualifier == "ForAllValues":
		return Yes
	case c.operator.qualifier == "ForAnyValue":
		return No
	}
	return truth(c.operator.negated)
}

// isAbsent is what Null says: with true that the key is absent, with false that it is there.
func (c *condition) isAbsent(got entry) (Truth, Cause) {
	if got.truth == Yes && (len(got.values) == 0 || got.values[0] == "") {
		return Perhaps, EmptyValue
	}
	var holds Truth
	for _, v := range c.values {
		holds = max(holds, truth((v.text == "true") == (got.truth == No)))
	}
	if got.truth == Yes {
		return holds, Present
	}
	return holds, got.cause
}

// compare is what the condition says to the values of the request.
func (c *condition) compare(r Request, values []string) (Truth, Cause) {
	var wants []expanded
	for _, v := range c.values {
		want, ok := v.expand(r)
		if !ok {
			// AWS says that it may make the whole statement invalid.
			return Perhaps, UnresolvedVariable
		}
		wants = append(wants, want)
	}
	some, all := No, Yes
	var why Cause
	for _, value := range values {
		holds, cause := c.one(value, wants)
		if holds != Yes && why == "" {
			why = cause
		}
		some, all = max(some, holds), min(all, holds)
	}
	if c.operator.qualifier == "ForAllValues" {
		return all, why
	}
	return some, why
}

// one is what the condition says to one value of the request.
func (c *condition) one(value string, wants []expanded) (Truth, Cause) {
	var holds Truth
	var why Cause
	for _, want := range wants {
		t, cause := c.operator.compare(value, want)
		if t == Perhaps && holds == No {
			why = cause
		}
		holds = max(holds, t)
	}
	switch {
	case holds == Perhaps:
		return Perhaps, why
	case c.operator.negated:
		return holds.not(), Excluded
	}
	return holds, c.difference(value, wants)
}

// difference says how a value is other than those of the policy, by the most telling of the ways.
func (c *condition) difference(value string, wants []expanded) Cause {
	if !c.operator.isText() {
		return Differs
	}
	for _, way := range []struct {
		cause Cause
		is    func(want expanded) bool
	}{
		{DiffersInCase, func(want expanded) bool { return c.matches(lower(value), want.lower()) }},
		{LiteralWildcard, func(want expanded) bool { return c.operator.literal() && Like(want.text, value) }},
		{NamesOnly, func(want expanded) bool { return c.matches(withoutIDs(value), want) }},
		{IDsToo, func(want expanded) bool {
			return idForm().MatchString(want.text) && c.matches(value, plain(withoutIDs(want.text)))
		}},
		{OtherContext, func(want expanded) bool { return sameRepository(value, want.text) }},
	} {
		for _, want := range wants {
			if way.is(want) {
				return way.cause
			}
		}
	}
	return Differs
}

func (c *condition) matches(value string, want expanded) bool {
	t, _ := c.operator.compare(value, want)
	return t == Yes
}

// idForm is how sub has the IDs beside the names of owner and repository in repositories made since July 2026:
// https://docs.github.com/actions/reference/security/oidc#immutable-subject-claims
var idForm = lazyregexp.New(`\A(repo:[^/:@]+)@\d+(/[^/:@]+)@\d+`)

// repositoryForm is how sub begins, up to what it says of the run.
var repositoryForm = lazyregexp.New(`\Arepo:[^/:]+/[^/:]+:`)

func withoutIDs(subject string) string { return idForm().ReplaceAllString(subject, "$1$2") }

// sameRepository reports whether sub and a policy's value for it begin with the same repository.
func sameRepository(subject, want string) bool {
	repository := repositoryForm().FindString(subject)
	return repository != "" && repository == repositoryForm().FindString(want)
}
