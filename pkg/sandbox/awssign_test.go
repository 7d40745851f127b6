package sandbox_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"gatepass/pkg/sandbox"
)

// The access keys of testdata/accounts.yaml.
var (
	ciKey       = aws.Credentials{AccessKeyID: "AKIACI00000000000000", SecretAccessKey: strings.Repeat("cisecret", 5)}
	freeKey     = aws.Credentials{AccessKeyID: "AKIAFREE000000000000", SecretAccessKey: strings.Repeat("freesecret", 4)}
	untaggedKey = aws.Credentials{AccessKeyID: "AKIAUNTAGGED00000000", SecretAccessKey: strings.Repeat("untagged", 5)}
	cnKey       = aws.Credentials{AccessKeyID: "AKIACN00000000000000", SecretAccessKey: "cnsecret/cnsecret/cnsecret/cnsecret/cnse"}
	govKey      = aws.Credentials{AccessKeyID: "AKIAGOV0000000000000", SecretAccessKey: strings.Repeat("govsecret+", 4)}
)

// newAccounts serves the world of testdata/accounts.yaml.
func newAccounts(t *testing.T, change func(*sandbox.AWS), observe func(sandbox.Exchange)) fixture {
	t.Helper()
	config := readConfig(t, "testdata/accounts.yaml")
	if change != nil {
		change(&config.AWS)
	}
	return serve(t, config, observe)
}

// recorder keeps what a sandbox was asked.
type recorder struct {
	mu   sync.Mutex
	seen []sandbox.Exchange
}

func (r *recorder) observe(x sandbox.Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, x)
}

// take returns what was asked since the last time.
func (r *recorder) take() []sandbox.Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.seen
	r.seen = nil
	return seen
}

// clockedSigner is the SDK's signer with the fixture's clock.
type clockedSigner struct {
	signer *v4.Signer
	now    func() time.Time
}

func (s clockedSigner) SignHTTP(ctx context.Context, key aws.Credentials, r *http.Request, hash, service, region string, _ time.Time, options ...func(*v4.SignerOptions)) error {
	return s.signer.SignHTTP(ctx, key, r, hash, service, region, s.now(), options...)
}

// client returns the SDK's client of STS, which tries once.
func (f fixture) client(region string, key aws.Credentials) *sts.Client {
	return sts.New(sts.Options{
		Region:       region,
		BaseEndpoint: aws.String(f.url + "/aws"),
		Credentials:  aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return key, nil }),
		HTTPSignerV4: clockedSigner{v4.NewSigner(), f.now},
		Retryer:      aws.NopRetryer{},
	})
}

// clientRefusal returns the refusal in an error of the SDK's client.
func clientRefusal(t *testing.T, err error) refusal {
	t.Helper()
	if err == nil {
		return refusal{}
	}
	var api smithy.APIError
	var answer *awshttp.ResponseError
	if !errors.As(err, &api) || !errors.As(err, &answer) {
		t.Fatal(err)
	}
	return refusal{answer.HTTPStatusCode(), api.ErrorCode(), api.ErrorMessage()}
}

// signedForm sends a form signed by the SDK's signer, for eu-central-1 if no region is given.
func (f fixture) signedForm(t *testing.T, key aws.Credentials, region string, form url.Values) response {
	t.Helper()
	if region == "" {
		region = "eu-central-1"
	}
	r := f.request(t, form)
	sign(t, key, r, form.Encode(), "sts", region, f.now())
	return send(t, r)
}

func (f fixture) request(t *testing.T, form url.Values) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", f.url+"/aws/", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return r
}

func sign(t *testing.T, key aws.Credentials, r *http.Request, body, service, region string, at time.Time) {
	t.Helper()
	hash := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(t.Context(), key, r, hex.EncodeToString(hash[:]), service, region, at); err != nil {
		t.Fatal(err)
	}
}

// federated returns the credentials of a session of role/federated that a web identity token opened.
func (f fixture) federated(t *testing.T, sessionName string, policies ...string) aws.Credentials {
	t.Helper()
	form := webIdentityForm("arn:aws:iam::111111111111:role/federated", f.idToken(t, "sts.amazonaws.com"))
	form.Set("RoleSessionName", sessionName)
	for _, policy := range policies {
		form.Set("Policy", policy)
	}
	session, refused := f.assumeForm(t, form)
	if refused != (refusal{}) {
		t.Fatal(refused)
	}
	return aws.Credentials{AccessKeyID: session.AccessKeyID, SecretAccessKey: session.SecretAccessKey, SessionToken: session.SessionToken}
}
