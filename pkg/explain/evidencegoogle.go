package explain

import (
	"fmt"
	"slices"
	"strings"

	"gatepass/pkg/grant"
	"gatepass/pkg/lazyregexp"
	"gatepass/pkg/quote"
	"gatepass/pkg/trust"
	"gatepass/pkg/untrusted"
)

// googleEvidenceCauses are what the provider says, where the step has it: all that can be compared without evaluating an expression. It is
// proof as far as the file is what Google has.
var googleEvidenceCauses = []cause{
	{"google-evidence-name", where(providerRefused, hasAnotherName), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The file in google-provider describes another provider, %s, than workload_identity_provider names.", shown(c.Provider.Name)),
			Fix:     "Give the step the file of the same provider, or correct the name of the one that you mean:",
			Paste:   []string{input("workload_identity_provider", shown(c.Provider.Name))},
		}
	}},
	{"google-evidence-deleted", where(said(GoogleSTS, "invalid_target", ""), func(c Case) bool { return c.Provider != nil && c.Provider.State.Value == "DELETED" }), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The provider is deleted, says google-provider (line %d).", c.Provider.State.Line),
			Fix:     "For 30 days after that it can be brought back:",
			Paste:   []string{gcloudProviders("undelete", c.Google.Provider)},
		}
	}},
	{"google-evidence-disabled", where(said(GoogleSTS, "invalid_target", ""), func(c Case) bool { return c.Provider != nil && c.Provider.Disabled.Value }), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The provider is disabled, says google-provider (line %d).", c.Provider.Disabled.Line),
			Fix:     "Enable it:",
			Paste:   []string{c.update("--no-disabled")},
		}
	}},
	{"google-evidence-issuer", where(said(GoogleSTS, "invalid_grant", ""), hasAnotherIssuer), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The token's issuer is %s. The provider takes tokens of %s, says google-provider (line %d).", c.claim("iss"), shown(c.Provider.Issuer), c.Provider.Issuer.Line),
			Fix:     trustIssuerFix,
			Paste:   []string{c.trustIssuer()},
		}
	}},
	{"google-evidence-audience", where(said(GoogleSTS, "invalid_grant", ""), hasAnotherAudience), func(c Case) Explanation {
		accepted := c.accepted()
		return Explanation{
			Meaning: fmt.Sprintf("The token is for the audience %s. The provider accepts %s, says google-provider.", c.claim("aud"), strings.Join(accepted, " and ")),
			Fix:     "There are two ways out:",
			Paste: []string{
				remark("Either ask for what it accepts:", input("audience", accepted[0])),
				remark("Or have the provider accept the token's audience, too:",
					c.update("--allowed-audiences="+strings.Join(append(slices.Clone(accepted), c.claim("aud")), ","))),
			},
		}
	}},
	{"google-evidence-condition", where(rejected, hasCondition), explainCondition},
	{"google-evidence-mapping", perhaps(where(lacksPermission, hasMapping)), explainMapping},
}

// providerRefused fits where Google's STS has refused the token.
func providerRefused(c Case) odds {
	if c.Provider != nil && c.Refusal.Service == GoogleSTS && c.Refusal.Status >= 400 && c.Refusal.Status < 500 {
		return certain
	}
	return no
}

func hasAnotherName(c Case) bool {
	return c.Provider.Name.Value != "" && c.Provider.Name.Value != c.Google.Provider
}

func hasAnotherIssuer(c Case) bool {
	return c.Provider != nil && strings.TrimSuffix(c.Provider.Issuer.Value, "/") != strings.TrimSuffix(c.claim("iss"), "/")
}

func hasAnotherAudience(c Case) bool {
	return c.Provider != nil && !slices.Contains(c.accepted(), c.claim("aud"))
}

// accepted are the audiences that the provider accepts. Without a list it is the provider's name:
// https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers#oidc
func (c Case) accepted() []string {
	if len(c.Provider.Audiences) == 0 {
		return []string{c.usualAudience()}
	}
	var accepted []string
	for _, audience := range c.Provider.Audiences {
		accepted = append(accepted, shown(audience))
	}
	return accepted
}

// hasMapping tells whether it is known which attributes a binding may name.
func hasMapping(c Case) bool { return c.Provider != nil && len(c.Provider.Mapping) > 0 }

func hasCondition(c Case) bool { return c.Provider != nil && c.Provider.Condition.Value != "" }

// shown is a text of the file, cleaned for printing.
func shown(text trust.Text) string { return untrusted.Line(text.Value) }

