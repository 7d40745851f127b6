package awstrust

import (
	"fmt"
	"slices"
	"strings"

	"gatepass/pkg/lazyregexp"
	"gatepass/pkg/trust"
	"gatepass/pkg/untrusted"
)

// Lint finds what lets in more or fewer of GitHub's jobs than was meant, as far as the policy alone tells. Each statement that allows is
// taken by itself, as if no other one denied. Of statements about other principals it finds only what none should have.
func (p *Policy) Lint() []trust.Finding {
	l := linter{policy: p}
	for i := range p.statements {
		l.statement(&p.statements[i])
	}
	trust.Sort(l.findings)
	return l.findings
}

type linter struct {
	policy   *Policy
	findings []trust.Finding
}

// place is where a finding is: a statement, one of its elements, a condition or a value.
type place struct {
	at   trust.Position
	path string
}

func (s *statement) place() place  { return place{s.Position, s.path} }
func (a *actions) place() place    { return place{a.Position, a.path} }
func (p *principals) place() place { return place{p.Position, p.path} }
func (c *condition) place() place  { return place{c.Position, c.path} }
func (v value) place() place       { return place{v.Position, v.path} }

// report adds a finding. Its texts are cleaned: the policy may be a stranger's.
func (l *linter) report(rule *trust.Rule, where place, fix, format string, args ...any) {
	l.findings = append(l.findings, trust.Finding{
		Rule: rule, At: where.at, Path: untrusted.Line(where.path),
		Message: untrusted.Line(fmt.Sprintf(format, args...)), Fix: untrusted.Line(fix),
	})
}

// effect says what a statement does that applies.
func (s *statement) effect() string {
	if s.deny {
		return "denies"
	}
	return "allows"
}

func (l *linter) statement(s *statement) {
	l.principals(s)
	if s.action.not && !s.deny {
		l.report(notAction, s.action.place(), `Write "Action": "`+webIdentity+`".`, "NotAction allows every action but those that it lists")
	}
	for i := range s.conditions {
		l.condition(s, &s.conditions[i])
	}
	l.contradictions(s)
	if s.deny {
		return
	}
	issuers := s.issuers()
	if len(issuers) > 0 && !s.action.covers(webIdentity) {
		l.action(s)
		return
	}
	for _, issuer := range issuers {
		l.breadth(newBreadth(s, issuer))
	}
}

func (l *linter) principals(s *statement) {
	const one = "Give each kind of principal a statement of its own."
	var kinds []string
	for _, name := range s.principal.names {
		if name.kind == kindFederated && !strings.HasPrefix(name.text, "arn:") && strings.Contains(name.text, "token.actions.") ||
			strings.Contains(name.text, ":oidc-provider/https:") {
			l.report(neverMatches, name.place(), "Write arn:aws:iam::ACCOUNT:oidc-provider/"+sharedIssuer+".",
				"%q is not the ARN of a provider, which has no https:// in it, so that the statement %s nothing", name.text, s.effect())
		}
		if !slices.Contains(kinds, name.kind) {
			kinds = append(kinds, name.kind)
		}
	}
	everyone := slices.ContainsFunc(s.principal.names, principal.isEveryone)
	switch {
	case s.principal.not:
		l.report(notPrincipal, s.principal.place(), `Name whom the statement is about: "Principal": {"Federated": "ARN"}.`,
			"NotPrincipal %s all principals but those that it lists", s.effect())
	case s.deny:
	case everyone && !slices.ContainsFunc(s.conditions, condition.namesPrincipal):
		l.report(anyPrincipal, s.principal.place(), `Write {"Federated": "ARN of the provider"}.`, "the statement lets in everyone")
	case len(kinds) > 1 && slices.Contains(kinds, kindFederated):
		l.report(mixedPrincipals, s.principal.place(), one, "the statement is about principals of the kinds %s", strings.Join(kinds, " and "))
	}
}

// namesPrincipal reports whether a condition asks who the caller is, such as aws:PrincipalOrgID.
func (c condition) namesPrincipal() bool {
	return strings.HasPrefix(lower(c.key), "aws:principal") && !c.operator.negated && !c.optional() && c.operator.name != null
}

// optional reports whether the condition holds without its key.
func (c *condition) optional() bool {
	return c.operator.ifExists || c.operator.qualifier == "ForAllValues"
}

// requires reports whether the statement asks for a key to be there, as AWS recommends beside ForAllValues.
func (s *statement) requires(key string) bool {
	return slices.ContainsFunc(s.conditions, func(c condition) bool {
		return c.operator.name == null && lower(c.key) == lower(key) && len(c.values) == 1 && c.values[0].text == "false"
	})
}

// limits reports whether the condition asks for a text that the key has to have.
func (c *condition) limits() bool {
	return c.operator.isText() && !c.operator.negated && len(c.values) > 0
}

// issuers are GitHub's issuers whose tokens the statement is about.
func (s *statement) issuers() (issuers []string) {
	for _, name := range s.principal.names {
		issuer := issuerOf(name.text)
		if name.kind == kindFederated && isGitHub(issuer) && !slices.Contains(issuers, issuer) && !s.principal.not {
			issuers = append(issuers, issuer)
		}
	}
	return issuers
}

// gitHubForm is that of GitHub's issuers: of github.com, of an enterprise on it or on ghe.com, of a GitHub Enterprise Server:
// https://docs.github.com/enterprise-cloud@latest/actions/reference/security/oidc
var gitHubForm = lazyregexp.New(`\A(?:token\.actions\.githubusercontent\.com(?:/.+)?|token\.actions\.[^/]+\.ghe\.com(?:/.+)?|.+/_services/token)\z`)

func isGitHub(issuer string) bool { return gitHubForm().MatchString(issuer) }

// claimOf returns the claim that a key is of, if it is one of the issuer's.
func claimOf(issuer, key string) (string, bool) {
	return strings.CutPrefix(lower(key), lower(issuer)+":")
}

func (l *linter) action(s *statement) {
	onlySession := !s.action.not && !slices.ContainsFunc(s.action.names, func(name value) bool {
		return lower(name.text) != "sts:tagsession" && lower(name.text) != "sts:setsourceidentity"
	})
	if !onlySession {
		l.report(wrongAction, s.action.place(), `Write "Action": "`+webIdentity+`".`,
			"the statement is about GitHub's tokens, and does not allow to exchange one")
	}
}
