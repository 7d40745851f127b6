package sandbox

// A Judge decides what the configured policies say about a verified token. Its
// errors are about the policy alone, whatever the token: what it cannot
// evaluate it must refuse to evaluate, and never take for a yes.
type Judge interface {
	// TrustPolicy says whom a role's trust policy allows the request.
	TrustPolicy(policy TrustPolicy, request TrustRequest) (Trust, error)
}

// TrustRequest is what a trust policy is asked about: a token that a provider
// vouches for, or a caller that AWS knows.
type TrustRequest struct {
	Action      string            // such as sts:AssumeRole
	ProviderARN string            // the provider that vouches for the token
	Claims      map[string]any    // the token's claims
	Caller      []string          // how a policy may name the caller
	Account     []string          // how a policy may name the caller's account
	Keys        map[string]string // further condition keys, in lower case
}

// Trust is whom a trust policy trusts.
type Trust int

// A policy trusts nobody who is asked about, or the account that the caller is
// of, which leaves it to the caller's own policies, or the caller itself.
const (
	NoTrust Trust = iota
	TrustsAccount
	TrustsCaller
)

// judge is the sandbox's own Judge. It evaluates what is common in policies for
// GitHub Actions, and refuses the rest.
type judge struct{}
