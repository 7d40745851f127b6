package google

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/api/iamcredentials/v1"

	"gatepass/pkg/inputs"
)

// The APIs, as errors call them.
const (
	googleSTS      = "Google STS"
	iamCredentials = "Google's IAM Credentials API"
	oauth          = "Google OAuth"
)

// serviceAccount is the resource name of a service account. The API wants a hyphen for the project.
func serviceAccount(account string) string { return "projects/-/serviceAccounts/" + account }

// accounts is the API of service accounts.
func (c Client) accounts(ctx context.Context, in inputs.Google) (*iamcredentials.ProjectsServiceAccountsService, error) {
	service, err := iamcredentials.NewService(ctx, c.options(in.IAMCredentials)...)
	if err != nil {
		return nil, err
	}
	service.UserAgent = userAgent
	return service.Projects.ServiceAccounts, nil
}

func (c Client) accessToken(ctx context.Context, in inputs.Google, auth Token) (Token, error) {
	accounts, err := c.accounts(ctx, in)
	if err != nil {
		return Token{}, err
	}
	request := &iamcredentials.GenerateAccessTokenRequest{Scope: in.AccessToken.Scopes, Delegates: in.Delegates}
	if in.AccessToken.Lifetime > 0 {
		request.Lifetime = fmt.Sprintf("%ds", in.AccessToken.Lifetime/time.Second)
	}
	generate := accounts.GenerateAccessToken(serviceAccount(in.ServiceAccount), request).Context(ctx)
	setBearer(generate.Header(), in, auth)
	answer, err := call(ctx, c, iamCredentials, generate.Do)
	if err != nil {
		return Token{}, err
	}
	expiry, _ := time.Parse(time.RFC3339, answer.ExpireTime) // zero for what is no time
	return c.keep(iamCredentials, answer.AccessToken, expiry)
}

func (c Client) idToken(ctx context.Context, in inputs.Google, auth Token) (Token, error) {
	accounts, err := c.accounts(ctx, in)
	if err != nil {
		return Token{}, err
	}
	request := &iamcredentials.GenerateIdTokenRequest{Audience: in.IDToken.Audience, IncludeEmail: in.IDToken.IncludeEmail, Delegates: in.Delegates}
	generate := accounts.GenerateIdToken(serviceAccount(in.ServiceAccount), request).Context(ctx)
	setBearer(generate.Header(), in, auth)
	answer, err := call(ctx, c, iamCredentials, generate.Do)
	if err != nil {
		return Token{}, err
	}
	return c.keep(iamCredentials, answer.Token, time.Time{})
}

// signJWT has Google sign claims with a key of the service account.
func (c Client) signJWT(ctx context.Context, in inputs.Google, auth Token, claims any) (string, error) {
	accounts, err := c.accounts(ctx, in)
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	sign := accounts.SignJwt(serviceAccount(in.ServiceAccount), &iamcredentials.SignJwtRequest{Payload: string(payload), Delegates: in.Delegates}).Context(ctx)
	setBearer(sign.Header(), in, auth)
	answer, err := call(ctx, c, iamCredentials, sign.Do)
	if err != nil {
		return "", err
	}
	return answer.SignedJwt, nil
}
