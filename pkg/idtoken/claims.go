package idtoken

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"gatepass/pkg/secret"
	"gatepass/pkg/trust"
	"gatepass/pkg/untrusted"
)

// DecodeUnverified reads what a token says of itself, cleaned for printing, without checking its signature: the clouds do that. The claims
// serve to explain, not to decide. What is no token has none.
func DecodeUnverified(token secret.String) trust.Claims {
	claims, err := AllUnverified(token)
	if err != nil {
		return nil
	}
	clean, _ := cleaned(map[string]any(claims)).(map[string]any)
	return clean
}

// AllUnverified reads all claims of a token, as JSON decodes them, without checking its signature and without cleaning them. Nothing of the
// token is in the error.
func AllUnverified(token secret.String) (trust.Claims, error) {
	parts := strings.Split(strings.TrimSpace(token.Reveal()), ".")
	if len(parts) != 3 {
		return nil, errors.New("this is not a JWT, which has three parts with dots between them")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, errors.New("this is not a JWT: its second part is not base64url")
	}
	var claims trust.Claims
	if json.Unmarshal(payload, &claims) != nil || claims == nil {
		return nil, errors.New("this is not a JWT: its second part is not a JSON object")
	}
	return claims, nil
}

// cleaned is a value of JSON whose texts are safe to print.
func cleaned(value any) any {
	switch value := value.(type) {
	case string:
		return untrusted.Line(value)
	case []any:
		for i := range value {
			value[i] = cleaned(value[i])
		}
		return value
	case map[string]any:
		clean := make(map[string]any, len(value))
		for name, member := range value {
			clean[untrusted.Line(name)] = cleaned(member)
		}
		return clean
	}
	return value
}
