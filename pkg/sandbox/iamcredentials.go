package sandbox

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

const iamCredentialsAPI = "iamcredentials.googleapis.com"

// permissionOf is the permission that each method needs.
var permissionOf = map[string]string{
	"generateAccessToken": "getAccessToken",
	"generateIdToken":     "getOpenIdToken",
	"signJwt":             "signJwt",
}

// iamCredentials answers Google's IAM Credentials API:
// https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts
func (s *Sandbox) iamCredentials(r *http.Request, x *Exchange) (any, error) {
	var email string
	email, x.Call, _ = strings.Cut(r.PathValue("call"), ":")
	x.Detail = email
	var err error
	if x.Parameters, err = readParameters(r); err != nil {
		return nil, invalidArgument("Invalid JSON payload received.")
	}
	if err := s.googleFault(x.Call); err != nil {
		return nil, err
	}
	// Nothing but the wildcard will do, here and in delegates:
	// https://github.com/googleapis/python-iam/issues/18
	if r.PathValue("project") != "-" {
		return nil, invalidArgument("Request contains an invalid argument.")
	}
	switch x.Call {
	case "generateAccessToken":
		return s.generateAccessToken(r, email)
	case "generateIdToken":
		return s.generateIDToken(r, email)
	case "signJwt":
		return s.signJWT(r, email)
	}
	return nil, refuse(http.StatusNotFound, "NOT_FOUND", "Method not found.")
}

func (s *Sandbox) generateAccessToken(r *http.Request, email string) (any, error) {
	var request struct {
		Delegates []string `json:"delegates"`
		Scope     []string `json:"scope"`
		Lifetime  string   `json:"lifetime"`
	}
	if err := parseGoogleRequest(r.Body, &request); err != nil {
		return nil, err
	}
	account, err := s.authorize(r, email, permissionOf["generateAccessToken"], request.Delegates)
	if err != nil {
		return nil, err
	}
	lifetime, err := accessTokenLifetime(request.Lifetime, email)
	if err != nil {
		return nil, err
	}
	if len(request.Scope) == 0 || slices.ContainsFunc(request.Scope, s.config.Google.unknownScope) {
		return nil, invalidArgument("Request contains an invalid argument.")
	}
	expires := s.now().Add(lifetime)
	token := s.issued.addGrant("ya29.c.", grant{[]string{account.member()}, s.config.Google.project(), expires})
	return map[string]string{"accessToken": token, "expireTime": expires.UTC().Format(time.RFC3339)}, nil
}

// durationForm is the JSON form of google.protobuf.Duration.
var durationForm = regexp.MustCompile(`\A-?[0-9.]+s\z`)

// accessTokenLifetime returns how long an access token is to live. The
// sandbox's organisation does not extend the limit of an hour.
func accessTokenLifetime(text, email string) (time.Duration, error) {
	if text == "" {
		return time.Hour, nil
	}
	lifetime, err := time.ParseDuration(text)
	switch {
	case err != nil || !durationForm.MatchString(text):
		return 0, invalidArgument("Invalid value at 'lifetime' (type.googleapis.com/google.protobuf.Duration), Field 'lifetime', Illegal duration format; duration must end with 's'")
	case lifetime <= 0:
		return 0, invalidArgument("Lifetime of access token must be larger then zero.")
	case lifetime > time.Hour:
		return 0, invalidArgument("Access tokens for service account %s can not have lifetimes of more than 1 hour. Use the Org Policy Constraint constraints/iam.allowServiceAccountCredentialLifetimeExtension to allow up to 12 hours.", email)
	}
	return lifetime, nil
}

// unknownScope reports whether scope has none of the forms that the universe's have:
// https://developers.google.com/identity/protocols/oauth2/scopes
func (g Google) unknownScope(scope string) bool {
	return g.foreign(scope) || !strings.HasPrefix(scope, "https://") && !slices.Contains([]string{"openid", "email", "profile"}, scope)
}

func (s *Sandbox) generateIDToken(r *http.Request, email string) (any, error) {
	var request struct {
		Delegates    []string `json:"delegates"`
		Audience     string   `json:"audience"`
		IncludeEmail bool     `json:"includeEmail"`
	}
	if err := parseGoogleRequest(r.Body, &request); err != nil {
		return nil, err
	}
	account, err := s.authorize(r, email, permissionOf["generateIdToken"], request.Delegates)
	if err != nil {
		return nil, err
	}
	if request.Audience == "" {
		return nil, invalidArgument("Request contains an invalid argument.")
	}
	now := s.now()
	claims := map[string]any{
		"iss": "https://accounts.google.com",
		"aud": request.Audience,
		"azp": account.uniqueID(),
		"sub": account.uniqueID(),
		"iat": now.Unix(),
		"exp": now.Add(time.Hour).Unix(),
	}
	if request.IncludeEmail {
		claims["email"], claims["email_verified"] = account.Email, true
	}
	token, _, err := s.issueToken(s.googleKey, claims)
	return map[string]string{"token": token}, err
}

func (s *Sandbox) signJWT(r *http.Request, email string) (any, error) {
	var request struct {
		Delegates []string `json:"delegates"`
		Payload   string   `json:"payload"`
	}
	if err := parseGoogleRequest(r.Body, &request); err != nil {
		return nil, err
	}
	account, err := s.authorize(r, email, permissionOf["signJwt"], request.Delegates)
	if err != nil {
		return nil, err
	}
	var claims struct {
		Expiry *int64 `json:"exp"`
	}
	// The API's own limit: exp must be at most 12 hours ahead.
	if json.Unmarshal([]byte(request.Payload), &claims) != nil ||
		claims.Expiry != nil && time.Unix(*claims.Expiry, 0).After(s.now().Add(12*time.Hour)) {
		return nil, invalidArgument("Request contains an invalid argument.")
	}
	token, keyID, err := s.issueToken(account.system, json.RawMessage(request.Payload))
	return map[string]string{"keyId": keyID, "signedJwt": token}, err
}
