package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"gatepass/pkg/trust/googletrust"
)

const providerName = `projects/\d+/locations/global/workloadIdentityPools/[a-z0-9-]{4,32}/providers/[a-z0-9-]{4,32}`

const (
	// googleSkew is how far Google lets a token's times be from its own clock.
	googleSkew = time.Minute
	// googleMaxAge is how long ago a token may have been issued.
	googleMaxAge = 24 * time.Hour
)

// tokenExchange is the request to Google STS:
// https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
type tokenExchange struct {
	Audience           string `json:"audience"`
	GrantType          string `json:"grantType"`
	RequestedTokenType string `json:"requestedTokenType"`
	Scope              string `json:"scope"`
	SubjectToken       string `json:"subjectToken"`
	SubjectTokenType   string `json:"subjectTokenType"`
}

// parseTokenExchange reads a request in either of the two forms that Google
// takes: JSON, which its API clients send, and RFC 8693's form, which its
// authentication libraries send.
func parseTokenExchange(r *http.Request) (t tokenExchange, err error) {
	if isJSON(r) {
		err = json.NewDecoder(r.Body).Decode(&t)
		return t, err
	}
	err = r.ParseForm()
	return tokenExchange{
		Audience:           r.PostForm.Get("audience"),
		GrantType:          r.PostForm.Get("grant_type"),
		RequestedTokenType: r.PostForm.Get("requested_token_type"),
		Scope:              r.PostForm.Get("scope"),
		SubjectToken:       r.PostForm.Get("subject_token"),
		SubjectTokenType:   r.PostForm.Get("subject_token_type"),
	}, err
}

// exchangeToken exchanges GitHub's token for a federated access token. The
// texts of refusals are from Google's page on troubleshooting and from
// github.com/google-github-actions/auth issues 60, 161, 308 and 378:
// https://cloud.google.com/iam/docs/troubleshooting-workload-identity-federation
func (s *Sandbox) exchangeToken(r *http.Request, x *Exchange) (any, error) {
	var err error
	var request tokenExchange
	if x.Parameters, err = readParameters(r); err == nil {
		request, err = parseTokenExchange(r)
	}
	if err != nil {
		return nil, oauthError("invalid_request", "The request body cannot be read.")
	}
	x.Detail = request.Audience
	if err := s.googleFault(stsCall); err != nil {
		return nil, err
	}
	if err := request.check(s.config.Google); err != nil {
		return nil, err
	}
	provider, err := s.provider(request.Audience)
	if err != nil {
		return nil, err
	}
	token, err := s.federatedIdentity(r.Context(), provider, request.SubjectToken)
	if err != nil {
		return nil, err
	}
	decision := googletrust.Evaluate(s.config.Google.trusted(provider), token.claims)
	if err := refusalOf(decision, token); err != nil {
		return nil, err
	}
	// A token within the skew after its expiry still gets a moment.
	expiry, _ := token.seconds("exp")
	lifetime := min(max(expiry-s.now().Unix(), 1), 3600)
	accessToken := s.issued.addGrant("ya29.d.", grant{
		members: decision.Members,
		project: provider.project(),
		expires: s.now().Add(time.Duration(lifetime) * time.Second),
	})
	return map[string]any{
		"access_token":      accessToken,
		"issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
		"token_type":        "Bearer",
		"expires_in":        lifetime,
	}, nil
}

// check checks what can be checked without looking anything up. Of its texts
// only the audience's is Google's; the codes are those of RFC 6749 and RFC 8693.
func (t tokenExchange) check(google Google) error {
	invalid := func(parameter, want string) error {
		return oauthError("invalid_request", "Invalid value for %q. This value should be %s.", parameter, want)
	}
	const tokenType = "urn:ietf:params:oauth:token-type:"
	switch {
	case t.GrantType != "urn:ietf:params:oauth:grant-type:token-exchange":
		return oauthError("unsupported_grant_type", "Unsupported grant type: %q.", t.GrantType)
	case t.RequestedTokenType != tokenType+"access_token":
		return invalid("requested_token_type", tokenType+"access_token")
	case t.SubjectTokenType != tokenType+"jwt" && t.SubjectTokenType != tokenType+"id_token":
		return invalid("subject_token_type", tokenType+"jwt or "+tokenType+"id_token")
	case !google.namesProvider(t.Audience):
		return oauthError("invalid_request", `Invalid value for "audience". This value should be the full resource name of the Identity Provider. See https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token for the list of possible formats.`)
	}
	return google.checkScope(t.Scope)
}

func (s *Sandbox) provider(audience string) (Provider, error) {
	for _, provider := range s.config.Google.Providers {
		if s.config.Google.resource(provider.Name) == audience && (provider.State == "" || provider.State == "active") {
			return provider, nil
		}
	}
	return Provider{}, oauthError("invalid_target", `The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn't exist.`)
}

// federatedIdentity verifies the token, but for what the provider makes of its claims.
func (s *Sandbox) federatedIdentity(ctx context.Context, provider Provider, raw string) (idToken, error) {
	token, err := readToken(raw)
	if err != nil {
		// Nobody has quoted Google's text.
		return token, oauthError("invalid_grant", "The given credential is not a valid ID Token.")
	}
	if issuer := token.text("iss"); issuer != provider.IssuerURI {
		return token, oauthError("invalid_grant", "The issuer in ID Token %s does not match the expected ones: %s", issuer, provider.IssuerURI)
	}
	err = s.github.verify(ctx, token)
	switch {
	case err == nil:
	case provider.IssuerURI != s.github.issuer, errors.Is(err, errUnknownKey):
		return token, oauthError("invalid_grant", "Error connecting to the given credential's issuer.")
	default:
		return token, oauthError("invalid_grant", "Unable to verify the ID Token signature.")
	}
	issued, hasIssued := token.seconds("iat")
	expiry, hasExpiry := token.seconds("exp")
	now := s.now()
	if !hasIssued || !hasExpiry ||
		now.After(time.Unix(expiry, 0).Add(googleSkew)) ||
		now.Before(time.Unix(issued, 0).Add(-googleSkew)) ||
		now.After(time.Unix(issued, 0).Add(googleMaxAge)) {
		return token, oauthError("invalid_grant", "ID Token issued at %d is stale to sign-in.", issued)
	}
	return token, nil
}

func oauthError(code, format string, args ...any) error {
	return refuse(http.StatusBadRequest, code, format, args...)
}

// writeOAuth writes refusals as RFC 6749 section 5.2 does.
func writeOAuth(w http.ResponseWriter, x Exchange, answer any, refused *refusal) {
	if refused != nil {
		answer = map[string]string{"error": refused.code, "error_description": refused.message}
	}
	writeJSON(w, x.Status, answer)
}
