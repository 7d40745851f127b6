package explain

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gatepass/pkg/grant"
	"gatepass/pkg/lazyregexp"
	"gatepass/pkg/quote"
)

// Summary is GitHub Flavored Markdown for the summary of a step, about the clouds that it was to sign in to: a case for each, or one for
// both where GitHub gave no token. It holds what each has answered and what that means, the claims of the token beside what conditions
// expect of them, and ready trust policies, conditions and members for exactly this job. It never holds the token.
//
// What a service has answered may hold what it was sent. hide takes out secrets, before the escapes of Markdown, behind which the runner
// finds none to mask.
func Summary(cases []Case, hide func(string) string) string {
	var page strings.Builder
	var told Refusal
	failed := slices.ContainsFunc(cases, Case.isRefused)
	for _, c := range cases {
		if c.isFromGitHub() && reflect.DeepEqual(c.Refusal, told) {
			continue // one answer for all
		}
		if c.isFromGitHub() {
			told = c.Refusal
		}
		fmt.Fprintf(&page, "### %s\n\n", c.title(failed))
		if identity := c.identity(); identity != "" && !c.isFromGitHub() {
			fmt.Fprintf(&page, "%s\n\n", identity)
		}
		if c.isRefused() && c.Refusal.Code != NoPermission { // which the explanation says
			fmt.Fprintf(&page, "> %s\n\n", quote.Markdown(hide(c.Refusal.String())))
		}
		if explanation, ok := Explain(c); ok {
			explanation.hidden(hide).writeMarkdown(&page)
		}
	}
	writeClaims(&page, cases)
	for _, c := range cases {
		if c.isRefused() && !c.isFromGitHub() && c.claim("sub") != "" {
			c.writeTrust(&page)
		}
	}
	return page.String()
}

func (c Case) isRefused() bool    { return c.Refusal.Service != "" }
func (c Case) isFromGitHub() bool { return c.Refusal.Service == GitHub }
func (c Case) isTokenAlone() bool { return c.AWS == nil && c.Google == nil }

// String is what the service answered, in one sentence.
func (r Refusal) String() string {
	switch r.Code {
	case NotTried:
		return sentence(r.Message)
	case Unreached:
		return fmt.Sprintf("%s was not reached: %s", r.Service, r.Message)
	case NotItsAnswer:
		return fmt.Sprintf("%s: %s", r.Service, r.Message)
	}
	text := r.Service + " answered"
	if r.Code != "" {
		text += " " + r.Code + ":"
	}
	if r.Message != "" {
		text += " " + r.Message
	}
	var details []string
	if r.Status != 0 {
		details = append(details, fmt.Sprintf("HTTP %d", r.Status))
	}
	if r.RequestID != "" {
		details = append(details, "request "+r.RequestID)
	}
	if details == nil {
		return text
	}
	return text + " (" + strings.Join(details, ", ") + ")"
}

// title says how the sign-in went. A step that failed hands over nothing, also of the cloud that agreed.
func (c Case) title(failed bool) string {
	cloud := "AWS"
	if c.AWS == nil {
		cloud = "Google Cloud"
	}
	switch {
	case c.isFromGitHub():
		return "No ID token from GitHub"
	case c.isTokenAlone() && failed:
		return "GitHub's ID token: there was one, but the step failed, so it was not handed over"
	case c.isTokenAlone():
		return "GitHub's ID token: handed over"
	case c.AWS != nil && c.AWS.WebIdentity && failed:
		return "AWS: GitHub gave a token, but the step failed, so it was not handed over"
	case c.AWS != nil && c.AWS.WebIdentity:
		return "AWS: later steps sign in themselves"
	case c.isRefused():
		return cloud + ": no sign-in"
	case failed:
		return cloud + ": agreed, but the step failed, so no credentials were handed over"
	}
	return cloud + ": signed in"
}

// identity is as whom the step was to sign in, in Markdown.
func (c Case) identity() string {
	var parts []string
	part := func(name, value string) {
		if value != "" {
			parts = append(parts, name+" "+quote.Code(value))
		}
	}
	if c.AWS != nil {
		part("profile", c.AWS.Profile)
		part("role", c.role().ARN)
		part("region", c.AWS.Region)
	}
	if c.Google != nil {
		part("provider", c.Google.Provider)
		if c.Google.Key != nil {
			part("key of", c.Google.Key.Email)
		}
		part("service account", c.Google.ServiceAccount)
	}
	if parts == nil {
		return ""
	}
	text := strings.Join(parts, ", ")
	return strings.ToUpper(text[:1]) + text[1:]
}

