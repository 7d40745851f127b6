package idtoken

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"gatepass/pkg/secret"
	"gatepass/pkg/trust"
	"gatepass/pkg/untrusted"
)

// DecodeUnverified reads what a token says of itself, cleaned for printing, without checking its signature: the clouds do that. The claims
// serve to explain, not to decide. What is no token has none.
func DecodeUnverified(token secret.String) trust.Claims {
	parts := strings.Split(token.Reveal(), ".")
	if len(parts) != 3 {
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	var claims map[string]any
	if json.Unmarshal(payload, &claims) != nil || claims == nil {
		return nil
	}
	clean, _ := cleaned(claims).(map[string]any)
	return clean
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
