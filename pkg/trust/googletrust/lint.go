package googletrust

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	celast "cel.dev/cel-go/common/ast"
	"github.com/agnivade/levenshtein"

	"gatepass/pkg/trust"
	"gatepass/pkg/untrusted"
)

const pinFix = "set it to assertion.repository_owner_id == 'OWNER-ID' && assertion.repository_id == 'REPOSITORY-ID', the IDs in quotes"

var (
	// issuerForm is the issuer of github.com, of an enterprise there, of one at ghe.com, or of a server:
	// https://docs.github.com/en/enterprise-cloud@latest/actions/reference/security/oidc
	issuerForm = regexp.MustCompile(
		`^https://(?:token\.actions\.(?:githubusercontent\.com|[a-z0-9-]+\.ghe\.com)(?:/[^/]+)?|[^/]+/_services/token)/?$`)
	// sharedAudiences are those that other services ask of GitHub's tokens.
	sharedAudiences = []string{"sts.amazonaws.com", "sts.amazonaws.com.cn", "api://AzureADTokenExchange", "sigstore"}
)

// Lint tells what is dangerous about a provider, or cannot work, and about the members of IAM bindings to its pool. The findings about the
// provider come first.
func Lint(p *trust.GoogleProvider, bindings ...Binding) []trust.Finding {
	l := &linter{evaluator: Compile(p), provider: p, bindings: bindings}
	l.isGitHub = issuerForm.MatchString(p.Issuer.Value)
	l.isServer = strings.Contains(p.Issuer.Value, "/_services/token")
	l.isShared = strings.TrimSuffix(p.Issuer.Value, "/") == trust.GitHubIssuer
	l.lintProvider()
	l.lintMapping()
	if l.evaluator.condition != nil {
		l.lintCondition()
	}
	aboutProvider := l.findings
	trust.Sort(aboutProvider)
	l.findings = nil
	for _, binding := range bindings {
		l.lintBinding(binding)
	}
	trust.Sort(l.findings)
	return append(aboutProvider, l.findings...)
}

// LintPool tells what is dangerous about several providers taken together.
func LintPool(providers ...*trust.GoogleProvider) (findings []trust.Finding) {
	first := map[string]*trust.GoogleProvider{}
	for _, p := range providers {
		pool := p.PoolName()
		before := first[pool]
		if pool == "" || before == nil || before.ID == p.ID {
			first[pool] = p
			continue
		}
		findings = append(findings, trust.Finding{
			Rule: sharedPool, At: p.Name.Position, Path: "name",
			Message: fmt.Sprintf("the providers %s and %s are both of the pool %s", before.ID, p.ID, p.Pool),
			Fix:     "Make a pool for each provider.",
		})
	}
	return findings
}

// linter collects findings.
type linter struct {
	evaluator *Evaluator
	provider  *trust.GoogleProvider
	bindings  []Binding
	isGitHub  bool // the issuer is one of GitHub Actions
	isServer  bool // it is an enterprise's server
	isShared  bool // it is the one of all of github.com
	findings  []trust.Finding
}

// find adds a finding, whose fix is what to do, without a full stop. Names in it may be from anywhere, so it is cleaned.
func (l *linter) find(rule *trust.Rule, at trust.Position, path, message, fix string) {
	l.findings = append(l.findings, trust.Finding{
		Rule: rule, At: at, Path: path, Message: untrusted.Line(message), Fix: untrusted.Line(strings.ToUpper(fix[:1]) + fix[1:] + "."),
	})
}

// findIn adds a finding about a part of an expression.
func (l *linter) findIn(rule *trust.Rule, x *expression, part celast.Expr, message, fix string) {
	l.find(rule, x.at, x.place(part), message, fix)
}

