package idtoken

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"gatepass/pkg/secret"
	"gatepass/pkg/untrusted"
)

// UnverifiedClaims are what a token says of itself, cleaned for printing. They serve to explain, not to decide: the clouds check the
// signature, this program does not.
type UnverifiedClaims struct {
	Issuer, Subject, Audience string
}

// DecodeUnverified reads the claims of a token without checking its signature. What cannot be read is empty.
func DecodeUnverified(token secret.String) UnverifiedClaims {
	all, err := AllUnverified(token)
	if err != nil {
		return UnverifiedClaims{}
	}
	text := func(claim string) string {
		value, _ := all[claim].(string)
		return untrusted.Line(value)
	}
	return UnverifiedClaims{text("iss"), text("sub"), untrusted.Line(fmt.Sprint(all["aud"]))} // aud may be a list
}

// AllUnverified reads all claims of a token, as JSON decodes them, without checking its signature and without cleaning them. Nothing of the
// token is in the error.
func AllUnverified(token secret.String) (map[string]any, error) {
	parts := strings.Split(strings.TrimSpace(token.Reveal()), ".")
	if len(parts) != 3 {
		return nil, errors.New("this is not a JWT, which has three parts with dots between them")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, errors.New("this is not a JWT: its second part is not base64url")
	}
	var claims map[string]any
	if json.Unmarshal(payload, &claims) != nil || claims == nil {
		return nil, errors.New("this is not a JWT: its second part is not a JSON object")
	}
	return claims, nil
}
