package check

import (
	"slices"

	"github.com/spf13/cobra"

	"gatepass/pkg/report"
	"gatepass/pkg/trust"
	"gatepass/pkg/trust/googletrust"
)

const checkGoogleHelp = `Check Google workload identity providers, and the IAM bindings of their pools. A file, or - for
standard input, is one of

  what "gcloud iam workload-identity-pools providers describe PROVIDER --format json" prints
  what "gcloud iam workload-identity-pools providers list --format json" prints
  what "terraform show -json" prints of a plan or a state, with the bindings in it

With --repo, --claims or --token, say whether each provider admits that token, what IAM calls it,
and what it is granted. A provider that may admit it is not one that does: the exit code is 1, too.`

// googleCheck is the check of Google's providers, and of who is granted what.
type googleCheck struct {
	check
	policies  []*iamPolicy            // of the files with bindings
	providers []*trust.GoogleProvider // of all files until now
}

func googleCommand() *cobra.Command {
	c := &googleCheck{check: check{cloud: "google", rules: googletrust.Rules()}}
	c.prepare, c.examine, c.others = c.readBindings, c.file, c.bindings
	command := c.command(&cobra.Command{
		Use:   "google FILE… [flags]",
		Short: "Check Google workload identity providers",
		Long:  checkGoogleHelp,
		Example: `  gatepass check google provider.json --bindings service-account-policy.json
  gcloud iam workload-identity-pools providers describe octo-repo --workload-identity-pool github \
    --location global --format json | gatepass check google - --repo octo-org/octo-repo
  terraform show -json plan.out | gatepass check google - --repo octo-org/octo-repo --owner-id 65 --repo-id 74`,
	})
	command.Flags().StringArrayVar(&c.bindingFiles, "bindings", nil,
		"a `file` with bindings: what \"gcloud iam service-accounts get-iam-policy ACCOUNT --format json\" prints, or a Terraform plan; may be repeated")
	return command
}

// readBindings reads the files with bindings.
func (c *googleCheck) readBindings() (faults []*fileFault) {
	for _, file := range c.bindingFiles {
		var sources []trust.Source
		content, err := parseFile(file, c.stdin)
		if err == nil {
			sources, err = trust.ReadBindings(content)
		}
		if err != nil {
			faults = append(faults, faultsIn(displayName(file), err)...)
		}
		for _, source := range sources {
			c.policies = append(c.policies, c.newIAMPolicy(displayName(file), source))
		}
	}
	return faults
}

func (c *googleCheck) bindings() (companions []report.Policy) {
	for _, policy := range c.policies {
		companions = append(companions, policy.Policy)
	}
	return companions
}

// file checks the providers of a file, with the bindings in it and in all files that are for them alone.
func (c *googleCheck) file(file string, content *trust.Node) ([]report.Policy, error) {
	found, err := trust.ReadGoogle(content)
	policies := slices.Clone(c.policies)
	for _, source := range found.Bindings {
		policies = append(policies, c.newIAMPolicy(file, source))
	}
	var results []report.Policy
	for _, source := range found.Providers {
		if c.wants(source.Name) {
			results = append(results, c.provider(file, source, policies))
		}
	}
	for _, policy := range policies[len(c.policies):] {
		if len(results) > 0 {
			results = append(results, policy.Policy)
		}
	}
	return results, err
}

func (c *googleCheck) provider(file string, source trust.Source, policies []*iamPolicy) report.Policy {
	result := report.Policy{File: file, Name: source.Name, Position: source.Position}
	if source.Hidden != "" {
		return c.hidden(result, source)
	}
	provider, err := trust.ParseGoogleProvider(source.Policy)
	if err != nil {
		return c.invalid(result, source, err)
	}
	result.Findings = lint(provider, policies)
	known := len(googletrust.LintPool(c.providers...))
	c.providers = append(c.providers, provider)
	result.Findings = append(result.Findings, googletrust.LintPool(c.providers...)[known:]...)
	for _, t := range c.tokens {
		result.Verdicts = append(result.Verdicts, verdict(provider, t, policies))
	}
	return result
}

// verdict is what a provider says to a token, and what its bindings grant it.
func verdict(provider *trust.GoogleProvider, t token, policies []*iamPolicy) report.Verdict {
	// The action asks for the audience that a provider takes if it has no list, whatever its name will be.
	d := googletrust.Evaluate(provider, t.withAudience("https://iam.googleapis.com/"+provider.Name.Value))
	d.Reasons = slices.DeleteFunc(d.Reasons, func(reason googletrust.Reason) bool {
		return reason.Check == googletrust.Audience && reason.Cause == googletrust.Unevaluable && t.claims["aud"] == nil
	})
	d.Verdict = trust.Allowed
	result := report.Verdict{Token: t.title, Subject: claimText(t.claims["sub"]), Members: d.Members}
	for _, reason := range d.Reasons {
		d.Verdict = min(d.Verdict, reason.Verdict())
		result.Reasons = append(result.Reasons, report.Reason{Position: reason.At, Path: reason.Path, Text: reason.Message})
	}
	result.Answer = d.Verdict
	if d.Verdict == trust.Allowed && len(policies) > 0 {
		grant(&result, d, policies)
	}
	return result
}
