package sandbox

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
)

// idToken answers as the runner's token endpoint:
// https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
func (s *Sandbox) idToken(r *http.Request, x *Exchange) (any, error) {
	if subtle.ConstantTimeCompare([]byte(bearer(r)), []byte(s.requestToken)) == 0 {
		return nil, refuse(http.StatusUnauthorized, "Unauthorized", "the bearer is not this job's request token")
	}
	claims := s.config.GitHub.claims(r.URL.Query().Get("audience"), s.now())
	x.Detail, _ = claims["aud"].(string)
	token, _, err := s.issueToken(s.githubKey, claims)
	if err != nil {
		return nil, err
	}
	// GitHub counts the token's characters.
	return map[string]any{"count": len(token), "value": token}, nil
}

// discovery answers with the OpenID Connect discovery document.
func (s *Sandbox) discovery(r *http.Request, _ *Exchange) (any, error) {
	var names []string
	for name := range s.config.GitHub.claims("", s.now()) {
		names = append(names, name)
	}
	slices.Sort(names)
	return map[string]any{
		"issuer":                                s.config.GitHub.issuer(),
		"jwks_uri":                              origin(r) + "/github/.well-known/jwks",
		"subject_types_supported":               []string{"public", "pairwise"},
		"response_types_supported":              []string{"id_token"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid"},
		"claims_supported":                      names,
	}, nil
}

// origin returns where the sandbox was asked.
func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func writeGitHub(w http.ResponseWriter, x Exchange, answer any, refused *refusal) {
	if refused != nil {
		answer = map[string]string{"message": refused.message}
	}
	writeJSON(w, x.Status, answer)
}

// bearer returns the bearer token of a request, or nothing.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}
