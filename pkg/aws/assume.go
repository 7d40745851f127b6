package aws

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"gatepass/pkg/inputs"
	"gatepass/pkg/secret"
)

// assumeWithToken calls AssumeRoleWithWebIdentity. It takes neither tags nor an external ID; the token tells who asks.
func (c Client) assumeWithToken(ctx context.Context, in inputs.AWS, idToken IDToken) (Credentials, error) {
	token, err := idToken(ctx)
	if err != nil {
		return Credentials{}, err
	}
	role := in.Role
	request := &sts.AssumeRoleWithWebIdentityInput{
		RoleArn:          &role.ARN,
		RoleSessionName:  &role.SessionName,
		WebIdentityToken: awssdk.String(token.Reveal()),
		DurationSeconds:  seconds(role.Duration),
		Policy:           optional(role.Policy),
		PolicyArns:       policies(role.PolicyARNs),
	}
	var answer *sts.AssumeRoleWithWebIdentityOutput
	err = c.call(ctx, func(ctx context.Context) (err error) {
		answer, err = c.sts(in, Credentials{}).AssumeRoleWithWebIdentity(ctx, request)
		if err == nil && answer.Credentials == nil {
			return errNotSTS
		}
		return err
	})
	if err != nil {
		return Credentials{}, err
	}
	return c.session(ctx, in, answer.Credentials, answer.AssumedRoleUser)
}

// assume calls AssumeRole, signed by source.
func (c Client) assume(ctx context.Context, in inputs.AWS, source Credentials) (Credentials, error) {
	arn, err := c.roleARN(ctx, in, source)
	if err != nil {
		return Credentials{}, err
	}
	role := in.Role
	request := &sts.AssumeRoleInput{
		RoleArn:           &arn,
		RoleSessionName:   &role.SessionName,
		DurationSeconds:   seconds(role.Duration),
		ExternalId:        optional(role.ExternalID),
		Policy:            optional(role.Policy),
		PolicyArns:        policies(role.PolicyARNs),
		Tags:              tags(role.Tags),
		TransitiveTagKeys: role.TransitiveTagKeys,
	}
	answer, err := c.assumeRole(ctx, in, source, request)
	var refusal *Refusal
	if errors.As(err, &refusal) && refusal.Code == "PackedPolicyTooLarge" && hasDroppable(role.Tags) {
		c.Info("AWS: the session's tags are too large; asking again without those that only describe the run")
		withoutDroppable(request, role.Tags)
		answer, err = c.assumeRole(ctx, in, source, request)
	}
	if err != nil {
		return Credentials{}, err
	}
	return c.session(ctx, in, answer.Credentials, answer.AssumedRoleUser)
}

func (c Client) assumeRole(ctx context.Context, in inputs.AWS, source Credentials, request *sts.AssumeRoleInput) (answer *sts.AssumeRoleOutput, err error) {
	client := c.sts(in, source)
	err = c.call(ctx, func(ctx context.Context) (err error) {
		answer, err = client.AssumeRole(ctx, request)
		if err == nil && answer.Credentials == nil {
			return errNotSTS
		}
		return err
	})
	return answer, err
}

// roleARN completes a role's name with the account and the partition of the credentials that ask for it.
func (c Client) roleARN(ctx context.Context, in inputs.AWS, source Credentials) (string, error) {
	if strings.HasPrefix(in.Role.ARN, "arn:") {
		return in.Role.ARN, nil
	}
	known, err := c.identify(ctx, in, source)
	if err != nil {
		return "", fmt.Errorf("look up the account of role %s: %w", in.Role.ARN, err)
	}
	partition := strings.Split(known.ARN, ":")[1]
	return fmt.Sprintf("arn:%s:iam::%s:role/%s", partition, known.AccountID, strings.TrimPrefix(in.Role.ARN, "/")), nil
}

// session makes credentials of an answer. Some servers with the API of STS leave the session's ARN out.
func (c Client) session(ctx context.Context, in inputs.AWS, got *types.Credentials, user *types.AssumedRoleUser) (Credentials, error) {
	credentials := Credentials{
		AccessKeyID:     secret.New(awssdk.ToString(got.AccessKeyId)),
		SecretAccessKey: secret.New(awssdk.ToString(got.SecretAccessKey)),
		SessionToken:    secret.New(awssdk.ToString(got.SessionToken)),
		Expiration:      awssdk.ToTime(got.Expiration),
	}
	c.Mask(credentials.SecretAccessKey, credentials.SessionToken, credentials.AccessKeyID)
	if !isWord(credentials.AccessKeyID) || !isWord(credentials.SecretAccessKey) || !isWord(credentials.SessionToken) || credentials.Expiration.IsZero() {
		return Credentials{}, errNotSTS
	}
	var err error
	if user == nil || awssdk.ToString(user.Arn) == "" {
		credentials, err = c.identify(ctx, in, credentials)
	} else {
		credentials, err = credentials.of(*user.Arn)
	}
	if err == nil && strings.HasPrefix(in.Role.ARN, "arn:") && !strings.Contains(in.Role.ARN, "::"+credentials.AccountID+":") {
		return Credentials{}, errNotSTS // another account than the one that was asked for
	}
	return credentials, err
}

// isWord tells whether a secret can be what AWS hands out: it goes into variables and files.
func isWord(s secret.String) bool {
	return !s.IsEmpty() && !strings.ContainsFunc(s.Reveal(), notPrintable)
}

// identify asks AWS whose credentials these are.
func (c Client) identify(ctx context.Context, in inputs.AWS, credentials Credentials) (Credentials, error) {
	client := c.sts(in, credentials)
	var answer *sts.GetCallerIdentityOutput
	err := c.call(ctx, func(ctx context.Context) (err error) {
		answer, err = client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		return err
	})
	if err != nil {
		return Credentials{}, err
	}
	return credentials.of(awssdk.ToString(answer.Arn))
}

// of completes credentials with their ARN, which goes into outputs and so must be no more than an ARN.
func (credentials Credentials) of(arn string) (Credentials, error) {
	const longest = 2048
	parts := strings.SplitN(arn, ":", 6)
	if len(arn) > longest || len(parts) != 6 || parts[0] != "arn" || len(parts[4]) != 12 || strings.Trim(parts[4], "0123456789") != "" || strings.ContainsFunc(arn, notPrintable) {
		return Credentials{}, errNotSTS
	}
	credentials.ARN, credentials.AccountID = arn, parts[4]
	return credentials, nil
}

func notPrintable(r rune) bool { return r <= ' ' || r > '~' }

func seconds(d time.Duration) *int32 {
	return awssdk.Int32(int32(d / time.Second)) //nolint:gosec // inputs bounds it to 12 hours
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func policies(arns []string) []types.PolicyDescriptorType {
	var all []types.PolicyDescriptorType
	for _, arn := range arns {
		all = append(all, types.PolicyDescriptorType{Arn: &arn})
	}
	return all
}
