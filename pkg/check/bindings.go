package check

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gatepass/pkg/report"
	"gatepass/pkg/trust"
	"gatepass/pkg/trust/googletrust"
)

// iamPolicy is an IAM policy of a file, which says who is granted what.
type iamPolicy struct {
	report.Policy
	source  trust.Source
	members []googletrust.Binding
	// unknown is why not all of its members are known.
	unknown string
}

func (c *googleCheck) newIAMPolicy(file string, source trust.Source) *iamPolicy {
	p := &iamPolicy{source: source, Policy: report.Policy{File: file, Name: source.Name, Position: source.Position, IsCompanion: true}}
	err := source.Fault
	if source.Policy != nil {
		p.members, err = googletrust.ParseBindings(source.Policy)
	}
	if err != nil {
		p.Findings, p.unknown = c.faults(file, source, err), "the IAM policy is not valid"
	}
	if source.Hidden != "" {
		p.Findings, p.unknown = []trust.Finding{cannotCheck(source)}, source.Hidden
	}
	return p
}

// path is the place of a member for a person's eyes. What was read of a Terraform resource has no bindings of its own.
func (p *iamPolicy) path(member string) string {
	if p.source.Path == "" || p.source.Path == "policy_data" {
		return p.source.Inside(member)
	}
	return p.source.Path
}

// lint looks at a provider and at all members. It returns what is about the provider, and leaves the rest with the policies.
func lint(provider *trust.GoogleProvider, policies []*iamPolicy) (findings []trust.Finding) {
	var members []googletrust.Binding
	for i, policy := range policies {
		for _, member := range policy.members {
			member.Path = strconv.Itoa(i) + "\x00" + member.Path // leads back from a finding
			members = append(members, member)
		}
	}
	for _, finding := range googletrust.Lint(provider, members...) {
		number, path, isMember := strings.Cut(finding.Path, "\x00")
		if !isMember {
			findings = append(findings, finding)
			continue
		}
		i, _ := strconv.Atoi(number)
		finding.Path = policies[i].path(path)
		if !slices.Contains(policies[i].Findings, finding) { // Another provider of the same pool may have found it.
			policies[i].Findings = append(policies[i].Findings, finding)
		}
	}
	return findings
}

// grant says what a token that the provider admits is granted. One that is granted nothing is let in nowhere.
func grant(result *report.Verdict, d googletrust.Decision, policies []*iamPolicy) {
	best := trust.Denied
	for _, policy := range policies {
		if policy.unknown != "" {
			best = max(best, trust.Unknown)
			result.Reasons = append(result.Reasons, report.Reason{Path: policy.place(policy.Position), Text: "cannot be checked: " + policy.unknown})
		}
		for _, member := range policy.members {
			if !strings.Contains(member.Value, "/workloadIdentityPools/") {
				continue
			}
			match := d.Match(member.Value)
			best = max(best, match.Verdict)
			place := cmp.Or(member.Role, "a role") + " at " + policy.place(member.Position)
			switch {
			case match.Verdict != trust.Allowed:
				result.Reasons = append(result.Reasons, report.Reason{Path: place, Text: member.Value + ": " + match.Why})
			case member.Conditional:
				result.Grants = append(result.Grants, place+", if its IAM condition holds")
			default:
				result.Grants = append(result.Grants, place)
			}
		}
	}
	result.Answer = best
	if best == trust.Allowed {
		result.Reasons = nil
	}
}

func (p *iamPolicy) place(at trust.Position) string {
	return strings.TrimSuffix(fmt.Sprintf("%s:%s, %s", p.File, at, p.Name), ", ")
}