var (
	readForm    = lazyregexp.New(`\bassertion(?:\.([A-Za-z_][A-Za-z0-9_]*)|\[\s*["']([^"']+)["']\s*\])`)
	literalForm = lazyregexp.New(`'[^'\\]*'|"[^"\\]*"`)
	numberForm  = lazyregexp.New(`([=!]=\s*)([0-9]+)\b`)
)

// explainCondition shows the condition and the claims that it reads. A comparison that is wrong at sight it corrects.
func explainCondition(c Case) Explanation {
	condition := shown(c.Provider.Condition)
	e := Explanation{
		Meaning: fmt.Sprintf("The provider's attribute condition does not admit this job. It is in google-provider, line %d: %s", c.Provider.Condition.Line, condition),
		Fix:     "Compare it with what it reads in this job's token, and correct it:",
	}
	var notes []string
	note := func(format string, values ...any) { notes = append(notes, "# "+fmt.Sprintf(format, values...)) }
	corrected := numberForm().ReplaceAllString(condition, "$1'$2'")
	if corrected != condition {
		note("IDs are texts, and a text never equals a number.")
	}
	for _, claim := range claimsIn(condition) {
		value, known := c.Claims[claim]
		if !known {
			note("assertion.%s: this token has none, so a comparison with it does not hold", claim)
			continue
		}
		note("assertion.%s: %q", claim, fmt.Sprint(value))
		corrected = literalForm().ReplaceAllStringFunc(corrected, func(literal string) string {
			if text := literal[1 : len(literal)-1]; text != value && strings.EqualFold(text, fmt.Sprint(value)) {
				note("%q differs from that only in case.", text)
				return quote.CEL(fmt.Sprint(value))
			}
			return literal
		})
	}
	if len(notes) > 0 {
		e.Paste = append(e.Paste, strings.Join(notes, "\n"))
	}
	if corrected != condition && isOneLine(c.Provider.Condition.Value) {
		e.Paste = append(e.Paste, remark("As it was probably meant:", c.update("--attribute-condition="+corrected)))
	}
	e.Paste = append(e.Paste, remark("To admit every job of "+c.claim("repository")+", and no other:", c.update("--attribute-condition="+grant.GoogleCondition(c.Claims))))
	return e
}

// isOneLine tells whether an expression means the same when it is shown on one line. There, what follows a comment would be a part of it:
// https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
func isOneLine(expression string) bool {
	return untrusted.Line(expression) == expression && !strings.Contains(expression, "//")
}

// claimsIn are the claims that an expression names, each once.
func claimsIn(expression string) []string {
	var claims []string
	for _, parts := range readForm().FindAllStringSubmatch(expression, -1) {
		if claim := parts[1] + parts[2]; !slices.Contains(claims, claim) {
			claims = append(claims, claim)
		}
	}
	return claims
}

// explainMapping offers bindings to this job's repository alone that the mapping already serves, the one that lets in the least first. A
// member by another attribute that is mapped, such as a branch or an actor, would let in other repositories.
func explainMapping(c Case) Explanation {
	mapped, serves := []string{}, map[string]bool{}
	for _, m := range c.Provider.Mapping {
		mapped = append(mapped, shown(m.Attribute))
		serves[shown(m.Attribute)+"="+strings.Join(strings.Fields(m.Expression.Value), "")] = true
	}
	e := Explanation{
		Meaning: fmt.Sprintf("%s has no binding that fits this job. The provider maps %s, says google-provider; a binding over any other attribute never matches, and Google does not say so.", c.Google.ServiceAccount, strings.Join(mapped, ", ")),
		Fix:     "See what is bound, and bind one of the members that this job is:",
		Paste:   []string{gcloudAccounts("get-iam-policy", c.Google.ServiceAccount)},
	}
	members := grant.GoogleMembers(c.pool(), c.Claims)
	served := slices.DeleteFunc(slices.Clone(members), func(m grant.GoogleMember) bool { return !serves[m.Needs] })
	if len(served) == 0 {
		// Not the subject, which others may be bound by.
		served = members[1:2]
		e.Fix = "See what is bound. Nothing that is mapped tells this job's repository from others, so map an attribute that does, and bind the member:"
		e.Paste = append(e.Paste, "# Add to the provider's attribute mapping: "+served[0].Needs)
	}
	for _, m := range served {
		e.Paste = append(e.Paste, bind(c.Google.ServiceAccount, workloadIdentityUser, m.Member))
	}
	return e
}
