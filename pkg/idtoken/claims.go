package idtoken

import (
	"encoding/base64"
	"encoding/json"
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
	parts := strings.Split(token.Reveal(), ".")
	if len(parts) != 3 {
		return UnverifiedClaims{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return UnverifiedClaims{}
	}
	var claims struct {
		Iss, Sub string
		Aud      any // a text, or a list
	}
	if json.Unmarshal(payload, &claims) != nil {
		return UnverifiedClaims{}
	}
	return UnverifiedClaims{untrusted.Line(claims.Iss), untrusted.Line(claims.Sub), untrusted.Line(fmt.Sprint(claims.Aud))}
}
