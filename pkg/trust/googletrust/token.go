package googletrust

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gatepass/pkg/trust"
)

// availability is why Google does not find the provider.
func (e *Evaluator) availability() []Reason {
	p := e.provider
	reason := Reason{Check: Availability, At: p.State.Position, Path: "state"}
	switch p.State.Value {
	case "", "ACTIVE":
		if p.Disabled.Value {
			return []Reason{{Check: Availability, At: p.Disabled.Position, Path: "disabled", Message: "the provider is disabled"}}
		}
		return nil
	case "DELETED":
		reason.Message = "the provider is deleted"
	default:
		reason.Cause, reason.Message = Unevaluable, fmt.Sprintf("only Google knows what the state %s means", quote(p.State.Value))
	}
	return []Reason{reason}
}

// issuer is why the token's issuer is not the provider's.
func (e *Evaluator) issuer(claims trust.Claims) []Reason {
	want := e.provider.Issuer
	reason := Reason{Check: Issuer, At: want.Position, Path: "oidc.issuerUri"}
	got, ok := claims["iss"].(string)
	switch {
	case got == want.Value && ok:
		return nil
	case !ok:
		reason.Cause, reason.Message = Failed, "the token has no claim iss"
	case strings.TrimSuffix(got, "/") == strings.TrimSuffix(want.Value, "/"):
		reason.Cause = Unevaluable
		reason.Message = fmt.Sprintf("the token's issuer is %s, not %s; only Google knows whether the slash matters",
			quote(got), quote(want.Value))
	default:
		reason.Message = fmt.Sprintf("the token's issuer is %s, not %s", quote(got), quote(want.Value)) + onlyInCase(got, want.Value)
	}
	return []Reason{reason}
}

// audience is why the token is not for the provider. Without a list, Google takes the provider's own name with and without https:
// https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers#Oidc
func (e *Evaluator) audience(claims trust.Claims) []Reason {
	reason := Reason{Check: Audience, Path: "oidc.allowedAudiences"}
	var allowed []string
	for _, audience := range e.provider.Audiences {
		reason.At, allowed = e.provider.Audiences[0].Position, append(allowed, audience.Value)
	}
	if name := e.provider.Name; len(allowed) == 0 && name.Value != "" {
		resource := "//iam." + cmp.Or(e.provider.Universe, "googleapis.com") + "/" + name.Value
		reason.At, reason.Path, allowed = name.Position, "name", []string{"https:" + resource, resource}
	}
	audiences := audiencesOf(claims)
	switch {
	case len(audiences) == 0:
		reason.Cause, reason.Message = Failed, "the token has no claim aud"
	case len(allowed) == 0:
		reason.Cause, reason.Message = Unevaluable, "there are no allowedAudiences, and the provider's name, which stands for them, is not known"
	case slices.ContainsFunc(audiences, func(a string) bool { return slices.Contains(allowed, a) }):
		return nil
	default:
		reason.Message = fmt.Sprintf("the token's audience is %s, not %s", list(audiences), list(allowed)) + onlyInCase(audiences[0], allowed...)
	}
	return []Reason{reason}
}

// audiencesOf returns the claim aud, a string or a list of them:
// https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3
func audiencesOf(claims trust.Claims) (audiences []string) {
	switch aud := claims["aud"].(type) {
	case string:
		return []string{aud}
	case []string:
		return aud
	case []any:
		for _, one := range aud {
			if text, ok := one.(string); ok {
				audiences = append(audiences, text)
			}
		}
	}
	return audiences
}

// list quotes texts of which one would do.
func list(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = quote(text)
	}
	return strings.Join(quoted, " or ")
}

// onlyInCase says so if a text is one of the others but for upper and lower case.
func onlyInCase(text string, others ...string) string {
	for _, other := range others {
		if text != other && strings.EqualFold(text, other) {
			return "; they differ only in case"
		}
	}
	return ""
}

// plain is a claim as CEL takes it: a number is no text, whichever decoder has read it.
func plain(value any) any {
	switch value := value.(type) {
	case json.Number:
		number, _ := value.Float64()
		return number
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = plain(item)
		}
		return items
	case map[string]any:
		members := make(map[string]any, len(value))
		for name, member := range value {
			members[name] = plain(member)
		}
		return members
	}
	return value
}
