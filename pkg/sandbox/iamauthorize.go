package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

const (
	workloadIdentityUser = "roles/iam.workloadIdentityUser"
	tokenCreator         = "roles/iam.serviceAccountTokenCreator"
)

// grants reports whether a role has a permission on service accounts:
// https://cloud.google.com/iam/docs/roles-permissions/iam
func grants(role, permission string) bool {
	switch permission {
	case "getAccessToken", "getOpenIdToken":
		return role == workloadIdentityUser || role == tokenCreator
	case "signJwt", "implicitDelegation":
		return role == tokenCreator
	}
	return false
}

// allows reports whether a binding gives one of the members a permission.
func (a *account) allows(members []string, permission string) bool {
	for role, bound := range a.Bindings {
		if grants(role, permission) && slices.ContainsFunc(bound, func(m string) bool { return slices.Contains(members, m) }) {
			return true
		}
	}
	return false
}

// authorize returns the service account if the request's bearer has a
// permission on it, through delegates or directly.
func (s *Sandbox) authorize(r *http.Request, email, permission string, delegates []string) (*account, error) {
	bearer, err := s.authenticateBearer(r)
	if err != nil {
		return nil, err
	}
	if slices.Contains(s.config.Google.DisabledAPIs, iamCredentialsAPI) {
		return nil, serviceDisabled(bearer.project)
	}
	members := bearer.members
	// Each in the chain acts on the next; the last one on the service account:
	// https://cloud.google.com/iam/docs/create-short-lived-credentials-delegated
	for _, delegate := range delegates {
		name, ok := strings.CutPrefix(delegate, "projects/-/serviceAccounts/")
		if !ok || name == "" || strings.Contains(name, "/") {
			return nil, invalidArgument("Request contains an invalid argument.")
		}
		account, err := s.permitted(name, members, "implicitDelegation")
		if err != nil {
			return nil, err
		}
		members = []string{account.member()}
	}
	return s.permitted(email, members, permission)
}

func (s *Sandbox) permitted(email string, members []string, permission string) (*account, error) {
	account, ok := s.account(email)
	if !ok {
		return nil, refuse(http.StatusNotFound, "NOT_FOUND", "Not found; Gaia id not found for email %s", email)
	}
	if !account.allows(members, permission) {
		return nil, permissionDenied(permission)
	}
	return account, nil
}

// authenticateBearer returns what the bearer token stands for: an access token
// that was issued, or a JWT that a service account signed for itself.
func (s *Sandbox) authenticateBearer(r *http.Request) (grant, error) {
	raw := bearer(r)
	if issued, ok := s.issued.grant(raw); ok && s.now().Before(issued.expires) {
		return issued, nil
	}
	token, err := readToken(raw)
	if err != nil {
		return grant{}, unauthenticated()
	}
	account, ok := s.accounts[token.text("iss")]
	if !ok || token.text("sub") != account.Email || token.kind != "JWT" || token.keyID == "" {
		return grant{}, unauthenticated()
	}
	if err := account.tokens.verify(r.Context(), token); err != nil {
		return grant{}, unauthenticated()
	}
	if !slices.ContainsFunc(token.audiences(), func(audience string) bool { return s.isIAMCredentials(r, audience) }) ||
		!shortLived(token, s.now()) {
		return grant{}, unauthenticated()
	}
	s.issued.secret(raw)
	return grant{members: []string{account.member()}, project: s.config.Google.project()}, nil
}

// isIAMCredentials reports whether the audience is the origin of the API, its
// own or the one that the sandbox was asked at, with Google's slash at the end:
// https://developers.google.com/identity/protocols/oauth2/service-account#jwt-auth
func (s *Sandbox) isIAMCredentials(r *http.Request, audience string) bool {
	return audience == "https://iamcredentials."+s.config.Google.universe()+"/" || audience == origin(r)+"/"
}
