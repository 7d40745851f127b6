package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// oauthToken exchanges an assertion that a service account signed for an access
// token, its own or, by domain-wide delegation, a user's:
// https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests
func (s *Sandbox) oauthToken(r *http.Request, x *Exchange) (any, error) {
	var err error
	if x.Parameters, err = readParameters(r); err == nil {
		err = r.ParseForm()
	}
	if err != nil {
		return nil, oauthError("invalid_request", "The request body cannot be read.")
	}
	if err := s.googleFault(oauthCall); err != nil {
		return nil, err
	}
	if grantType := r.PostForm.Get("grant_type"); grantType != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		return nil, oauthError("unsupported_grant_type", "Invalid grant_type: %s", grantType)
	}
	token, err := readToken(r.PostForm.Get("assertion"))
	if err != nil {
		// Nobody has quoted Google's text.
		return nil, oauthError("invalid_grant", "Invalid JWT: the assertion is not a signed JWT.")
	}
	x.Detail = token.text("iss")
	account, ok := s.accounts[x.Detail]
	if !ok {
		return nil, oauthError("invalid_grant", "Invalid grant: account not found")
	}
	if err := account.tokens.verify(r.Context(), token); err != nil {
		return nil, oauthError("invalid_grant", "Invalid JWT Signature.")
	}
	s.issued.secret(token.raw)
	if audience := s.config.Google.tokenEndpoint(); !slices.Contains(token.audiences(), audience) {
		return nil, oauthError("invalid_grant", "Invalid JWT: Failed audience check. The right audience is %s", audience)
	}
	if !shortLived(token, s.now()) {
		return nil, oauthError("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.")
	}
	if err := s.config.Google.checkScope(token.text("scope")); err != nil {
		return nil, err
	}
	member, err := account.subject(token)
	if err != nil {
		return nil, err
	}
	accessToken := s.issued.addGrant("ya29.c.", grant{[]string{member}, s.config.Google.project(), s.now().Add(time.Hour)})
	return map[string]any{"access_token": accessToken, "token_type": "Bearer", "expires_in": 3599}, nil
}

func shortLived(token idToken, now time.Time) bool {
	issued, hasIssued := token.seconds("iat")
	expiry, hasExpiry := token.seconds("exp")
	return hasIssued && hasExpiry && expiry-issued <= 3600 &&
		!now.Before(time.Unix(issued, 0).Add(-googleSkew)) &&
		!now.After(time.Unix(expiry, 0).Add(googleSkew))
}

// subject returns as whom the bearer of the assertion may act.
func (a *account) subject(token idToken) (member string, err error) {
	user := token.text("sub")
	if user == "" || user == a.Email {
		return a.member(), nil
	}
	for _, scope := range strings.Fields(token.text("scope")) {
		if !slices.Contains(a.Delegation.Scopes, scope) {
			return "", refuse(http.StatusUnauthorized, "unauthorized_client", "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.")
		}
	}
	if !slices.Contains(a.Delegation.Users, user) {
		return "", oauthError("invalid_grant", "Invalid email or User ID")
	}
	return "user:" + user, nil
}
