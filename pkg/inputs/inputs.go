// Package inputs reads the inputs of action.yml from the environment, where the runner puts them, and checks every one of them before
// the first request is made. The values it returns can be used as they are.
package inputs

import (
	"errors"
	"net/url"
	"time"

	"gatepass/pkg/httpclient"
	"gatepass/pkg/secret"
)

// Lookup reads an environment variable and tells whether it is set.
type Lookup func(name string) (value string, ok bool)

// Inputs are what a step asks for. A cloud that it does not sign in to is nil. There is a cloud or a TokenAudience.
type Inputs struct {
	AWS    *AWS
	Google *Google
	// TokenAudience is the audience of a token of GitHub's that the step outputs as it is; empty for none.
	TokenAudience string

	Attempts int              // how many times a request is made that fails for a passing reason, at the most
	Timeout  time.Duration    // of the whole step; 0 for none
	Proxy    httpclient.Proxy // of all requests
	Explain  Explain
	// GivenProxy is what inputs say of the proxy. The rest of Proxy is of the environment.
	GivenProxy httpclient.Proxy

	NeedsIDToken bool // GitHub is asked for a token

	// MaskedAccounts are the accounts of AWS in the inputs that mask-aws-account-id hides. They are there with an error, too, which may show
	// them.
	MaskedAccounts []secret.String
}

// Explain says when a step tells what a cloud's answer means.
type Explain string

// The times, as the input spells them.
const (
	OnFailure Explain = "failure"
	Always    Explain = "always"
	Never     Explain = "never"
)

// Google asks for a federated token of a workload identity provider, and for what is made from it.
type Google struct {
	// Either a provider or a key.
	Provider string // projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>
	Audience string // the aud of GitHub's ID token
	Key      *ServiceAccountKey

	ServiceAccount string   // e-mail address or unique ID; empty for direct federation
	Delegates      []string // projects/-/serviceAccounts/<account>, from the one that may be impersonated to the one before ServiceAccount
	ProjectID      string   // empty where it is not known
	Universe       string   // googleapis.com but for Google's clouds of others
	RequestReason  string   // for Google's audit logs

	TokenFormat TokenFormat
	AccessToken AccessToken
	IDToken     IDToken

	CreateCredentialsFile bool
	ExportEnvironment     bool
	Cleanup               bool // remove the credentials file when the job ends
	InWorkspace           bool // write the credentials file to the checkout

	STS            *url.URL // without /v1
	IAMCredentials *url.URL // without /v1
	OAuth2         *url.URL
	IAM            *url.URL // without /v1; its host is in the provider's full name
	WWW            *url.URL // what the names of scopes begin with

	ProviderFile string // what the provider is like, as gcloud describes it; empty where the step does not tell
}

// TokenFormat says which token a Google sign-in outputs.
type TokenFormat string

// The formats, as the input spells them.
const (
	NoToken           TokenFormat = ""
	AccessTokenFormat TokenFormat = "access_token"
	IDTokenFormat     TokenFormat = "id_token"
)

// AccessToken is what an access token is asked for with.
type AccessToken struct {
	Lifetime      time.Duration // 1 second to 12 hours; 0 for Google's default of 1 hour
	LifetimeGiven bool          // and not just the input's default
	Scopes        []string
	Subject       string // the user to be, by domain-wide delegation; empty for the service account itself
}

// IDToken is what an ID token is asked for with.
type IDToken struct {
	Audience     string
	IncludeEmail bool
}

// Parse reads all inputs. Its error joins every fault, each a [Fault] that names the input as the workflow spells it; with an error there
// is no cloud in the inputs.
func Parse(lookup Lookup) (Inputs, error) {
	r := &reader{lookup: lookup}
	wantAWS, wantGoogle := r.given(onAWS), r.given(onGoogle)
	// AWS_REGION is no such sign: it is there after any sign-in to AWS. A step for Google whose inputs are empty must not pass for AWS, nor
	// one for GitHub's token alone.
	if role, _ := r.lookup("ROLE_TO_ASSUME"); !wantGoogle && r.raw("oidc-token-audience") == "" && role != "" {
		wantAWS = true
	}
	r.forAWS = wantAWS
	in := Inputs{TokenAudience: r.text("oidc-token-audience"), Attempts: r.attempts(), Timeout: r.timeout(), Explain: r.explain()}
	in.Proxy, in.GivenProxy = r.proxy()

	switch {
	case !wantAWS && !wantGoogle && in.TokenAudience == "" && len(r.faults) == 0:
		return in, errors.New("nothing to sign in to: set role-to-assume and aws-region for AWS, workload_identity_provider for Google Cloud, oidc-token-audience for GitHub's token itself, or all of them. An expression such as ${{ secrets.ROLE }} is empty where the secret does not exist, as in runs from forks and of Dependabot")
	case wantAWS && wantGoogle && r.text("audience") != "":
		r.fault("audience", "is given in a step for both clouds, which need different ones; leave it out, or use one step for each cloud")
	case !wantAWS && !wantGoogle && r.text("audience") != "":
		r.fault("audience", "is for a sign-in to a cloud, and the step has none; leave it out, as the output's audience is oidc-token-audience")
	}
	if wantAWS {
		in.AWS = r.aws()
		in.MaskedAccounts = r.maskedAccounts()
	}
	if wantGoogle {
		in.Google = r.google()
	}
	in.NeedsIDToken = in.AWS != nil && (in.AWS.Source == FromGitHub || in.AWS.Roles != nil) ||
		in.Google != nil && r.raw("credentials_json") == "" || in.TokenAudience != ""
	err := r.err()
	if err != nil {
		in.AWS, in.Google = nil, nil
	}
	return in, err
}
