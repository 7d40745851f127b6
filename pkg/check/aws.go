package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatepass/pkg/inputs"
	"gatepass/pkg/report"
	"gatepass/pkg/trust"
	"gatepass/pkg/trust/awstrust"
)

const checkAWSHelp = `Check trust policies of AWS roles. A file, or - for standard input, is one of

  a trust policy in JSON
  what "aws iam get-role --role-name NAME" or "aws iam list-roles" prints
  what "terraform show -json" prints of a plan or a state
  a CloudFormation template in JSON

With --repo, --claims or --token, say whether each policy lets that token assume its role.
A policy that may admit it is not one that does: the exit code is 1, too.`

// awsCheck is the check of AWS's policies, and what of a request is not in the token.
type awsCheck struct {
	check
	sessionName string
	providerARN string
}

func awsCommand() *cobra.Command {
	c := &awsCheck{check: check{cloud: "aws", rules: awstrust.Rules()}}
	c.examine = c.file
	command := c.command(&cobra.Command{
		Use:   "aws FILE… [flags]",
		Short: "Check trust policies of AWS roles",
		Long:  checkAWSHelp,
		Example: `  gatepass check aws trust-policy.json
  aws iam get-role --role-name deploy | gatepass check aws - --repo octo-org/octo-repo --environment production
  terraform show -json plan.out | gatepass check aws - --repo octo-org/octo-repo --only aws_iam_role.deploy`,
	})
	flags := command.Flags()
	flags.StringVar(&c.sessionName, "role-session-name", "GitHubActions", "the `name` of the session, for a verdict")
	flags.StringVar(&c.providerARN, "provider-arn", "", "the `ARN` of the OIDC provider, for a verdict (default the one that the policy names)")
	return command
}

func (c *awsCheck) file(file string, content *trust.Node) ([]report.Policy, error) {
	found, err := trust.ReadAWS(content)
	unwanted := func(source trust.Source) bool { return !c.wants(source.Name) }
	found.Policies = slices.DeleteFunc(found.Policies, unwanted)
	parsed := make([]*awstrust.Policy, len(found.Policies))
	var policies []report.Policy
	for i, source := range found.Policies {
		result := report.Policy{File: file, Name: source.Name, Position: source.Position}
		invalid := source.Fault
		if source.Policy != nil {
			parsed[i], invalid = awstrust.Parse(source.Policy)
		}
		switch {
		case source.Hidden != "":
			result = c.hidden(result, source)
		case invalid != nil:
			result = c.invalid(result, source, invalid)
		default:
			for _, finding := range parsed[i].Lint() {
				finding.Path = source.Inside(finding.Path)
				result.Findings = append(result.Findings, finding)
			}
		}
		policies = append(policies, result)
	}
	for _, t := range c.tokens {
		// Most roles in an account are not for GitHub. Only where none is, each is asked.
		issuer := issuerOf(t.claims)
		isFor := func(p *awstrust.Policy) bool { return p != nil && len(p.Providers(issuer)) > 0 }
		none := !slices.ContainsFunc(parsed, isFor)
		for i, policy := range parsed {
			if policy != nil && (none || isFor(policy)) {
				policies[i].Verdicts = append(policies[i].Verdicts, c.verdict(policy, found.Policies[i], t, found))
			}
		}
	}
	return policies, err
}

// verdict is what a policy says to a token.
func (c *awsCheck) verdict(policy *awstrust.Policy, source trust.Source, t token, file trust.AWSFile) report.Verdict {
	result := report.Verdict{Token: t.title, Subject: claimText(t.claims["sub"])}
	because := func(answer trust.Verdict, format string, values ...any) report.Verdict {
		result.Answer, result.Reasons = answer, []report.Reason{{Text: fmt.Sprintf(format, values...)}}
		return result
	}
	issuer := issuerOf(t.claims)
	providers := policy.Providers(issuer)
	if c.providerARN != "" {
		providers = []string{c.providerARN}
	}
	switch {
	case issuer == "":
		return because(trust.Denied, "the token has no claim iss, so that no OIDC provider vouches for it")
	case len(providers) == 0:
		providers = []string{"arn:aws:iam::ACCOUNT:oidc-provider/" + issuer} // none that the policy names
	case len(providers) > 1:
		return because(trust.Unknown, "the policy names several OIDC providers for the issuer, and only one is of the role's account; "+
			"say which by --provider-arn: %s", strings.Join(providers, ", "))
	}
	partition, _, _ := strings.Cut(strings.TrimPrefix(providers[0], "arn:"), ":")
	claims := t.withAudience(inputs.AWSAudience(partition))
	isKnown := func(audience string) bool { return slices.Contains(file.Audiences[issuer], audience) }
	if file.Audiences[issuer] != nil && !slices.ContainsFunc(audiences(claims), isKnown) {
		return because(trust.Denied, "the OIDC provider in this file accepts the audiences %s (client_id_list), and the token's is %s: "+
			"AWS answers \"Incorrect token audience\"", strings.Join(file.Audiences[issuer], ", "), strings.Join(audiences(claims), ", "))
	}
	decision := policy.Evaluate(c.request(providers[0], claims))
	result.Answer = decision.Verdict
	for _, statement := range decision.Statements {
		result.Reasons = append(result.Reasons, statementReasons(statement, decision.Verdict, source)...)
	}
	return result
}

// request is what the action asks of AWS STS.
func (c *awsCheck) request(provider string, claims trust.Claims) awstrust.Request {
	now := time.Now().UTC()
	return awstrust.Request{
		Action: "sts:AssumeRoleWithWebIdentity", Provider: provider, Claims: claims,
		Keys: map[string]string{
			"sts:RoleSessionName": c.sessionName,
			"aws:CurrentTime":     now.Format(time.RFC3339),
			"aws:EpochTime":       strconv.FormatInt(now.Unix(), 10),
		},
		Absent: []string{"aws:RequestTag/*", "aws:TagKeys"}, // a token of GitHub's holds no session tags
	}
}

// statementReasons are what one statement has to do with a verdict.
func statementReasons(s awstrust.StatementDecision, verdict trust.Verdict, source trust.Source) []report.Reason {
	says := func(text string) []report.Reason {
		return []report.Reason{{Position: s.Position, Path: source.Inside(s.Path), Text: text}}
	}
	switch {
	case s.Deny && s.Applies == awstrust.No, !s.Deny && verdict == trust.Allowed && s.Applies != awstrust.Yes:
		return nil
	case s.Deny && s.Applies == awstrust.Yes:
		return says("denies it")
	case s.Applies == awstrust.Yes:
		return says("allows it")
	}
	var reasons []report.Reason
	for _, reason := range s.Reasons {
		// Where a statement does not apply, what else may not be right does not matter.
		if reason.Truth == s.Applies {
			text := strings.TrimPrefix(reason.String(), reason.Path+": ")
			reasons = append(reasons, report.Reason{Position: reason.Position, Path: source.Inside(reason.Path), Text: text})
		}
	}
	return reasons
}

// issuerOf is the issuer of a token, as the ARNs of providers have it.
func issuerOf(claims trust.Claims) string {
	return strings.TrimPrefix(claimText(claims["iss"]), "https://")
}

// claimText is a claim that is a string.
func claimText(claim any) string {
	text, _ := claim.(string)
	return text
}

// audiences are those of a token, one or a list: https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3
func audiences(claims trust.Claims) []string {
	list, _ := claims["aud"].([]any)
	if aud := claimText(claims["aud"]); aud != "" {
		list = []any{aud}
	}
	var all []string
	for _, aud := range list {
		all = append(all, claimText(aud))
	}
	return all
}
