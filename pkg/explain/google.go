package explain

import (
	"strings"

	"gatepass/pkg/grant"
	"gatepass/pkg/quote"
	"gatepass/pkg/trust"
)

// workloadIdentity are the parts of a provider's name:
// projects/<project>/locations/global/workloadIdentityPools/<pool>/providers/<provider>.
type workloadIdentity struct{ project, pool, provider string }

func (c Case) workloadIdentity() workloadIdentity {
	parts := strings.Split(c.Google.Provider, "/")
	if len(parts) != 8 {
		return workloadIdentity{}
	}
	return workloadIdentity{parts[1], parts[5], parts[7]}
}

// pool is the name of the pool that the provider is in.
func (c Case) pool() string {
	pool, _, _ := strings.Cut(c.Google.Provider, "/providers/")
	return pool
}

// usualAudience is the one that a provider accepts which lists none, and that the step asks for by default.
func (c Case) usualAudience() string {
	return "https://iam." + c.Google.Universe + "/" + c.Google.Provider
}

// issuerPhrase is the token's issuer, and whose it is as far as its form tells.
func (c Case) issuerPhrase() string {
	issuer := c.claim("iss")
	switch {
	case issuer == trust.GitHubIssuer:
		return issuer + " (github.com)"
	case issuerHasEnterprise(c):
		return issuer + " (your enterprise's own)"
	case issuerHasResidency(c):
		return issuer + " (your enterprise's on GHE.com)"
	case issuerIsServer(c):
		return issuer + " (your GitHub Enterprise Server)"
	}
	return issuer
}

// The commands are those of https://docs.cloud.google.com/sdk/gcloud/reference/iam. They take a provider and a pool by their full names,
// too, which hold the project.

func gcloudPools(verb string, arguments ...string) string {
	return quote.Command(append([]string{"gcloud", "iam", "workload-identity-pools", verb}, arguments...)...)
}

func gcloudProviders(verb string, arguments ...string) string {
	return quote.Command(append([]string{"gcloud", "iam", "workload-identity-pools", "providers", verb}, arguments...)...)
}

func gcloudAccounts(verb string, arguments ...string) string {
	return quote.Command(append([]string{"gcloud", "iam", "service-accounts", verb}, arguments...)...)
}

// show prints a field of the provider.
func (c Case) show(field string) string {
	return gcloudProviders("describe", c.Google.Provider, "--format=value("+field+")")
}

// trustIssuer has the provider trust the token's issuer, and of its tokens those of this repository: a condition that was written for
// another issuer may admit anybody of this one.
func (c Case) trustIssuer() string {
	return c.update("--issuer-uri="+c.claim("iss"), "--attribute-condition="+grant.GoogleCondition(c.Claims))
}

const trustIssuerFix = "Set workload_identity_provider to a provider for this issuer; create one if there is none. Only if nobody needs the other issuer, have this provider " +
	"trust the token's in place of it. The command replaces the condition, too, which was written for the other one:"

// update sets fields of the provider. One that has several parts is replaced as a whole.
func (c Case) update(flags ...string) string {
	return gcloudProviders("update-oidc", append([]string{c.Google.Provider}, flags...)...)
}

// bind gives a member a role on a service account.
func bind(account, role, member string) string {
	return gcloudAccounts("add-iam-policy-binding", account, "--role="+role, "--member="+member)
}

// The roles that let one be a service account: https://docs.cloud.google.com/iam/docs/roles-permissions/iam
const (
	workloadIdentityUser = "roles/iam.workloadIdentityUser"
	tokenCreator         = "roles/iam.serviceAccountTokenCreator"
)

func curl(arguments ...string) string {
	return quote.Command(append([]string{"curl", "--silent", "--show-error"}, arguments...)...)
}

func gcloud(arguments ...string) string {
	return quote.Command(append([]string{"gcloud"}, arguments...)...)
}
