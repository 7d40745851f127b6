package sandbox

import (
	"maps"
	"slices"
	"strings"

	"gatepass/pkg/trust"
	"gatepass/pkg/trust/googletrust"
)

// trusted is a provider as googletrust has it.
func (g Google) trusted(provider Provider) *trust.GoogleProvider {
	text := func(value string) trust.Text { return trust.Text{Value: value} }
	p, err := trust.NewGoogleProvider(text(provider.Name))
	if err != nil {
		p = &trust.GoogleProvider{} // The configuration's faults tell.
	}
	p.Universe = g.universe()
	p.Issuer = text(provider.IssuerURI)
	p.Condition = text(provider.AttributeCondition)
	for _, audience := range provider.AllowedAudiences {
		p.Audiences = append(p.Audiences, text(audience))
	}
	for _, name := range slices.Sorted(maps.Keys(provider.AttributeMapping)) {
		p.Mapping = append(p.Mapping, trust.GoogleMapping{Attribute: text(name), Expression: text(provider.AttributeMapping[name])})
	}
	return p
}

// validateExpressions adds what Google would not store, and what only Google
// can evaluate.
func (g Google) validateExpressions(f *faults, key string, provider Provider) {
	evaluator := googletrust.Compile(g.trusted(provider))
	keys := strings.NewReplacer("attributeMapping", "attribute-mapping", "attributeCondition", "attribute-condition",
		"oidc.allowedAudiences", "allowed-audiences")
	for _, reason := range slices.Concat(evaluator.Faults, evaluator.Doubts) {
		f.add(key+keys.Replace(reason.Path), "%s", reason.Message)
	}
}

// refusalOf is Google's answer to a token that it does not take. An expression
// that fails has the answer to a condition that is false, and so, here, has
// what only Google knows.
func refusalOf(decision googletrust.Decision, token idToken) error {
	if decision.Verdict == trust.Allowed {
		return nil
	}
	// The first reason to refuse it is Google's. There may be none but what is unknown.
	reasons := decision.Reasons
	first := slices.IndexFunc(reasons, func(r googletrust.Reason) bool { return r.Verdict() == trust.Denied })
	reason := reasons[max(first, 0)]
	switch {
	case reason.Check == googletrust.Audience:
		return oauthError("invalid_grant", "The audience in ID Token %v does not match the expected audience.", token.audiences())
	case reason.Check == googletrust.Mapping && reason.Cause == googletrust.No:
		return oauthError("unauthorized_client", "The mapped attribute '%s' must be of type STRING.", reason.Attribute)
	case reason.Check == googletrust.Limits && reason.Cause == googletrust.No && reason.Attribute == "google.subject":
		return oauthError("invalid_request", "The size of mapped attribute google.subject exceeds the 127 bytes limit. Either modify your attribute mapping or the incoming assertion to produce a mapped attribute that is less than 127 bytes.")
	}
	return oauthError("unauthorized_client", "The given credential is rejected by the attribute condition.")
}