func (l *linter) lintProvider() {
	p := l.provider
	for _, reason := range l.evaluator.availability() {
		l.find(disabledProvider, reason.At, reason.Path, reason.Message,
			"gcloud iam workload-identity-pools providers undelete, or update-oidc --no-disabled, if it is to be used")
	}
	switch issuer := p.Issuer; {
	case !l.isGitHub:
		l.find(foreignIssuer, issuer.Position, "oidc.issuerUri", quote(issuer.Value)+" is not an issuer of GitHub Actions",
			"set it to "+trust.GitHubIssuer)
	case p.JWKS.Value != "" && !l.isServer:
		l.find(uploadedKeys, p.JWKS.Position, "oidc.jwksJson", "the keys of "+issuer.Value+" are fixed here", "leave jwksJson out")
	}
	for i, audience := range p.Audiences {
		if strings.HasPrefix(audience.Value, "https://github.com/") || slices.Contains(sharedAudiences, audience.Value) {
			l.find(sharedAudience, audience.Position, fmt.Sprintf("oidc.allowedAudiences[%d]", i),
				quote(audience.Value)+" is the audience of tokens for other services, too",
				"leave allowedAudiences empty: the provider's own name is the default")
		}
	}
	switch {
	case p.Condition.Value != "" || !l.isGitHub:
	case l.isShared:
		l.find(missingCondition, p.Position, "attributeCondition", "there is no condition: every repository on GitHub is let in", pinFix)
	default:
		l.find(wholeOwner, p.Position, "attributeCondition", "there is no condition: every repository of the issuer is let in", pinFix)
	}
	for _, fault := range l.evaluator.Faults {
		if fault.Attribute == subjectAttribute && !l.evaluator.maps(subjectAttribute) {
			l.find(missingSubject, fault.At, fault.Path, "google.subject is not mapped", "map google.subject to assertion.sub")
		} else {
			l.find(refusedProvider, fault.At, fault.Path, fault.Message, "correct what is named; the reference has Google's limits and its language")
		}
	}
	for _, doubt := range l.evaluator.Doubts {
		l.find(unverifiedFunction, doubt.At, doubt.Path, doubt.Message, "compare the claim as GitHub writes it")
	}
}

// lintMapping looks at the expressions of the mapping, and at what they make of a token.
func (l *linter) lintMapping() {
	for _, m := range l.provider.Mapping {
		if x := l.evaluator.mapping[m.Attribute.Value]; x != nil {
			l.lintClaims(x)
		}
	}
}

// issuedClaims are the claims that GitHub issues. There are custom properties, too, repo_property_NAME.
//   - https://docs.github.com/en/actions/reference/security/oidc
//   - claims_supported of https://token.actions.githubusercontent.com/.well-known/openid-configuration
var issuedClaims = strings.Fields(`actor actor_id aud base_ref check_run_id enterprise enterprise_id environment environment_node_id
	event_name exp head_ref iat iss issuer_scope job_workflow_ref job_workflow_sha jti nbf ref ref_protected ref_type repository repository_id
	repository_owner repository_owner_id repository_visibility run_attempt run_id run_number runner_environment sha sub workflow workflow_ref
	workflow_sha`)

// lintClaims looks for claims that no token has, and for attributes that are not mapped.
func (l *linter) lintClaims(x *expression) {
	var seen []reference
	walk(x.root(), func(part celast.Expr) {
		read, ok := referenceOf(part)
		if !ok || read.key == "" || slices.Contains(seen, read) {
			return
		}
		seen = append(seen, read)
		switch {
		case read.variable == "assertion" && l.isGitHub && !isIssued(read.key):
			l.findIn(unknownClaim, x, part, "GitHub issues no claim "+read.key, "use "+similarClaim(read.key))
		case read.variable == "google" && !attributeForm.MatchString(read.String()):
			l.findIn(unmappedAttribute, x, part, "there is no "+read.String(), "use attribute."+read.key+", and map it")
		case read.variable != "assertion" && !l.evaluator.maps(read.String()):
			l.findIn(unmappedAttribute, x, part, read.String()+" is not mapped", fmt.Sprintf("map %s to assertion.%s", read, read.key))
		}
	})
}

func isIssued(claim string) bool {
	return slices.Contains(issuedClaims, claim) || strings.HasPrefix(claim, "repo_property_")
}

// similarClaim is the claim that a name that is none may be meant for.
func similarClaim(name string) string {
	best, least := "a claim of "+claimsReference, 3
	for _, claim := range issuedClaims {
		if distance := levenshtein.ComputeDistance(name, claim); distance < least {
			best, least = claim, distance
		}
	}
	return best
}
