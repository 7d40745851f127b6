package check

import (
	"gatepass/pkg/report"
	"gatepass/pkg/trust"
)

// hidden says that a policy could not be checked, since the file does not tell it.
func (c *check) hidden(p report.Policy, source trust.Source) report.Policy {
	p.Findings = []trust.Finding{cannotCheck(source)}
	return c.withoutAnswer(p, source.Hidden)
}

func cannotCheck(source trust.Source) trust.Finding {
	return trust.Finding{
		Rule: report.CannotCheck, At: source.Position, Path: source.Path, Message: "this cannot be checked: " + source.Hidden,
		Fix: "Check what is there afterwards, too: by terraform show -json, or by what aws or gcloud prints.",
	}
}

// invalid says what is wrong with a policy that the cloud would not take.
func (c *check) invalid(p report.Policy, source trust.Source, err error) report.Policy {
	p.Findings = c.faults(p.File, source, err)
	return c.withoutAnswer(p, "the policy is not valid")
}

func (c *check) faults(file string, source trust.Source, err error) (findings []trust.Finding) {
	for _, fault := range faultsIn(file, err) {
		findings = append(findings, trust.Finding{
			Rule: report.InvalidPolicy(c.cloud), At: fault.Position, Path: source.Path, Message: fault.message,
		})
	}
	return findings
}

// withoutAnswer says of each token that nothing is known about it.
func (c *check) withoutAnswer(p report.Policy, why string) report.Policy {
	for _, t := range c.tokens {
		p.Verdicts = append(p.Verdicts, report.Verdict{
			Answer: trust.Unknown, Token: t.title, Subject: claimText(t.claims["sub"]), Reasons: []report.Reason{{Text: why}},
		})
	}
	return p
}
