package aws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyerror "github.com/aws/smithy-go"
	smithy "github.com/aws/smithy-go/middleware"

	"gatepass/pkg/inputs"
	"gatepass/pkg/retry"
	"gatepass/pkg/secret"
	"gatepass/pkg/untrusted"
)

// sts makes a client of the SDK. Without credentials its requests are not signed. It reads no credentials of the machine, and tries once:
// call decides what is worth another try.
func (c Client) sts(in inputs.AWS, signer Credentials) *sts.Client {
	options := sts.Options{Region: in.Region, HTTPClient: patient{c.HTTP}, Retryer: awssdk.NopRetryer{}}
	if !signer.AccessKeyID.IsEmpty() {
		options.Credentials = awssdk.CredentialsProviderFunc(func(context.Context) (awssdk.Credentials, error) {
			return awssdk.Credentials{
				AccessKeyID:     signer.AccessKeyID.Reveal(),
				SecretAccessKey: signer.SecretAccessKey.Reveal(),
				SessionToken:    signer.SessionToken.Reveal(),
			}, nil
		})
	}
	options.APIOptions = []func(*smithy.Stack) error{middleware.AddUserAgentKey("gatepass")}
	for _, part := range c.UserAgent {
		options.APIOptions = append(options.APIOptions, middleware.AddSDKAgentKeyValue(middleware.AdditionalMetadata, part[0], part[1]))
	}
	switch {
	case in.Endpoint != nil:
		options.BaseEndpoint = awssdk.String(in.Endpoint.String())
	case in.FIPS:
		options.EndpointOptions.UseFIPSEndpoint = awssdk.FIPSEndpointStateEnabled
	}
	return sts.New(options)
}

// patient lets the SDK close a request's body as soon as there is an answer, which it does while net/http may still look for the body's
// end. Then the SDK's own io.WriterTo says io.EOF, which for that interface is a fault, and net/http closes the connection before the
// answer is read. A reader says io.EOF, too, and means the end.
// https://github.com/aws/smithy-go/blob/v1.28.8/transport/http/internal/io/safe.go
type patient struct{ *http.Client }

func (p patient) Do(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		request.Body = struct{ io.ReadCloser }{request.Body}
	}
	return p.Client.Do(request) //nolint:gosec // the address is that of the inputs, which have checked it
}

// Endpoint is where the requests of a sign-in go.
func Endpoint(ctx context.Context, in inputs.AWS) (*url.URL, error) {
	if in.Endpoint != nil {
		return in.Endpoint, nil
	}
	region := sts.EndpointParameters{Region: &in.Region, UseFIPS: &in.FIPS}.WithDefaults()
	endpoint, err := sts.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, region)
	return &endpoint.URI, err
}

// call makes a call, and makes it again after a fault that may pass.
func (c Client) call(ctx context.Context, do func(context.Context) error) error {
	return retry.Do(ctx, c.Retry, func(ctx context.Context) error { return c.explain(do(ctx)) })
}

// ErrNoCredentials says that the job has no credentials of its own.
var ErrNoCredentials = errors.New("the job has no AWS credentials of its own, neither in its environment nor in a profile nor of its machine's role, and the step gives none: role-to-assume with GitHub's token, or aws-access-key-id")

var errNotFetched = errors.New("the job's own AWS credentials cannot be fetched: its environment or its profile names a file, a program or a service for them, and this action's container starts no program and sees no files but the checkout and the runner's temporary folder; let a step before this one fetch them, or sign in with GitHub's token")

// fromJob finds the job's own credentials where every SDK of AWS looks for them: variables, profiles, the role of the container or of the
// machine. https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
func (c Client) fromJob(ctx context.Context, in inputs.AWS) (Credentials, error) {
	if in.ForgetCurrent { // by the SDK, which reads the process's own environment
		for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_SESSION_TOKEN"} {
			if err := os.Unsetenv(name); err != nil {
				return Credentials{}, err
			}
		}
	}
	loaded, err := config.LoadDefaultConfig(ctx, config.WithRegion(in.Region), config.WithEC2RoleCredentialOptions(quickly))
	var missing config.SharedConfigProfileNotExistError
	switch {
	case errors.As(err, &missing):
		return Credentials{}, fmt.Errorf("AWS_PROFILE names the profile %q, which is in no file that this action's container sees", untrusted.Line(missing.Profile))
	case err != nil: // the SDK may quote the files, which hold keys
		return Credentials{}, errors.New("the job's AWS files, or AWS's variables in its environment, cannot be read")
	}
	found, err := loaded.Credentials.Retrieve(ctx)
	var refusal smithyerror.APIError
	switch {
	case errors.As(err, &refusal): // what AWS said, but nothing else: a helper program's output may hold keys
		return Credentials{}, c.explain(err)
	case err != nil && awssdk.IsCredentialsProvider(loaded.Credentials, (*ec2rolecreds.Provider)(nil)): // the last that the SDK tries, unasked
		return Credentials{}, ErrNoCredentials
	case err != nil:
		return Credentials{}, errNotFetched
	}
	credentials := Credentials{
		AccessKeyID:     secret.New(found.AccessKeyID),
		SecretAccessKey: secret.New(found.SecretAccessKey),
		SessionToken:    secret.New(found.SessionToken),
		FromJob:         true,
	}
	if found.CanExpire {
		credentials.Expiration = found.Expires
	}
	c.Mask(credentials.SecretAccessKey, credentials.SessionToken, credentials.AccessKeyID)
	return credentials, nil
}

// quickly asks the machine's metadata service once: it answers within milliseconds or is not there.
func quickly(o *ec2rolecreds.Options) {
	o.Client = imds.New(imds.Options{Retryer: awssdk.NopRetryer{}, HTTPClient: &http.Client{Timeout: time.Second}})
}

// UserAgent names the run in AWS CloudTrail, as far as its parts are words.
func UserAgent(getenv func(string) string) [][2]string {
	var parts [][2]string
	for _, part := range [][2]string{{"action", "GITHUB_ACTION"}, {"run_id", "GITHUB_RUN_ID"}, {"attempt", "GITHUB_RUN_ATTEMPT"}} {
		value := getenv(part[1])
		if value != "" && strings.Trim(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == "" {
			parts = append(parts, [2]string{part[0], value})
		}
	}
	return parts
}