func (e Explanation) hidden(hide func(string) string) Explanation {
	e.Meaning, e.Fix = hide(e.Meaning), hide(e.Fix)
	e.Others = slices.Clone(e.Others)
	for i := range e.Others {
		e.Others[i] = e.Others[i].hidden(hide)
	}
	return e
}

func (e Explanation) writeMarkdown(page *strings.Builder) {
	fmt.Fprintf(page, "%s\n\n%s\n\n", prose(e.Meaning), prose(e.Fix))
	for _, paste := range e.Paste {
		fmt.Fprintf(page, "%s\n", quote.Fence("", paste))
	}
	if len(e.Others) > 0 {
		fmt.Fprint(page, "If that is not it:\n\n")
	}
	for _, other := range e.Others {
		fmt.Fprintf(page, "- %s %s\n", prose(other.Meaning), prose(other.Fix))
		for _, paste := range other.Paste {
			fmt.Fprintf(page, "\n%s", indented(quote.Fence("", paste)))
		}
		fmt.Fprintln(page)
	}
}

// prose is a text of an explanation. Links to where GitHub and the clouds explain themselves are kept; no other address becomes one.
func prose(text string) string {
	return knownLink().ReplaceAllString(quote.Markdown(text), "https:$1$2")
}

var knownLink = lazyregexp.New(`https&#58;(//(?:docs\.github\.com|www\.githubstatus\.com|docs\.aws\.amazon\.com|health\.aws\.amazon\.com|` +
	`docs\.cloud\.google\.com|status\.cloud\.google\.com|developers\.google\.com|admin\.google\.com))([/ ;,]|$)`)

// indented puts a block into an item of a list.
func indented(block string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(block, "\n"), "\n", "\n  ") + "\n"
}

// writeTrust offers what would let this job in, folded up.
func (c Case) writeTrust(page *strings.Builder) {
	if c.AWS != nil {
		c.writeTrustOnAWS(page)
	} else {
		c.writeTrustOnGoogle(page)
	}
	fmt.Fprint(page, "</details>\n\n")
}

func (c Case) writeTrustOnAWS(page *strings.Builder) {
	fmt.Fprint(page, "<details><summary>Trust policies that let this job in, on AWS</summary>\n\n")
	fmt.Fprintf(page, "The first one lets in the least. Save one as `trust.json`; it replaces the policy of the role %s, or its statement goes beside those that are there.\n\n", quote.Code(c.roleName()))
	fmt.Fprintf(page, "%s\n", quote.Fence("sh", quote.Command("aws", "iam", "update-assume-role-policy", "--role-name", c.roleName(), "--policy-document", "file://trust.json")))
	for _, policy := range grant.AWSPolicies(c.providerARN(), c.Claims) {
		fmt.Fprintf(page, "Lets in %s:\n\n%s\n", quote.Markdown(policy.LetsIn), quote.Fence("json", policy.JSON))
	}
}

func (c Case) writeTrustOnGoogle(page *strings.Builder) {
	fmt.Fprint(page, "<details><summary>Condition and members that let this job in, on Google Cloud</summary>\n\n")
	fmt.Fprint(page, "The provider, for this repository and no other. The command replaces the whole mapping and condition, so add what other workflows need:\n\n")
	fmt.Fprintf(page, "%s\n", quote.Fence("sh", c.update("--attribute-mapping="+grant.GoogleMapping(c.Claims).String(), "--attribute-condition="+grant.GoogleCondition(c.Claims))))
	if size := len(c.claim("sub")); size > grant.MaxSubject {
		fmt.Fprintf(page, "`google.subject` is not mapped to `sub`, which has %d bytes; Google takes %d at the most.\n\n", size, grant.MaxSubject)
	}
	if c.Google.ServiceAccount == "" {
		fmt.Fprint(page, "Then give the roles that the job needs to one of these members. The first one lets in the least.\n\n")
	} else {
		fmt.Fprintf(page, "Then let one of these members act as %s. The first one lets in the least.\n\n", quote.Code(c.Google.ServiceAccount))
	}
	for _, member := range grant.GoogleMembers(c.pool(), c.Claims) {
		command := bind(c.Google.ServiceAccount, workloadIdentityUser, member.Member)
		if c.Google.ServiceAccount == "" {
			command = gcloud("projects", "add-iam-policy-binding", c.projectOrPlace(), "--role=ROLE", "--member="+member.Member)
		}
		fmt.Fprintf(page, "Lets in %s:\n\n%s\n", quote.Markdown(member.LetsIn), quote.Fence("sh", command))
	}
}
