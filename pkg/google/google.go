// Package google exchanges GitHub's ID token for tokens of Google Cloud.
//
// The exchange is that of https://docs.cloud.google.com/iam/docs/workload-identity-federation; the calls are
// https://docs.cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token and
// https://docs.cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts.
package google

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"google.golang.org/api/iamcredentials/v1"
	"google.golang.org/api/option"
	"google.golang.org/api/sts/v1"

	"gatepass/pkg/inputs"
	"gatepass/pkg/retry"
	"gatepass/pkg/secret"
)

// cloudPlatform is the scope of every Google Cloud API. What a token may really do is for IAM to say.
const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform"

const userAgent = "gatepass"

// Tokens are what a sign-in gives. Those that were not asked for are empty.
type Tokens struct {
	Federated   secret.String
	AccessToken secret.String
	IDToken     secret.String
}

// Client signs in to Google Cloud.
type Client struct {
	HTTP  *http.Client // Required.
	Retry retry.Policy // The zero value tries once.
	// Mask is given every secret before it is used. Required.
	Mask func(...secret.String)
}

// SignIn exchanges an ID token for a federated token, and that for the service account's token that the inputs ask for. Faults of the
// network and of the server are retried, 429 too; Google's refusal is a *[Refusal].
func (c Client) SignIn(ctx context.Context, in inputs.Google, idToken secret.String) (Tokens, error) {
	tokens, err := c.exchange(ctx, in, idToken)
	if err != nil {
		return Tokens{}, err
	}
	switch in.TokenFormat {
	case inputs.AccessTokenFormat:
		tokens.AccessToken, err = c.accessToken(ctx, in, tokens.Federated)
	case inputs.IDTokenFormat:
		tokens.IDToken, err = c.idToken(ctx, in, tokens.Federated)
	case inputs.NoToken:
	}
	if err != nil {
		return Tokens{}, err
	}
	return tokens, nil
}

func (c Client) exchange(ctx context.Context, in inputs.Google, idToken secret.String) (Tokens, error) {
	service, err := sts.NewService(ctx, c.options(in.STS)...)
	if err != nil {
		return Tokens{}, err
	}
	service.UserAgent = userAgent
	request := &sts.GoogleIdentityStsV1ExchangeTokenRequest{
		Audience:           resource(in.Provider),
		GrantType:          "urn:ietf:params:oauth:grant-type:token-exchange",
		RequestedTokenType: "urn:ietf:params:oauth:token-type:access_token",
		Scope:              cloudPlatform,
		SubjectTokenType:   jwtType,
		SubjectToken:       idToken.Reveal(),
	}
	answer, err := call(ctx, c, "Google STS", service.V1.Token(request).Context(ctx).Do)
	if err != nil {
		return Tokens{}, err
	}
	token, err := c.keep(answer.AccessToken)
	return Tokens{Federated: token}, err
}

// accounts is the API of service accounts.
func (c Client) accounts(ctx context.Context, in inputs.Google) (*iamcredentials.ProjectsServiceAccountsService, error) {
	service, err := iamcredentials.NewService(ctx, c.options(in.IAMCredentials)...)
	if err != nil {
		return nil, err
	}
	service.UserAgent = userAgent
	return service.Projects.ServiceAccounts, nil
}

const iamCredentials = "Google's IAM Credentials API"

func (c Client) accessToken(ctx context.Context, in inputs.Google, federated secret.String) (secret.String, error) {
	accounts, err := c.accounts(ctx, in)
	if err != nil {
		return secret.String{}, err
	}
	request := &iamcredentials.GenerateAccessTokenRequest{Scope: in.AccessToken.Scopes}
	if in.AccessToken.Lifetime > 0 {
		request.Lifetime = fmt.Sprintf("%ds", in.AccessToken.Lifetime/time.Second)
	}
	generate := accounts.GenerateAccessToken(serviceAccount(in.ServiceAccount), request).Context(ctx)
	generate.Header().Set("Authorization", "Bearer "+federated.Reveal())
	answer, err := call(ctx, c, iamCredentials, generate.Do)
	if err != nil {
		return secret.String{}, err
	}
	return c.keep(answer.AccessToken)
}

func (c Client) idToken(ctx context.Context, in inputs.Google, federated secret.String) (secret.String, error) {
	accounts, err := c.accounts(ctx, in)
	if err != nil {
		return secret.String{}, err
	}
	request := &iamcredentials.GenerateIdTokenRequest{Audience: in.IDToken.Audience, IncludeEmail: in.IDToken.IncludeEmail}
	generate := accounts.GenerateIdToken(serviceAccount(in.ServiceAccount), request).Context(ctx)
	generate.Header().Set("Authorization", "Bearer "+federated.Reveal())
	answer, err := call(ctx, c, iamCredentials, generate.Do)
	if err != nil {
		return secret.String{}, err
	}
	return c.keep(answer.Token)
}

// options are those of every service. The logger is one that drops all, since the libraries print whole requests with their tokens where
// GOOGLE_SDK_GO_LOGGING_LEVEL is debug, which any earlier step can set.
func (c Client) options(endpoint *url.URL) []option.ClientOption {
	return []option.ClientOption{
		option.WithHTTPClient(c.HTTP),
		option.WithEndpoint(endpoint.String() + "/"),
		option.WithLogger(slog.New(slog.DiscardHandler)),
	}
}

// keep makes a secret of a token and masks it. A token goes into outputs, so it must be one word.
func (c Client) keep(token string) (secret.String, error) {
	kept := secret.New(token)
	c.Mask(kept)
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r > unicode.MaxASCII || r <= ' ' }) {
		return secret.String{}, errNotGoogle
	}
	return kept, nil
}

// resource is the full resource name of a provider, which Google's STS knows it by.
func resource(provider string) string { return "//iam.googleapis.com/" + provider }

// serviceAccount is the resource name of a service account. The API wants a hyphen for the project.
func serviceAccount(account string) string { return "projects/-/serviceAccounts/" + account }

var errNotGoogle = errors.New("the answer is not one of Google's; a proxy or the endpoint may be wrong")
