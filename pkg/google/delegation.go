package google

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"google.golang.org/api/googleapi"

	"gatepass/pkg/inputs"
)

// assertion are the claims with which a service account asks for a token as a user of its Google Workspace:
// https://developers.google.com/identity/protocols/oauth2/service-account#jwt-auth
type assertion struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	IssuedAt int64  `json:"iat"`
	Expiry   int64  `json:"exp"`
	Subject  string `json:"sub"`
	Scope    string `json:"scope"`
}

// delegated gets an access token of a user by domain-wide delegation. The assertion is signed with the key, or by Google.
func (c Client) delegated(ctx context.Context, in inputs.Google, auth Token) (Token, error) {
	lifetime := in.AccessToken.Lifetime
	if lifetime == 0 {
		lifetime = time.Hour
	}
	now := c.Now()
	claims := assertion{
		Issuer:   in.ServiceAccount,
		Audience: "https://oauth2." + in.Universe + "/token",
		IssuedAt: now.Unix(),
		Expiry:   now.Add(lifetime).Unix(),
		Subject:  in.AccessToken.Subject,
		Scope:    strings.Join(in.AccessToken.Scopes, " "),
	}
	var signed string
	var err error
	if in.Key != nil {
		signed, err = sign(in.Key, claims)
	} else {
		signed, err = c.signJWT(ctx, in, auth, claims)
	}
	if err != nil {
		return Token{}, err
	}
	kept, err := c.keep(iamCredentials, signed, time.Time{})
	if err != nil {
		return Token{}, err
	}
	answer, err := call(ctx, c, oauth, func(...googleapi.CallOption) (oauthToken, error) { return c.redeem(ctx, in, kept) })
	if err != nil {
		return Token{}, err
	}
	return c.keep(oauth, answer.AccessToken, c.Now().Add(time.Duration(answer.ExpiresIn)*time.Second))
}

type oauthToken struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int64  `json:"expires_in"`
}

// redeem exchanges a signed assertion (RFC 7523). No generated client has this call.
func (c Client) redeem(ctx context.Context, in inputs.Google, signed Token) (token oauthToken, err error) {
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {signed.Value.Reveal()}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, in.OAuth2.JoinPath("token").String(), strings.NewReader(form.Encode()))
	if err != nil {
		return token, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("User-Agent", userAgent)
	setReason(request.Header, in)
	response, err := c.HTTP.Do(request)
	if err != nil {
		return token, err
	}
	defer func() { _ = response.Body.Close() }() // was only read
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return token, err
	}
	if err := googleapi.CheckResponseWithBody(response, body); err != nil {
		return token, err
	}
	return token, json.Unmarshal(body, &token)
}
