// Package aws signs in to AWS: with GitHub's ID token, with another one, with access keys, or with what the job has already.
//
// https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html describes the calls.
package aws

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"gatepass/pkg/httpclient"
	"gatepass/pkg/inputs"
	"gatepass/pkg/retry"
	"gatepass/pkg/secret"
)

// Credentials are an access key and whose it is.
type Credentials struct {
	AccessKeyID     secret.String
	SecretAccessKey secret.String
	SessionToken    secret.String // empty for a long-lived key
	Expiration      time.Time     // zero for a long-lived key

	AccountID string // 12 digits
	ARN       string // of a role's session: arn:aws:sts::<account>:assumed-role/<role>/<session>

	// FromJob says that the job has these credentials already.
	FromJob bool
}

// Keys are the credentials as those that another sign-in starts with.
func (credentials Credentials) Keys() inputs.AWSKeys {
	return inputs.AWSKeys{AccessKeyID: credentials.AccessKeyID, SecretAccessKey: credentials.SecretAccessKey, SessionToken: credentials.SessionToken}
}

// Client signs in to AWS.
type Client struct {
	HTTP  *http.Client // Required.
	Retry retry.Policy // The zero value tries once.
	// Mask is given every secret before it is used. Required.
	Mask func(...secret.String)
	// Info is told what a reader of the log has to know. Required.
	Info func(format string, values ...any)
	// Now is the clock. Required.
	Now func() time.Time
	// UserAgent is added to the SDK's, a name and a value each. AWS CloudTrail shows it.
	UserAgent [][2]string
}

// IDToken fetches the token that a role is assumed with.
type IDToken func(context.Context) (secret.String, error)

// SignIn gives the credentials that a step asks for. AWS's refusal is a *[Refusal].
func (c Client) SignIn(ctx context.Context, in inputs.AWS, idToken IDToken) (Credentials, error) {
	if in.KeepExisting {
		existing, err := c.existing(ctx, in)
		c.maskCaller(in, err)
		switch {
		case err == nil:
			return c.allowed(in, existing)
		case isOpen(err):
			return Credentials{}, err
		}
		c.Info("AWS: the job's own credentials do not work, so it is signed in anew: %v", err)
	}
	credentials, err := c.obtain(ctx, in, idToken)
	c.maskCaller(in, err)
	if err != nil {
		return Credentials{}, err
	}
	return c.allowed(in, credentials)
}

// isOpen tells whether AWS has not said if credentials work.
func isOpen(err error) bool {
	var refusal *Refusal
	var unreached *httpclient.UnreachedError
	var garbled *httpclient.GarbledError
	return errors.As(err, &refusal) && refusal.mayPass() || errors.As(err, &unreached) || errors.As(err, &garbled)
}

// existing are the job's own credentials, if they work.
func (c Client) existing(ctx context.Context, in inputs.AWS) (Credentials, error) {
	credentials, err := c.fromJob(ctx, in)
	if err != nil {
		return Credentials{}, err
	}
	return c.identify(ctx, in, credentials)
}

func (c Client) obtain(ctx context.Context, in inputs.AWS, idToken IDToken) (Credentials, error) {
	if !in.WithoutSpecialCharacters || in.Role == nil { // of an access key there is no other one
		return c.obtainOnce(ctx, in, idToken)
	}
	// About one in four secrets has no special character, so that one of this many has none but once in 30,000 times.
	const tries = 32
	for range tries {
		credentials, err := c.obtainOnce(ctx, in, idToken)
		if err != nil || !hasSpecialCharacter(credentials) {
			return credentials, err
		}
	}
	return Credentials{}, fmt.Errorf("special-characters-workaround: %d sessions in a row had keys with special characters", tries)
}

func hasSpecialCharacter(credentials Credentials) bool {
	return strings.ContainsFunc(credentials.AccessKeyID.Reveal()+credentials.SecretAccessKey.Reveal(), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
}

func (c Client) obtainOnce(ctx context.Context, in inputs.AWS, idToken IDToken) (Credentials, error) {
	switch in.Source {
	case inputs.FromGitHub, inputs.FromTokenFile:
		return c.assumeWithToken(ctx, in, idToken)
	case inputs.FromKeys, inputs.FromProfile, inputs.FromJob:
	}
	source, err := c.source(ctx, in)
	if err != nil {
		return Credentials{}, err
	}
	if in.Role == nil {
		return c.identify(ctx, in, source)
	}
	return c.assume(ctx, in, source)
}

// source are the credentials that the sign-in starts with.
func (c Client) source(ctx context.Context, in inputs.AWS) (Credentials, error) {
	if in.Source == inputs.FromJob {
		return c.fromJob(ctx, in)
	}
	c.Mask(in.Keys.SecretAccessKey, in.Keys.SessionToken, in.Keys.AccessKeyID)
	return Credentials{AccessKeyID: in.Keys.AccessKeyID, SecretAccessKey: in.Keys.SecretAccessKey, SessionToken: in.Keys.SessionToken}, nil
}

// maskCaller masks the accounts in a refusal, if that is wanted. AWS names there who has asked, which nobody has said before.
func (c Client) maskCaller(in inputs.AWS, err error) {
	var refusal *Refusal
	if !in.MaskAccountID || !errors.As(err, &refusal) {
		return
	}
	c.Mask(inputs.AccountsIn(refusal.Message)...)
}

// allowed masks the account, if that is wanted, and holds credentials back if they are of an account that the step does not allow.
func (c Client) allowed(in inputs.AWS, credentials Credentials) (Credentials, error) {
	if in.MaskAccountID {
		c.Mask(secret.New(credentials.AccountID), secret.New(credentials.ARN))
	}
	if len(in.AllowedAccounts) == 0 || slices.Contains(in.AllowedAccounts, credentials.AccountID) {
		return credentials, nil
	}
	return Credentials{}, fmt.Errorf("allowed-account-ids: the credentials are of account %s, which is not among %s", credentials.AccountID, strings.Join(in.AllowedAccounts, ", "))
}
