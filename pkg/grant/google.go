package grant

import (
	"strings"

	"gatepass/pkg/quote"
	"gatepass/pkg/trust"
)

// MaxSubject is the most bytes of google.subject: https://docs.cloud.google.com/iam/docs/workload-identity-federation#mapping
const MaxSubject = 127

// Mapping is a provider's attribute mapping.
type Mapping []Attribute

// Attribute is what Google makes of a token: its name, such as google.subject, and the CEL expression that gives it.
type Attribute struct{ Name, Expression string }

// String is the mapping as gcloud takes it.
func (m Mapping) String() string {
	var parts []string
	for _, attribute := range m {
		parts = append(parts, attribute.Name+"="+attribute.Expression)
	}
	return strings.Join(parts, ",")
}

// GoogleMapping is a provider's attribute mapping that [GoogleMembers] need. Its google.subject fits Google's limit for a job with these
// claims.
func GoogleMapping(claims trust.Claims) Mapping {
	subject, _ := googleSubject(claims)
	mapping := Mapping{{"google.subject", subject}}
	for _, claim := range []string{"repository", "repository_id", "repository_owner_id"} {
		if claims.Text(claim) != "" {
			mapping = append(mapping, Attribute{"attribute." + claim, "assertion." + claim})
		}
	}
	if claims.Text("repository_id") != "" && claims.Text("ref") != "" {
		mapping = append(mapping, Attribute{"attribute.repository_ref", repositoryRef})
	}
	return mapping
}

// Expressions of one text for two claims, as a member can name one attribute only.
const (
	repositoryRef   = `assertion.repository_id+":"+assertion.ref`
	repositoryEvent = `assertion.repository_id+":"+assertion.event_name`
	// repositorySubject is for a sub that does not tell its repository from others.
	repositorySubject = `assertion.repository_id+":"+assertion.sub`
)

// googleSubject is the expression for google.subject, and its value. All of its claims are in every token of GitHub's, as an expression
// over a claim that is absent refuses the token.
func googleSubject(claims trust.Claims) (expression, value string) {
	sub, id := claims.Text("sub"), claims.Text("repository_id")
	byRef, byEvent := id+":"+claims.Text("ref"), id+":"+claims.Text("event_name")
	switch {
	case NeedsID(claims) && len(id+":"+sub) <= MaxSubject:
		return repositorySubject, id + ":" + sub
	case !NeedsID(claims) && len(sub) <= MaxSubject || id == "":
		return "assertion.sub", sub
	case len(byRef) <= MaxSubject:
		return repositoryRef, byRef
	}
	return repositoryEvent, byEvent
}

// ShortSubject is an expression for google.subject that fits for every job on a ref, where sub may not. The ref is empty if it may be any.
func ShortSubject(ref string) string {
	const longestID = 20
	if ref != "" && longestID+len(":")+len(ref) <= MaxSubject {
		return repositoryRef
	}
	return repositoryEvent
}

// GoogleCondition is an attribute condition that admits the repository of a job with these claims, and no other. Without a repository it
// admits all of the owner's.
func GoogleCondition(claims trust.Claims) string {
	var terms []string
	for _, claim := range []string{"repository_owner_id", "repository_id"} {
		if value := claims.Text(claim); value != "" {
			terms = append(terms, Is(claim, value))
		}
	}
	repository := claims.Text("repository")
	switch {
	case repository != "" && claims.Text("repository_id") == "":
		terms = append(terms, Is("repository", repository))
	case repository == "" && terms == nil:
		terms = append(terms, Is("repository_owner", claims.Text("repository_owner")))
	}
	return strings.Join(terms, " && ")
}

// Is is a condition in CEL that a claim has this value.
func Is(claim, value string) string { return "assertion." + claim + " == " + quote.CEL(value) }

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
		letsIn = "every job of " + claims.Text("repository") + " for the event " + claims.Text("event_name")
	}
	members := []GoogleMember{{letsIn, "principal://iam.googleapis.com/" + pool + "/subject/" + subject, "google.subject=" + expression}}
	set := func(letsIn, attribute, expression, value string) {
		members = append(members, GoogleMember{letsIn, SetMember(pool, attribute, value), attribute + "=" + expression})
	}
	id := claims.Text("repository_id")
	if id == "" {
		set(thisRepository(claims), "attribute.repository", "assertion.repository", claims.Text("repository"))
		return members
	}
	if hasLastingRef(claims) && expression != repositoryRef {
		set(thisRef(claims), "attribute.repository_ref", repositoryRef, id+":"+claims.Text("ref"))
	}
	set(thisRepository(claims), "attribute.repository_id", "assertion.repository_id", id)
	return members
}

// SetMember is the member of an IAM binding that is all who have this value of an attribute.
func SetMember(pool, attribute, value string) string {
	return "principalSet://iam.googleapis.com/" + pool + "/" + attribute + "/" + value
}
