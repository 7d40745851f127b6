package explain

import (
	"fmt"
	"slices"
	"strings"

	"gatepass/pkg/grant"
	"gatepass/pkg/quote"
	"gatepass/pkg/trust"
)

// claimRow is a row of the table of claims.
type claimRow struct {
	claim  string
	absent string // why a token may lack it
	// expects is what the usual condition expects of it.
	expects string
}

// claimRows are the claims that matter: https://docs.github.com/actions/reference/security/oidc
var claimRows = []claimRow{
	{"iss", "", "The URL of the provider, letter by letter"},
	{"aud", "", ""}, // each cloud has its own
	{"sub", "", "This very text; it changes with the branch, the environment, and in pull requests"},
	{"repository", "", "The name, in the same upper and lower case. Whoever registers it anew has it, too; better ask for the ID"},
	{"repository_id", "", "The number as a text, in quotes"},
	{"repository_owner", "", "The name; better ask for the ID"},
	{"repository_owner_id", "", "The number as a text, in quotes"},
	{"ref", "", "The whole name: refs/heads/… for a branch, refs/tags/… for a tag; of a pull request it is no branch"},
	{"event_name", "", "What has started the run"},
	{"environment", "the job names no environment", "The name; where it is absent, no condition on it is true"},
	{"job_workflow_ref", "", "The file and the ref of the workflow that the job is in, also if that is called by another"},
	{"workflow_ref", "", "The file and the ref of the workflow that was started"},
	{"actor", "", "Who has started the run; it says nothing about the code that runs"},
	{"runner_environment", "", "github-hosted or self-hosted"},
}

// writeClaims writes one table for all clouds, whose tokens differ in the audience alone.
func writeClaims(page *strings.Builder, cases []Case) {
	i := slices.IndexFunc(cases, func(c Case) bool { return len(c.Claims) > 0 })
	var claims trust.Claims
	switch {
	case i >= 0:
		claims = cases[i].Claims
		fmt.Fprint(page, "### The claims of the ID token\n\n")
	case slices.ContainsFunc(cases, Case.isFromGitHub):
		claims = cases[0].Job.claims()
		fmt.Fprint(page, "### What the ID token would say\n\nThis is what the runner knows of it. Its subject (`sub`) follows from the repository, the ref and the environment.\n\n")
	default:
		return // keys
	}
	fmt.Fprint(page, "| claim | this job | what a condition usually expects |\n|---|---|---|\n")
	for _, row := range claimRows {
		value, known := claims[row.claim]
		if row.claim == "aud" {
			writeAudiences(page, cases)
		} else if known || i >= 0 {
			fmt.Fprintf(page, "| `%s` | %s | %s |\n", row.claim, row.value(value, known), quote.Markdown(row.expects+row.notOnAWS(cases)))
		}
	}
	fmt.Fprintln(page)
}

func (r claimRow) value(value any, known bool) string {
	switch {
	case !known && r.absent != "":
		return "absent: " + r.absent
	case !known:
		return "absent"
	case value == "":
		return "empty"
	}
	return quote.Code(fmt.Sprint(value))
}

// notOnAWS says which claims a trust policy cannot ask for.
func (r claimRow) notOnAWS(cases []Case) string {
	i := slices.IndexFunc(cases, func(c Case) bool { return c.AWS != nil })
	if i < 0 || slices.Contains([]string{"iss", "aud", "sub"}, r.claim) || slices.Contains(populated, r.claim) && cases[i].isReadByAWS() {
		return ""
	}
	return " (not on AWS: no policy can ask for it)"
}

func (c Case) isReadByAWS() bool {
	if len(c.Claims) == 0 {
		return c.AWS.Partition == "aws" && !c.isOnServer()
	}
	return grant.ReadsClaims(c.providerARN())
}

func writeAudiences(page *strings.Builder, cases []Case) {
	written := map[string]bool{} // of several roles, most have the same
	row := func(name, audience, expects string) {
		if audience != "" && !written[name+audience] {
			fmt.Fprintf(page, "| `aud`%s | %s | %s |\n", name, quote.Code(audience), expects)
			written[name+audience] = true
		}
	}
	of := func(c Case, input string) string {
		if len(c.Claims) > 0 {
			return fmt.Sprint(c.Claims["aud"])
		}
		return input
	}
	for _, c := range cases {
		if c.AWS != nil {
			row(" for AWS", of(c, c.AWS.Audience), "A client ID of the IAM OIDC provider, and the same in the trust policy")
		}
		if c.Google != nil {
			row(" for Google", of(c, c.Google.Audience), "An allowed audience of the provider; if it lists none, its own name")
		}
		if c.isTokenAlone() {
			row(" of `oidc-token`", of(c, ""), "What whoever reads the token says")
		}
	}
}

// claims are those of a token that can be said without one.
func (j Job) claims() trust.Claims {
	claims := make(trust.Claims)
	for name, value := range map[string]string{
		"repository": j.Repository, "repository_id": j.RepositoryID, "repository_owner": j.RepositoryOwner, "repository_owner_id": j.RepositoryOwnerID,
		"ref": j.Ref, "event_name": j.EventName, "job_workflow_ref": j.JobWorkflowRef, "workflow_ref": j.WorkflowRef, "actor": j.Actor,
		"runner_environment": j.RunnerEnvironment,
	} {
		if value != "" {
			claims[name] = value
		}
	}
	return claims
}
