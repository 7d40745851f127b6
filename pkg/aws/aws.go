// Package aws exchanges GitHub's ID token for a session of an AWS role.
//
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
package aws

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithy "github.com/aws/smithy-go/middleware"

	"gatepass/pkg/inputs"
	"gatepass/pkg/secret"
)

// Credentials are those of a role's session.
type Credentials struct {
	AccessKeyID     secret.String
	SecretAccessKey secret.String
	SessionToken    secret.String
	Expiration      time.Time

	AccountID string // 12 digits
	ARN       string // arn:aws:sts::<account>:assumed-role/<role>/<session>
}

// Client signs in to AWS.
type Client struct {
	HTTP *http.Client // Required.
	// Mask is given every secret before it is used. Required.
	Mask func(...secret.String)
}

// SignIn assumes a role with an ID token. Throttling, faults of the network and of the server are retried; AWS's refusal is a *[Refusal].
func (c Client) SignIn(ctx context.Context, in inputs.AWS, idToken secret.String) (Credentials, error) {
	output, err := c.sts(in, nil).AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn:          &in.RoleARN,
		RoleSessionName:  &in.SessionName,
		WebIdentityToken: awssdk.String(idToken.Reveal()),
		DurationSeconds:  awssdk.Int32(int32(in.Duration / time.Second)), //nolint:gosec // inputs bounds it to 12 hours
	})
	if err != nil {
		return Credentials{}, explain(err)
	}
	if output.Credentials == nil {
		return Credentials{}, errNotSTS
	}
	credentials := Credentials{
		AccessKeyID:     secret.New(awssdk.ToString(output.Credentials.AccessKeyId)),
		SecretAccessKey: secret.New(awssdk.ToString(output.Credentials.SecretAccessKey)),
		SessionToken:    secret.New(awssdk.ToString(output.Credentials.SessionToken)),
		Expiration:      awssdk.ToTime(output.Credentials.Expiration),
	}
	c.Mask(credentials.SecretAccessKey, credentials.SessionToken, credentials.AccessKeyID)
	if credentials.AccessKeyID.IsEmpty() || credentials.SecretAccessKey.IsEmpty() || credentials.SessionToken.IsEmpty() {
		return Credentials{}, errNotSTS
	}
	if output.AssumedRoleUser != nil {
		credentials.ARN = awssdk.ToString(output.AssumedRoleUser.Arn)
	}
	if credentials.ARN == "" { // some servers with the API of STS leave it out
		if credentials.ARN, err = c.callerARN(ctx, in, credentials); err != nil {
			return Credentials{}, err
		}
	}
	if credentials.AccountID, err = accountOf(credentials.ARN); err != nil {
		return Credentials{}, err
	}
	return credentials, nil
}

// sts makes a client of the SDK. Without credentials its requests are not signed. It reads no file and no variable of the machine.
func (c Client) sts(in inputs.AWS, credentials awssdk.CredentialsProvider) *sts.Client {
	options := sts.Options{
		Region:      in.Region,
		HTTPClient:  c.HTTP,
		Credentials: credentials,
		Retryer:     retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 5, 4*time.Second }),
		APIOptions:  []func(*smithy.Stack) error{middleware.AddUserAgentKey("gatepass")},
	}
	if in.Endpoint != nil {
		options.BaseEndpoint = awssdk.String(in.Endpoint.String())
	}
	return sts.New(options)
}

func (c Client) callerARN(ctx context.Context, in inputs.AWS, credentials Credentials) (string, error) {
	provider := awssdk.CredentialsProviderFunc(func(context.Context) (awssdk.Credentials, error) {
		return awssdk.Credentials{
			AccessKeyID:     credentials.AccessKeyID.Reveal(),
			SecretAccessKey: credentials.SecretAccessKey.Reveal(),
			SessionToken:    credentials.SessionToken.Reveal(),
		}, nil
	})
	identity, err := c.sts(in, provider).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", fmt.Errorf("look up the session's ARN: %w", explain(err))
	}
	return awssdk.ToString(identity.Arn), nil
}

// accountOf takes the account out of an ARN, which goes into outputs and so must be no more than an ARN.
func accountOf(arn string) (string, error) {
	parts := strings.Split(arn, ":")
	if len(parts) != 6 || parts[0] != "arn" || len(parts[4]) != 12 || strings.Trim(parts[4], "0123456789") != "" || strings.ContainsAny(arn, " \t\r\n") {
		return "", errNotSTS
	}
	return parts[4], nil
}

var errNotSTS = errors.New("the answer is not one of AWS STS; a proxy or the endpoint may be wrong")
