package explain

import (
	"fmt"
	"strings"

	"gatepass/pkg/grant"
	"gatepass/pkg/lazyregexp"
)

// googleMappingCauses are what is wrong if a provider does not want this job: by its attribute mapping or its attribute condition.
var googleMappingCauses = []cause{
	{"google-subject-type", where(noText, func(c Case) bool { return c.mappedAttribute() == "google.subject" }), func(c Case) Explanation {
		return Explanation{
			Meaning: "The provider maps google.subject to an expression whose value is no text, but a comparison's, a number or a list.",
			Fix: "Map it to the token's sub, as the second command does. That replaces the whole mapping, which the first one prints, so add the attributes that " +
				"your bindings name.",
			Paste: []string{c.show("attributeMapping"), c.update("--attribute-mapping=" + grant.GoogleMapping(c.Claims).String())},
		}
	}},
	{"google-attribute-type", noText, func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The provider maps %s to an expression whose value is no text, but a comparison's, a number or a list.", c.mappedAttribute()),
			Fix:     "Map it to a claim, such as assertion.ref, and compare in a condition. The mapping is:",
			Paste:   []string{c.show("attributeMapping")},
		}
	}},
	{"google-subject-size", where(tooLong, func(c Case) bool { return len(c.claim("sub")) > grant.MaxSubject }), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The provider maps google.subject to the token's sub, which has %d bytes here; Google takes %d at the most. %s.",
				len(c.claim("sub")), grant.MaxSubject, "The names of the repository, the branch and the environment are all in it"),
			Fix: "Map google.subject to something shorter, and give the roles to the new subject. The first command replaces the whole mapping, so add the attributes " +
				"that your bindings name.",
			Paste: c.shorterSubject(),
		}
	}},
	{"google-subject-size-other", tooLong, func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The provider maps google.subject to more than the %d bytes that Google takes. It is not the token's sub alone, which has %d bytes.", grant.MaxSubject, len(c.claim("sub"))),
			Fix: "Map google.subject to something shorter. The first command shows the mapping; the second replaces all of it, so add the attributes that your " +
				"bindings name.",
			Paste: []string{c.show("attributeMapping"), c.update("--attribute-mapping=" + grant.GoogleMapping(c.Claims).String())},
		}
	}},
	{"google-condition", perhaps(rejected), func(c Case) Explanation {
		return Explanation{
			Meaning: "The provider's attribute condition is false for this job, or asks for a claim that the job's token does not have." + c.conditionTraits() + c.absentClaims(),
			Fix: "Compare the condition, which the first command prints, with the lines below it, each of which is true of this job. Upper and lower case count, and IDs " +
				"are text: \"74\", not 74. The last command replaces the condition by one that lets in this repository and no other.",
			Paste: []string{c.show("attributeCondition"), c.trueConditions(), c.update("--attribute-condition=" + grant.GoogleCondition(c.Claims))},
		}
	}},
	{"google-evidence", perhaps(where(rejected, func(c Case) bool { return c.Provider == nil })), func(c Case) Explanation {
		return Explanation{
			Meaning: "You need not guess.",
			Fix:     "With the provider in a file of the checkout, this step says what its condition reads:",
			Paste:   []string{gcloudProviders("describe", c.Google.Provider, "--format=json") + " >provider.json", input("google-provider", "provider.json")},
		}
	}},
}

var (
	noText   = said(GoogleSTS, "unauthorized_client", "must be of type STRING")
	rejected = said(GoogleSTS, "unauthorized_client", "rejected by the attribute condition")
	tooLong  = said(GoogleSTS, "invalid_request", "exceeds the 127 bytes limit")
)

var mappedForm = lazyregexp.New(`mapped attribute '([a-z0-9_.]+)'`)

// mappedAttribute is the attribute that the answer names.
func (c Case) mappedAttribute() string {
	if match := mappedForm().FindStringSubmatch(c.Refusal.Message); match != nil {
		return match[1]
	}
	return "an attribute"
}

// claimsOfConditions are those that conditions are about, as a rule.
var claimsOfConditions = []string{"repository", "repository_id", "repository_owner", "repository_owner_id", "ref", "event_name", "environment", "job_workflow_ref", "sub"}

// trueConditions are conditions that this job fulfils, a line each.
func (c Case) trueConditions() string {
	var conditions []string
	for _, claim := range claimsOfConditions {
		if c.claim(claim) != "" {
			conditions = append(conditions, grant.Is(claim, c.claim(claim)))
		}
	}
	return strings.Join(conditions, "\n")
}

// conditionTraits are sentences about what conditions often do not reckon with.
func (c Case) conditionTraits() string {
	says := ""
	if isPullRequest(c) || c.claim("event_name") == "pull_request" {
		says += fmt.Sprintf(" The run is a pull request's, so ref is %s and no branch: leave the step out for pull requests, or have the condition let them in.", c.claim("ref"))
	}
	if c.claim("ref_type") == "tag" {
		says += fmt.Sprintf(" The run is for a tag, so ref is %s and no branch.", c.claim("ref"))
	}
	if c.claim("environment") != "" {
		says += fmt.Sprintf(" The job names the environment %s, so sub ends in that and not in the branch.", c.claim("environment"))
	}
	if hasImmutableSubject(c) {
		says += " This repository's tokens have the IDs of owner and repository in sub, as those of all repositories that were made, renamed or moved since 15 July 2026."
	}
	if isCalled(c) {
		says += " The job is in a reusable workflow, which job_workflow_ref names; workflow_ref names the one that calls it."
	}
	return says
}

// absentClaims is a sentence about claims of conditions that the token may lack: environment, where the job names none.
func (c Case) absentClaims() string {
	var absent []string
	for _, claim := range []string{"environment", "head_ref", "base_ref"} {
		if _, ok := c.Claims[claim]; !ok {
			absent = append(absent, claim)
		}
	}
	if len(absent) == 0 {
		return ""
	}
	return fmt.Sprintf(" The token does not have the claim %s, so a condition that asks for it is never true.", strings.Join(absent, " or "))
}

// shorterSubject maps google.subject to what fits, and gives the role to the new subject.
func (c Case) shorterSubject() []string {
	paste := []string{c.update("--attribute-mapping=" + grant.GoogleMapping(c.Claims).String())}
	if c.Google.ServiceAccount == "" {
		return append(paste, grant.GoogleMembers(c.pool(), c.Claims)[0].Member)
	}
	return append(paste, bind(c.Google.ServiceAccount, workloadIdentityUser, grant.GoogleMembers(c.pool(), c.Claims)[0].Member))
}
