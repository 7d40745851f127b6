// Package report says what a check of trust policies has found: to people, to programs (JSON), to code scanning (SARIF) and to the runner,
// which shows it on the lines of a pull request.
//
// Policies may come from strangers, so all that a report quotes is cleaned before it is printed.
package report

import (
	"fmt"
	"strings"

	"gatepass/pkg/trust"
	"gatepass/pkg/untrusted"
)

// Report is what a check of one cloud's policies has found.
type Report struct {
	Cloud    string        // aws or google
	WorkDir  string        // the working directory
	Rules    []*trust.Rule // all rules that were looked for
	Policies []Policy
}

// Policy is a policy of a file and what was found in it.
type Policy struct {
	trust.Position
	File string
	Name string // what the file calls it; empty if it is the file
	// IsCompanion says that it is no policy of its own, but was read beside others, such as the bindings of a pool.
	IsCompanion bool
	Findings    []trust.Finding
	Verdicts    []Verdict
}

// Verdict is what a policy says about one token.
type Verdict struct {
	Answer  trust.Verdict
	Token   string // what the token is called, such as "a push to refs/heads/main of octo-org/octo-repo"
	Subject string
	Reasons []Reason
	// Members are what IAM may call the token, on Google, and Grants those of them that are granted a role.
	Members []string
	Grants  []string
}

// Reason is why a policy says so.
type Reason struct {
	trust.Position        // zero where the reason has no place in the file
	Path           string // the place for a person's eyes
	Text           string
}

// The rules of a report itself.
var (
	invalidAWS = &trust.Rule{
		Name: "aws-invalid-policy", Severity: trust.Error,
		Summary:   "a policy that AWS does not take",
		Why:       "AWS does not take it, or not in the way that it was meant, and no check can be made of it.",
		Reference: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html",
	}
	invalidGoogle = &trust.Rule{
		Name: "google-invalid-provider", Severity: trust.Error,
		Summary:   "a provider or an IAM policy that is none of Google's",
		Why:       "Google does not take it, or not in the way that it was meant, and no check can be made of it.",
		Reference: "https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers",
	}
	// CannotCheck is about what a file does not tell.
	CannotCheck = &trust.Rule{
		Name: "cannot-check", Severity: trust.Warning,
		Summary:   "a policy that the file does not tell",
		Why:       "What is known only after apply, or what a deployment computes, may be right or wrong. The file does not tell.",
		Reference: "https://developer.hashicorp.com/terraform/internals/json-format#change-representation",
	}
	tokenDenied = &trust.Rule{
		Name: "token-denied", Severity: trust.Error,
		Summary:   "a policy that does not admit the token that was asked about",
		Why:       "The job whose token this is cannot sign in.",
		Reference: "https://docs.github.com/actions/reference/security/oidc",
	}
	tokenUnknown = &trust.Rule{
		Name: "token-unknown", Severity: trust.Error,
		Summary:   "a policy that may or may not admit the token that was asked about",
		Why:       "What the policy asks for is not among the claims that were told, or only the cloud knows it. This is not a yes.",
		Reference: "https://docs.github.com/actions/reference/security/oidc",
	}
)

// InvalidPolicy is the rule that a policy of a cloud has to be one.
func InvalidPolicy(cloud string) *trust.Rule {
	if cloud == "google" {
		return invalidGoogle
	}
	return invalidAWS
}

// OwnRules are the rules that every report about a cloud has.
func OwnRules(cloud string) []*trust.Rule {
	return []*trust.Rule{InvalidPolicy(cloud), CannotCheck, tokenDenied, tokenUnknown}
}

// IsAnswer reports whether a rule is about a token that was asked about, and not about a policy.
func IsAnswer(rule *trust.Rule) bool { return rule == tokenDenied || rule == tokenUnknown }

