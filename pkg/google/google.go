// Package google exchanges GitHub's ID token, or a service account's key, for tokens of Google Cloud.
//
// The exchange is that of https://docs.cloud.google.com/iam/docs/workload-identity-federation; the calls are
// https://docs.cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token and
// https://docs.cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts.
package google

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"google.golang.org/api/option"
	"google.golang.org/api/sts/v1"

	"gatepass/pkg/inputs"
	"gatepass/pkg/retry"
	"gatepass/pkg/secret"
)

const (
	userAgent = "gatepass"
	jwtType   = "urn:ietf:params:oauth:token-type:jwt"
)

// Token is a token and when it expires; the zero value is for none.
type Token struct {
	Value  secret.String
	Expiry time.Time // zero where Google does not say
}

// Tokens are what a sign-in gives. Those that were not asked for are empty.
type Tokens struct {
	// Auth is the federated token, which lives for as long as GitHub's, about five minutes, or what a key has signed for itself.
	Auth        Token
	AccessToken Token
	IDToken     Token
}

// Client signs in to Google Cloud.
type Client struct {
	HTTP  *http.Client // Required.
	Retry retry.Policy // The zero value tries once.
	// Mask is given every secret before it is used. Required.
	Mask func(...secret.String)
	// Now is the clock. Required.
	Now func() time.Time
}

// IDToken fetches the token that is exchanged.
type IDToken func(context.Context) (secret.String, error)

// SignIn gives the token of a provider or of a key, and the service account's token that the inputs ask for. Google's refusal is a
// *[Refusal].
func (c Client) SignIn(ctx context.Context, in inputs.Google, idToken IDToken) (tokens Tokens, err error) {
	if in.Key != nil {
		c.Mask(in.Key.Secrets...)
		tokens.Auth, err = c.signForItself(in)
	} else {
		tokens.Auth, err = c.exchange(ctx, in, idToken)
	}
	if err != nil {
		return Tokens{}, err
	}
	switch {
	case in.TokenFormat == inputs.AccessTokenFormat && in.AccessToken.Subject != "":
		tokens.AccessToken, err = c.delegated(ctx, in, tokens.Auth)
	case in.TokenFormat == inputs.AccessTokenFormat:
		tokens.AccessToken, err = c.accessToken(ctx, in, tokens.Auth)
	case in.TokenFormat == inputs.IDTokenFormat:
		tokens.IDToken, err = c.idToken(ctx, in, tokens.Auth)
	}
	if err != nil {
		return Tokens{}, err
	}
	return tokens, nil
}

func (c Client) exchange(ctx context.Context, in inputs.Google, idToken IDToken) (Token, error) {
	subject, err := idToken(ctx)
	if err != nil {
		return Token{}, err
	}
	service, err := sts.NewService(ctx, c.options(in.STS)...)
	if err != nil {
		return Token{}, err
	}
	service.UserAgent = userAgent
	exchange := service.V1.Token(&sts.GoogleIdentityStsV1ExchangeTokenRequest{
		Audience:           resource(in),
		GrantType:          "urn:ietf:params:oauth:grant-type:token-exchange",
		RequestedTokenType: "urn:ietf:params:oauth:token-type:access_token",
		Scope:              in.WWW.String() + "/auth/cloud-platform", // what a token may really do is for IAM to say
		SubjectTokenType:   jwtType,
		SubjectToken:       subject.Reveal(),
	}).Context(ctx)
	setReason(exchange.Header(), in)
	answer, err := call(ctx, c, googleSTS, exchange.Do)
	if err != nil {
		return Token{}, err
	}
	return c.keep(googleSTS, answer.AccessToken, c.Now().Add(time.Duration(answer.ExpiresIn)*time.Second))
}

// setReason has Google's audit logs say why: https://docs.cloud.google.com/apis/docs/system-parameters
func setReason(header http.Header, in inputs.Google) {
	if in.RequestReason != "" {
		header.Set("X-Goog-Request-Reason", in.RequestReason)
	}
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

// keep makes a secret of an API's token and masks it. A token goes into outputs, so it must be one word.
func (c Client) keep(api, token string, expiry time.Time) (Token, error) {
	kept := secret.New(token)
	c.Mask(kept)
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r > unicode.MaxASCII || r <= ' ' }) {
		return Token{}, notGoogle(api)
	}
	return Token{kept, expiry}, nil
}

// resource is the full resource name of a provider, which Google's STS knows it by.
func resource(in inputs.Google) string { return "//" + in.IAM.Host + "/" + in.Provider }
