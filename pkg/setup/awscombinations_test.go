package setup_test

import (
	"slices"
	"strings"
	"testing"

	"gatepass/pkg/setup"
	"gatepass/pkg/trust"
	"gatepass/pkg/trust/awstrust"
)

// Whatever is asked for, what is printed for AWS says the same in every format, lets in whom it should and nobody else, and lint finds no
// more than what was asked for brings with it.
func TestAWSCombinations(t *testing.T) {
	t.Parallel()
	var all []setup.AWS
	for jobs := range everyJobs {
		for _, region := range []string{"eu-central-1", "cn-north-1"} {
			for _, create := range []bool{true, false} {
				all = append(all, setup.AWS{Jobs: jobs, Account: "123456789012", Region: region, CreateProvider: create})
			}
		}
	}
	var kept []setup.AWS
	var scripts []string
	for _, a := range all {
		script, err := a.Commands()
		if refused := isRefusedByAWS(a); refused != (err != nil) {
			t.Errorf("%s, %s: got error %v, want one: %v", description(a.Jobs), a.Region, err, refused)
		}
		if err == nil {
			kept, scripts = append(kept, a), append(scripts, script)
		}
	}
	t.Logf("%d combinations, of which %d are refused", len(all), len(all)-len(kept))
	ran := runScripts(t, scripts)
	for i, a := range kept {
		name := description(a.Jobs) + ", " + a.Region
		got := awsOfCommands(t, ran[i])
		for format, other := range map[string]awsSetup{"Terraform": awsOfTerraform(t, printed(t, a.Terraform)), "CloudFormation": awsOfTemplate(t, printed(t, a.CloudFormation))} {
			if !other.equals(got) {
				t.Errorf("%s: the commands make %+v, %s makes %+v", name, got, format, other)
			}
		}
		tryOnAWS(t, name, a, got)
	}
}

func tryOnAWS(t *testing.T, name string, a setup.AWS, got awsSetup) {
	t.Helper()
	partition, audience := "aws", "sts.amazonaws.com"
	if a.Region == "cn-north-1" {
		partition, audience = "aws-cn", "sts.amazonaws.com.cn"
	}
	provider := "arn:" + partition + ":iam::123456789012:oidc-provider/" + strings.TrimPrefix(a.Issuer, "https://")
	if a.CreateProvider && (got.url != a.Issuer || !slices.Equal(got.clients, []string{audience})) || !a.CreateProvider && got.url != "" {
		t.Errorf("%s: the provider is for %s with client IDs %q", name, got.url, got.clients)
	}
	node, err := trust.ParseJSON([]byte(got.policy))
	if err != nil {
		t.Fatal(err)
	}
	policy, err := awstrust.Parse(node)
	if err != nil {
		t.Fatal(err)
	}
	admits := func(j job) bool {
		if j.audience == "" {
			j.audience = audience
		}
		issuer := "arn:" + partition + ":iam::123456789012:oidc-provider/" + strings.TrimPrefix(j.issuer, "https://")
		if j.issuer == a.Issuer {
			issuer = provider
		}
		return policy.Evaluate(awstrust.Request{Action: "sts:AssumeRoleWithWebIdentity", Provider: issuer, Claims: j.claims()}).Verdict == trust.Allowed
	}
	comparesIDs := a.Issuer == trust.GitHubIssuer && partition == "aws"
	// Nobody but the enterprise can register names at its issuer: they are let in, and another who has them is of the enterprise, too.
	if a.Issuer != trust.GitHubIssuer && a.Subject == setup.ByDefault && a.OwnerID != "" {
		a.Subject = setup.Both
		if a.Issuer == server {
			a.Subject = setup.Name
		}
	}
	try(t, name, a.Jobs, cloud{admits, rules(policy.Lint())}, comparesIDs, findingsOnAWS(a, comparesIDs))
}

// isRefusedByAWS tells which combinations are impossible on AWS.
func isRefusedByAWS(a setup.AWS) bool {
	readsClaims := a.Issuer == trust.GitHubIssuer && a.Region != "cn-north-1"
	needsClaims := a.Workflow != "" || a.Environment != "" && a.Branch+a.Tag != ""
	return isRefused(a.Jobs) || needsClaims && !readsClaims
}

// isRefused tells which combinations are impossible everywhere.
func isRefused(jobs setup.Jobs) bool {
	return (jobs.Subject == setup.Immutable || jobs.Subject == setup.Both) && (jobs.OwnerID == "" || jobs.Issuer == server)
}

// findingsOnAWS are the rules that object to what was asked for.
func findingsOnAWS(a setup.AWS, comparesIDs bool) (wanted []string) {
	byName := a.OwnerID == "" || a.Subject == setup.Name
	if a.Organization != "" && a.Workflow == "" {
		wanted = append(wanted, "aws-every-repository")
	}
	if a.Workflow == branch {
		wanted = append(wanted, "aws-mutable-workflow")
	}
	if byName && a.Organization == "" && a.Issuer != server {
		wanted = append(wanted, "aws-name-only-subject")
	}
	if (a.OwnerID == "" || !comparesIDs && (byName || a.Subject == setup.Both)) && a.Issuer == trust.GitHubIssuer {
		wanted = append(wanted, "aws-reusable-name")
	}
	return wanted
}
