package sandbox

import (
	"encoding/json"
	"errors"
	"regexp"

	"github.com/go-jose/go-jose/v4"
)

// idToken is what a JWT says of itself, verified or not.
type idToken struct {
	raw    string
	kind   string // the header's typ
	keyID  string
	claims map[string]any
}

var jwtForm = regexp.MustCompile(`\A[\w-]+\.[\w-]+\.[\w-]+\z`)

// readToken reads a JWT of any algorithm that AWS names in its documentation
// of AssumeRoleWithWebIdentity, and verifies nothing.
func readToken(raw string) (idToken, error) {
	// go-jose overlooks white space, which the clouds do not.
	if !jwtForm.MatchString(raw) {
		return idToken{}, errors.New("not of the form of a JWT")
	}
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.ES256, jose.ES384, jose.ES512,
	})
	if err != nil {
		return idToken{}, err
	}
	header := jws.Signatures[0].Header
	token := idToken{raw: raw, keyID: header.KeyID}
	token.kind, _ = header.ExtraHeaders[jose.HeaderType].(string)
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &token.claims); err != nil {
		return idToken{}, err
	}
	return token, nil
}

func (t idToken) text(claim string) string {
	text, _ := t.claims[claim].(string)
	return text
}

// seconds returns a claim that is a time, RFC 7519's NumericDate.
func (t idToken) seconds(claim string) (int64, bool) {
	number, ok := t.claims[claim].(float64)
	return int64(number), ok
}

// audiences returns the aud claim, which RFC 7519 lets be one or many.
func (t idToken) audiences() []string {
	list, _ := stringList(t.claims["aud"])
	return list
}

// stringList returns v as a list if it is a string or a list of strings.
func stringList(v any) ([]string, bool) {
	switch v := v.(type) {
	case string:
		return []string{v}, true
	case []any:
		list := make([]string, 0, len(v))
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				return nil, false
			}
			list = append(list, text)
		}
		return list, true
	}
	return nil, false
}
