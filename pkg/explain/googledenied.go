package explain

import (
	"fmt"
	"strings"

	"gatepass/pkg/grant"
	"gatepass/pkg/lazyregexp"
)

// googleDeniedCauses are what is wrong if a permission on the service account is missing. Google answers the same for an account that the
// caller may not see as for one that does not exist.
var googleDeniedCauses = []cause{
	{"google-delegates", where(lacksPermission, func(c Case) bool { return len(c.Google.Delegates) > 0 }), func(c Case) Explanation {
		chain := c.chain()
		return Explanation{
			Meaning: fmt.Sprintf("Somewhere in the chain of delegates, one may not act as the next: %s.", strings.Join(chain.names, ", then ")),
			Fix:     "Each needs the role Service Account Token Creator on the next:",
			Paste:   append(c.mappingOfMember(), chain.bindings...),
		}
	}},
	{"google-sign", where(lacksPermission, func(c Case) bool { return c.permission() == "iam.serviceAccounts.signJwt" }), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("With access_token_subject the step has %s sign, and this job may not. The role Workload Identity User is not enough for that.", c.Google.ServiceAccount),
			Fix:     "Give this job the role Service Account Token Creator, too:",
			Paste:   append(c.mappingOfMember(), bind(c.Google.ServiceAccount, tokenCreator, c.member())),
		}
	}},
	{"google-key-self", where(lacksPermission, func(c Case) bool { return c.Google.Key != nil && c.Google.Key.Email == c.Google.ServiceAccount }), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The key of %s may not make tokens of that very service account: this takes a role, too.", c.Google.ServiceAccount),
			Fix:     "Give the account the role Service Account Token Creator on itself:",
			Paste:   []string{bind(c.Google.ServiceAccount, tokenCreator, c.member())},
		}
	}},
	{"google-key-other", where(lacksPermission, func(c Case) bool { return c.Google.Key != nil }), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The key is of %s, which may not make tokens of %s.", c.Google.Key.Email, c.Google.ServiceAccount),
			Fix:     "Give the first one the role Service Account Token Creator on the second:",
			Paste:   []string{bind(c.Google.ServiceAccount, tokenCreator, c.member())},
		}
	}},
	{"google-impersonation", perhaps(where(lacksPermission, not(hasMapping))), func(c Case) Explanation {
		members := grant.GoogleMembers(c.pool(), c.Claims)
		widest := members[len(members)-1]
		return Explanation{
			Meaning: fmt.Sprintf("This job may not act as %s: none of that account's bindings for the role Workload Identity User names it.", c.Google.ServiceAccount),
			Fix: fmt.Sprintf("Give it the role with the first command, which lets in %s. Or with the second, which lets in %s. They need %s and %s in the provider's attribute mapping.",
				members[0].LetsIn, widest.LetsIn, members[0].Needs, widest.Needs),
			Paste: []string{
				bind(c.Google.ServiceAccount, workloadIdentityUser, members[0].Member),
				bind(c.Google.ServiceAccount, workloadIdentityUser, widest.Member),
			},
		}
	}},
	{"google-subject-changed", perhaps(where(lacksPermission, func(c Case) bool { return hasImmutableSubject(c) && !hasMapping(c) })), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The binding may be there, but end in /subject/%s. This repository's tokens have the IDs of owner and repository in sub, as those of all repositories that were made, renamed or moved since 15 July 2026.",
				withoutIDs(c.claim("sub"))),
			Fix: "Give the role to the sub that the first command has.",
		}
	}},
	{"google-attribute-unmapped", perhaps(where(lacksPermission, not(hasMapping))), func(c Case) Explanation {
		return Explanation{
			Meaning: "The binding may be there, but name an attribute that the provider does not map, or two at once: such a member is nobody, and Google does not say so. " +
				"A member names one attribute, attribute.NAME/VALUE, with the value letter by letter, upper and lower case included.",
			Fix:   "See what is mapped, and who is bound:",
			Paste: []string{c.show("attributeMapping"), gcloudAccounts("get-iam-policy", c.Google.ServiceAccount)},
		}
	}},
	{"google-account-other", perhaps(lacksPermission), func(c Case) Explanation {
		return Explanation{
			Meaning: "The service account may not exist, or be another one than you mean: Google then says the same.",
			Fix:     "See whether service_account is one of these:",
			Paste:   []string{c.listAccounts()},
		}
	}},
	// https://docs.cloud.google.com/iam/docs/access-change-propagation
	{"google-binding-new", perhaps(lacksPermission), func(Case) Explanation {
		return Explanation{
			Meaning: "The binding was made in the last minutes. It mostly holds after 2, but may take 7 or more.",
			Fix:     "Run the job again.",
		}
	}},
}

var lacksPermission = either(said(IAMCredentials, "PERMISSION_DENIED", "Permission '"), said(IAMCredentials, "PERMISSION_DENIED", "The caller does not have permission"),
	where(said(IAMCredentials, "PERMISSION_DENIED", ""), func(c Case) bool { return c.Refusal.Reason == "IAM_PERMISSION_DENIED" }))

var permissionForm = lazyregexp.New(`Permission '([A-Za-z.]+)' denied`)

// permission is the one that is missing, as far as the answer says.
func (c Case) permission() string {
	if permission := c.Refusal.Metadata["permission"]; permission != "" {
		return permission
	}
	if match := permissionForm().FindStringSubmatch(c.Refusal.Message); match != nil {
		return match[1]
	}
	return ""
}

// member is the caller as a member of a binding: the key's service account, or this very job.
func (c Case) member() string {
	if c.Google.Key != nil {
		return "serviceAccount:" + c.Google.Key.Email
	}
	return grant.GoogleMembers(c.pool(), c.Claims)[0].Member
}

// mappingOfMember is what the provider must map for the member, where that is not the usual.
func (c Case) mappingOfMember() []string {
	if c.Google.Key != nil || !grant.NeedsID(c.Claims) {
		return nil
	}
	return []string{"# The provider's attribute mapping needs " + grant.GoogleMembers(c.pool(), c.Claims)[0].Needs}
}

type chain struct{ names, bindings []string }

// chain is who acts as whom, from the caller to the service account, and what that takes:
// https://docs.cloud.google.com/iam/docs/create-short-lived-credentials-delegated
func (c Case) chain() chain {
	caller := "this job"
	if c.Google.Key != nil {
		caller = c.Google.Key.Email
	}
	links, member := chain{names: []string{caller}}, c.member()
	for _, next := range append(c.Google.Delegates[:len(c.Google.Delegates):len(c.Google.Delegates)], c.Google.ServiceAccount) {
		next = lastPart(next)
		links.names = append(links.names, next)
		links.bindings = append(links.bindings, bind(next, tokenCreator, member))
		member = "serviceAccount:" + next
	}
	return links
}

var idForm = lazyregexp.New(`@[0-9]+`)

// withoutIDs is a sub as it was before subjects were immutable.
func withoutIDs(sub string) string {
	repository, rest, _ := strings.Cut(strings.TrimPrefix(sub, "repo:"), ":")
	return "repo:" + idForm().ReplaceAllString(repository, "") + ":" + rest
}
