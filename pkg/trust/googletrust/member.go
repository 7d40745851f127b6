package googletrust

import (
	"fmt"
	"regexp"
	"strings"

	"gatepass/pkg/trust"
	"gatepass/pkg/untrusted"
)

// member is a member of an IAM binding that is of a workload identity pool:
// https://docs.cloud.google.com/iam/docs/principal-identifiers
type member struct {
	pool      string // projects/NUMBER/locations/global/workloadIdentityPools/POOL
	attribute string // google.subject, google.groups or attribute.NAME; empty for the whole pool
	value     string
}

var (
	memberForm = regexp.MustCompile(`^(principal|principalSet)://iam\.googleapis\.com/` +
		`(projects/[^/]+/locations/global/workloadIdentityPools/[^/]+)/(?:(subject|group|attribute\.[^/]+)/(.+)|\*)$`)
	// secondAttribute is in values of those who hope to name two attributes at once:
	// https://github.com/google-github-actions/auth/issues/233
	secondAttribute = regexp.MustCompile(`/(attribute\.[a-z0-9_]+)/`)
	numericIDs      = regexp.MustCompile(`@[0-9]+`)
)

// isOfPools reports whether a member claims to be of workload identity pools. The others are none of this package's business.
func isOfPools(name string) bool {
	return strings.HasPrefix(name, "principal") && strings.Contains(name, "/workloadIdentityPools/")
}

// parseMember says what is wrong with a member that is of no form that IAM knows.
func parseMember(name string) (member, string) {
	parts := memberForm.FindStringSubmatch(name)
	switch {
	case parts == nil:
		return member{}, "is none of principal://iam.googleapis.com/POOL/subject/SUBJECT, " +
			"principalSet://iam.googleapis.com/POOL/attribute.NAME/VALUE, principalSet://iam.googleapis.com/POOL/group/GROUP " +
			"and principalSet://iam.googleapis.com/POOL/*"
	case parts[1] == "principal" && parts[3] != "subject":
		return member{}, "has principal:// for a set; that is principalSet://"
	case parts[1] == "principalSet" && parts[3] == "subject":
		return member{}, "has principalSet:// for one subject; that is principal://"
	}
	m := member{parts[2], parts[3], parts[4]}
	switch m.attribute {
	case "subject":
		m.attribute = subjectAttribute
	case "group":
		m.attribute = groupsAttribute
	}
	return m, ""
}

// Match is whether a token is the member of an IAM binding.
type Match struct {
	Verdict trust.Verdict
	Why     string // one line, safe to print; empty if allowed
}

// Match tells whether a member of an IAM binding is the token. A token that the provider does not let in is nobody.
func (d Decision) Match(name string) Match {
	if name == "allUsers" {
		return d.matched()
	}
	if !isOfPools(name) {
		return Match{trust.Denied, "is no member of a workload identity pool"}
	}
	m, fault := parseMember(name)
	if fault != "" {
		return Match{trust.Denied, fault}
	}
	p := d.evaluator.provider
	switch pool := p.PoolName(); {
	case pool == "":
		return Match{trust.Unknown, "the provider's name, and with it its pool, is not known"}
	case pool != m.pool:
		return Match{trust.Denied, fmt.Sprintf("is of the pool %s, the provider is of %s", untrusted.Line(m.pool), pool)}
	case m.attribute == "":
		return d.matched()
	case !d.evaluator.maps(m.attribute):
		return Match{trust.Denied, "the provider does not map " + untrusted.Line(m.attribute)}
	case m.attribute == groupsAttribute || d.unknown[referenceTo(m.attribute)]:
		return Match{trust.Unknown, "only Google knows the token's " + untrusted.Line(m.attribute)}
	}
	got, _ := d.Attributes[m.attribute].(string)
	if got != m.value {
		return Match{trust.Denied, fmt.Sprintf("the token's %s is %s", untrusted.Line(m.attribute), quote(got)) + m.mistake(got)}
	}
	return d.matched()
}

// matched is a match as far as the member goes.
func (d Decision) matched() Match {
	why := map[trust.Verdict]string{trust.Denied: "the provider refuses the token", trust.Unknown: "only Google knows whether the provider takes the token"}
	return Match{d.Verdict, why[d.Verdict]}
}

// mistake tells what people often get wrong about a member that a token nearly is.
func (m member) mistake(got string) string {
	second := secondAttribute.FindStringSubmatch(m.value)
	switch {
	case second != nil:
		return fmt.Sprintf("; a member names one attribute, and %s is taken for a part of its value", second[1])
	case strings.EqualFold(got, m.value):
		return "; they differ only in case"
	case m.attribute == subjectAttribute && numericIDs.ReplaceAllString(got, "") == m.value:
		return "; the member has GitHub's former subject, of names alone"
	}
	return ""
}

// maps reports whether the provider maps an attribute.
func (e *Evaluator) maps(attribute string) bool {
	for _, m := range e.provider.Mapping {
		if m.Attribute.Value == attribute {
			return true
		}
	}
	return false
}

func referenceTo(attribute string) reference {
	variable, key, _ := strings.Cut(attribute, ".")
	return reference{variable, key}
}