// Fails reports whether a check has failed: a finding is as grave as least, or a policy does not clearly admit the token.
func (r Report) Fails(least trust.Severity) bool {
	for _, policy := range r.Policies {
		for _, finding := range policy.Findings {
			if finding.Rule.Severity >= least {
				return true
			}
		}
		for _, verdict := range policy.Verdicts {
			if verdict.Answer != trust.Allowed {
				return true
			}
		}
	}
	return false
}

// all are the findings in a policy, and what it says about tokens where that is no yes.
func (p Policy) all() []trust.Finding {
	found := p.Findings
	for _, verdict := range p.Verdicts {
		if verdict.Answer == trust.Allowed {
			continue
		}
		rule := tokenDenied
		if verdict.Answer == trust.Unknown {
			rule = tokenUnknown
		}
		at, message := p.Position, []string{verdict.title()}
		for i, reason := range verdict.Reasons {
			message = append(message, reason.String())
			if i == 0 && reason.Line > 0 {
				at = reason.Position
			}
		}
		found = append(found[:len(found):len(found)], trust.Finding{Rule: rule, At: at, Message: strings.Join(message, "\n")})
	}
	return found
}

func (v Verdict) title() string {
	return fmt.Sprintf("%s: %s, sub %s", strings.ToUpper(v.Answer.String()), v.Token, v.Subject)
}

func (r Reason) String() string {
	if r.Path == "" {
		return r.Text
	}
	return r.Path + ": " + r.Text
}

// where is the place of a finding for a person's eyes.
func (p Policy) where(f trust.Finding) string { return strings.Trim(p.Name+", "+f.Path, ", ") }

// summary counts, in a line.
func (r Report) summary() string {
	var bySeverity [trust.Error + 1]int
	byAnswer := map[trust.Verdict]int{}
	policies := 0
	for _, policy := range r.Policies {
		if !policy.IsCompanion {
			policies++
		}
		for _, finding := range policy.Findings {
			bySeverity[finding.Rule.Severity]++
		}
		for _, verdict := range policy.Verdicts {
			byAnswer[verdict.Answer]++
		}
	}
	var found []string
	for severity := trust.Error; severity >= trust.Note; severity-- {
		if n := bySeverity[severity]; n > 0 {
			found = append(found, count(n, severity.String()))
		}
	}
	if len(found) == 0 {
		found = append(found, "no findings")
	}
	for _, answer := range []trust.Verdict{trust.Allowed, trust.Denied, trust.Unknown} {
		if n := byAnswer[answer]; n > 0 {
			found = append(found, fmt.Sprintf("%d %s", n, answer))
		}
	}
	what := "policy"
	if r.Cloud == "google" {
		what = "provider"
	}
	return count(policies, what) + " checked: " + strings.Join(found, ", ")
}

func count(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "y"):
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(noun, "y"))
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Clean returns the report with all foreign text in it safe to print.
func (r Report) Clean() Report {
	clean := r
	clean.Policies = nil
	for _, p := range r.Policies {
		policy := Policy{Position: p.Position, File: untrusted.Line(p.File), Name: untrusted.Line(p.Name), IsCompanion: p.IsCompanion}
		for _, f := range p.Findings {
			f.Path, f.Message, f.Fix = untrusted.Line(f.Path), untrusted.Line(f.Message), untrusted.Line(f.Fix)
			policy.Findings = append(policy.Findings, f)
		}
		for _, v := range p.Verdicts {
			verdict := Verdict{
				Answer: v.Answer, Token: untrusted.Line(v.Token), Subject: untrusted.Line(v.Subject),
				Members: each(v.Members), Grants: each(v.Grants),
			}
			for _, reason := range v.Reasons {
				verdict.Reasons = append(verdict.Reasons, Reason{reason.Position, untrusted.Line(reason.Path), untrusted.Line(reason.Text)})
			}
			policy.Verdicts = append(policy.Verdicts, verdict)
		}
		clean.Policies = append(clean.Policies, policy)
	}
	return clean
}

func each(texts []string) []string {
	var clean []string
	for _, text := range texts {
		clean = append(clean, untrusted.Line(text))
	}
	return clean
}
