package awstrust

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
)

// entry is what a request says about a condition key: that it has values, that it is absent, or that no one but AWS knows.
type entry struct {
	truth  Truth
	values []string
	cause  Cause // of an absent or unknown one
}

// lookup finds a condition key. The names of keys have no case:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
func (r Request) lookup(key string) entry {
	name, same := find(r.Keys, key)
	missing := func(pattern string) bool { return Like(lower(pattern), lower(key)) }
	switch {
	case same == Yes:
		return entry{truth: Yes, values: []string{r.Keys[name]}}
	case same == Perhaps:
		return unsure(name, key)
	case slices.ContainsFunc(r.Absent, missing):
		return entry{cause: AbsentKey}
	case sameKey(r.Action, webIdentity) == Yes && sameKey(key, "sts:ExternalId") == Yes:
		return entry{cause: NoExternalID}
	case r.Provider == "":
		// A session that was opened with a token keeps the token's keys when it assumes another role.
		return entry{truth: Perhaps, cause: OnlyAWSKnows}
	}
	if prefix := issuerOf(r.Provider) + ":"; len(key) > len(prefix) && sameKey(key[:len(prefix)], prefix) == Yes {
		return r.claim(issuerOf(r.Provider), key[len(prefix):])
	}
	switch {
	case !isProviders(key):
		return entry{truth: Perhaps, cause: OnlyAWSKnows}
	case !isASCII(key):
		return entry{truth: Perhaps, cause: NotASCII}
	}
	return entry{cause: OtherProvider}
}

// find returns the one name in a map that is the same key. Where there are several, or letters outside of ASCII, it only may be the one.
func find[V any](names map[string]V, key string) (found string, same Truth) {
	for name := range names {
		t := sameKey(name, key)
		if t == Yes && same != No {
			t = Perhaps
		}
		if t != No {
			found, same = name, t
		}
	}
	return found, same
}

// unsure is what [find] leaves open.
func unsure(found, key string) entry {
	if lower(found) == lower(key) {
		return entry{truth: Perhaps, cause: SeveralNames}
	}
	return entry{truth: Perhaps, cause: NotASCII}
}

const webIdentity = "sts:AssumeRoleWithWebIdentity"

func sameKey(a, b string) Truth {
	switch {
	case lower(a) == lower(b):
		return Yes
	case strings.EqualFold(a, b):
		return Perhaps
	}
	return No
}

// isProviders reports whether a key is of an identity provider: those are domain names, and AWS's services have names without a dot.
func isProviders(key string) bool {
	prefix, _, found := strings.Cut(key, ":")
	return found && strings.Contains(prefix, ".")
}

// issuerOf returns the URL, without https://, that a provider's ARN ends with.
func issuerOf(provider string) string {
	_, issuer, _ := strings.Cut(provider, ":oidc-provider/")
	return issuer
}

// sharedIssuer is GitHub's own issuer, which vouches for every repository of github.com.
const sharedIssuer = "token.actions.githubusercontent.com"

// populatedClaims are the claims of GitHub's that AWS makes condition keys of. Any other, such as repository_owner, is never there:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
var populatedClaims = []string{
	"sub", "aud",
	"actor", "actor_id", "enterprise_id", "environment", "job_workflow_ref", "ref", "repository", "repository_id",
	"repository_owner_id", "workflow",
}

// defaultClaims are those of them that AWS takes from the token of any provider.
var defaultClaims = []string{"sub", "aud", "amr", "email"}

// populated is whether AWS makes a condition key of a claim.
func populated(issuer, claim string) Truth {
	switch {
	case slices.Contains(defaultClaims, claim):
		return Yes
	case claim == "oaud":
		return Perhaps
	case !slices.Contains(populatedClaims, claim):
		return No
	case issuer == sharedIssuer:
		return Yes
	case strings.HasPrefix(issuer, sharedIssuer+"/"):
		return Perhaps
	}
	return No
}

// claim finds the condition key that AWS makes of a claim.
func (r Request) claim(issuer, name string) entry {
	name = lower(name)
	found, same := find(r.Claims, name)
	_, authorized := r.Claims["azp"]
	switch t := populated(issuer, name); {
	case same == Perhaps:
		return unsure(found, name)
	case !isASCII(name):
		return entry{truth: Perhaps, cause: NotASCII}
	case t == No:
		return entry{cause: NotPopulated}
	case name == "oaud", name == "aud" && authorized:
		// Where a token has azp, AWS may take that for aud, and aud for oaud.
		return entry{truth: Perhaps, cause: OnlyAWSKnows}
	case t == Perhaps:
		return entry{truth: Perhaps, cause: OtherIssuer}
	case same == No:
		return entry{cause: Absent}
	}
	values, ok := claimValues(r.Claims[found])
	if !ok {
		return entry{truth: Perhaps, cause: NoForm}
	}
	return entry{truth: Yes, values: values}
}

// claimValues are a claim's values as condition keys have them, if the claim has a form that tells.
func claimValues(claim any) ([]string, bool) {
	switch claim := claim.(type) {
	case string:
		return []string{claim}, true
	case bool:
		return []string{strconv.FormatBool(claim)}, true
	case json.Number:
		return []string{claim.String()}, integerForm().MatchString(claim.String())
	case float64:
		const exact = 1 << 53
		return []string{strconv.FormatFloat(claim, 'f', -1, 64)}, claim == math.Trunc(claim) && math.Abs(claim) < exact
	case []string:
		return claim, true
	case []any:
		list := make([]string, 0, len(claim))
		for _, item := range claim {
			text, ok := item.(string)
			if !ok {
				return nil, false
			}
			list = append(list, text)
		}
		return list, true
	}
	return nil, false
}
