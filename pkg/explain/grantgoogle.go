package explain

import (
	"strings"

	"gatepass/pkg/quote"
	"gatepass/pkg/trust"
)

// maxSubject is the most bytes of google.subject: https://docs.cloud.google.com/iam/docs/workload-identity-federation#mapping
const maxSubject = 127

// GoogleMapping is a provider's attribute mapping that [GoogleMembers] need, as gcloud takes it. Its google.subject fits Google's limit for a
// job with these claims.
func GoogleMapping(claims trust.Claims) string {
	subject, _ := googleSubject(claims)
	mapping := []string{"google.subject=" + subject}
	for _, claim := range []string{"repository", "repository_id", "repository_owner_id"} {
		if text(claims, claim) != "" {
			mapping = append(mapping, "attribute."+claim+"=assertion."+claim)
		}
	}
	if text(claims, "repository_id") != "" && text(claims, "ref") != "" {
		mapping = append(mapping, "attribute.repository_ref="+repositoryRef)
	}
	return strings.Join(mapping, ",")
}

// repositoryRef makes one attribute of two claims, as a member can name one only.
const repositoryRef = `assertion.repository_id+":"+assertion.ref`

// repositorySubject is for a sub that does not tell its repository from others.
const repositorySubject = `assertion.repository_id+":"+assertion.sub`

// googleSubject is the expression for google.subject, and its value. All of its claims are in every token of GitHub's, as an expression over a
// claim that is absent refuses the token.
func googleSubject(claims trust.Claims) (expression, value string) {
	sub, id := text(claims, "sub"), text(claims, "repository_id")
	byRef, byEvent := id+":"+text(claims, "ref"), id+":"+text(claims, "event_name")
	switch {
	case needsID(claims) && len(id+":"+sub) <= maxSubject:
		return repositorySubject, id + ":" + sub
	case !needsID(claims) && len(sub) <= maxSubject || id == "":
		return "assertion.sub", sub
	case len(byRef) <= maxSubject:
		return repositoryRef, byRef
	}
	return `assertion.repository_id+":"+assertion.event_name`, byEvent
}

// GoogleCondition is an attribute condition that admits the repository of a job with these claims, and no other.
func GoogleCondition(claims trust.Claims) string {
	var terms []string
	for _, claim := range []string{"repository_owner_id", "repository_id"} {
		if text(claims, claim) != "" {
			terms = append(terms, isClaim(claims, claim))
		}
	}
	if text(claims, "repository_id") == "" {
		terms = append(terms, isClaim(claims, "repository"))
	}
	return strings.Join(terms, " && ")
}

// isClaim is a condition that is true of these claims.
func isClaim(claims trust.Claims, name string) string {
	return "assertion." + name + " == " + quote.CEL(text(claims, name))
}

// GoogleMember is a member of an IAM binding.
type GoogleMember struct {
	LetsIn string // a phrase
	Member string
	// Needs is what the provider must map for it.
	Needs string
}

// GoogleMembers are members that a job with these claims is, in a pool whose provider has [GoogleMapping], the one that lets in the least
// first. The pool is projects/<number>/locations/global/workloadIdentityPools/<pool>. The host is this in every universe:
// https://docs.cloud.google.com/iam/docs/principal-identifiers
func GoogleMembers(pool string, claims trust.Claims) []GoogleMember {
	expression, subject := googleSubject(claims)
	letsIn := thisSubject(claims, expression == repositorySubject)
	switch {
	case expression == repositoryRef:
		letsIn = thisRef(claims)
	case expression != "assertion.sub" && expression != repositorySubject:
		letsIn = "every job of " + text(claims, "repository") + " for the event " + text(claims, "event_name")
	}
	members := []GoogleMember{{letsIn, "principal://iam.googleapis.com/" + pool + "/subject/" + subject, "google.subject=" + expression}}
	set := func(letsIn, attribute, expression, value string) {
		members = append(members, GoogleMember{letsIn, "principalSet://iam.googleapis.com/" + pool + "/" + attribute + "/" + value, attribute + "=" + expression})
	}
	id := text(claims, "repository_id")
	if id == "" {
		set(thisRepository(claims), "attribute.repository", "assertion.repository", text(claims, "repository"))
		return members
	}
	if hasLastingRef(claims) && expression != repositoryRef {
		set(thisRef(claims), "attribute.repository_ref", repositoryRef, id+":"+text(claims, "ref"))
	}
	set(thisRepository(claims), "attribute.repository_id", "assertion.repository_id", id)
	return members
}
