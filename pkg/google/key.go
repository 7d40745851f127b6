package google

import (
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"gatepass/pkg/inputs"
)

// lifetimeOfItsOwn is a second under what Google takes.
const lifetimeOfItsOwn = time.Hour - time.Second

// signForItself makes the token with which a key calls Google's APIs without having asked for one:
// https://developers.google.com/identity/protocols/oauth2/service-account#jwt-auth
func (c Client) signForItself(in inputs.Google) (Token, error) {
	now := c.Now()
	signed, err := sign(in.Key, jwt.Claims{
		Issuer:   in.Key.Email,
		Subject:  in.Key.Email,
		Audience: jwt.Audience{in.IAMCredentials.Scheme + "://" + in.IAMCredentials.Host + "/"},
		IssuedAt: jwt.NewNumericDate(now),
		Expiry:   jwt.NewNumericDate(now.Add(lifetimeOfItsOwn)),
	})
	if err != nil {
		return Token{}, err
	}
	return c.keep(iamCredentials, signed, now.Add(lifetimeOfItsOwn))
}

func sign(key *inputs.ServiceAccountKey, claims any) (string, error) {
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", key.ID)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key.Private}, options)
	if err != nil {
		return "", err
	}
	return jwt.Signed(signer).Claims(claims).Serialize()
}

func setBearer(header http.Header, in inputs.Google, auth Token) {
	header.Set("Authorization", "Bearer "+auth.Value.Reveal())
	setReason(header, in)
}
