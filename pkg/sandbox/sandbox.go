// Package sandbox plays the services that a sign-in from GitHub Actions talks
// to: GitHub's OIDC issuer, AWS STS, and Google's STS, IAM Credentials API and
// OAuth token endpoint. It is one http.Handler without a network behind it.
//
// Nothing in it says yes by default. What exists is what a [Config] names, and
// every token is verified as the cloud verifies it: by go-oidc, with the keys
// that the issuer's discovery document leads to, never with the code or the
// variable that signed it. What is refused is refused in the cloud's order and
// with the cloud's own status, code and text.
//
// The texts are those that the clouds' documentation and users' reports quote.
// Where nobody has quoted one, a comment says so.
package sandbox

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options are what a sandbox needs besides what exists in it.
type Options struct {
	// Now is the clock of every service. Defaults to time.Now.
	Now func() time.Time
	// Observe is called once per request, after it was answered, possibly
	// concurrently. Optional.
	Observe func(Exchange)
	// RequestToken is the bearer token of GitHub's token endpoint. Defaults to
	// a random one.
	RequestToken string
}

// Exchange is one request to the sandbox and how it was answered. It holds no
// secret: to AWS an external ID is none.
type Exchange struct {
	Service    string     // who was asked: "GitHub", "AWS STS", "Google STS", "Google IAM Credentials", "Google OAuth"
	Call       string     // what for, such as "ID token", "AssumeRoleWithWebIdentity" or "generateAccessToken"
	Detail     string     // what it was about: the audience, role, provider or service account
	Caller     string     // AWS STS: the ARN of who signed the request; empty if nobody did, or not rightly
	Parameters url.Values // AWS and Google: the request's parameters or fields as they were sent, but for secrets
	Reason     string     // Google: the request's reason, X-Goog-Request-Reason
	UserAgent  string     // what the client says that it is
	Status     int        // the HTTP status
	Refusal    string     // empty when granted; otherwise "code: message", as the cloud said it
}

// Variable is an environment variable.
type Variable struct{ Name, Value string }

// Sandbox is an http.Handler in which exactly what its Config names exists.
type Sandbox struct {
	config       Config
	now          func() time.Time
	requestToken string
	issued       *ledger
	throttle     *tokenBucket // AWS STS
	awsFaults    *faultPlan
	googleFaults *faultPlan
	handler      http.Handler

	githubKey lazyKey
	googleKey lazyKey
	github    *tokenVerifier      // of GitHub's tokens, as the clouds see them
	accounts  map[string]*account // Google's service accounts by e-mail
}

// New returns a sandbox in which exactly what config names exists. The sandbox
// owns config from then on.
func New(config Config, options Options) (*Sandbox, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	s := &Sandbox{
		config:       config,
		now:          options.Now,
		requestToken: cmp.Or(options.RequestToken, randomText(40)),
		issued:       newLedger(),
		throttle:     &tokenBucket{perSecond: config.AWS.Throttle.PerSecond},
		awsFaults:    newFaultPlan(config.AWS.Faults),
		googleFaults: newFaultPlan(config.Google.Faults),
		githubKey:    newLazyKey(),
		googleKey:    newLazyKey(),
		accounts:     map[string]*account{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.issued.secret(s.requestToken)
	for _, user := range config.AWS.Users {
		s.issued.addCaller(user.AccessKeyID, newUser(user))
	}

	observe := options.Observe
	if observe == nil {
		observe = func(Exchange) {}
	}
	s.handler = s.routes(observe)
	// The clouds fetch the issuers' keys from the same routes. Those requests
	// are the sandbox's own, so that no one observes them.
	clouds := &http.Client{Transport: inProcess{s.routes(func(Exchange) {})}}
	var err error
	if s.github, err = discover(clouds, "http://sandbox/github", config.GitHub.issuer()); err != nil {
		return nil, err
	}
	for _, configured := range config.Google.ServiceAccounts {
		if s.accounts[configured.Email], err = newAccount(configured, clouds); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// ServeHTTP answers one request.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Secrets returns every secret issued so far, the request token, the users'
// access keys, and the JWTs by which a service account's key signed in, so that
// a test can search output for them.
func (s *Sandbox) Secrets() []string { return s.issued.all() }

// Environment returns what points an action, an SDK or act at the sandbox
// served at base, such as "http://127.0.0.1:8484".
func (s *Sandbox) Environment(base string) []Variable {
	base = strings.TrimSuffix(base, "/")
	return []Variable{
		{"ACTIONS_ID_TOKEN_REQUEST_URL", base + "/github/idtoken?api-version=2.0"},
		{"ACTIONS_ID_TOKEN_REQUEST_TOKEN", s.requestToken},
		{"AWS_ENDPOINT_URL_STS", base + "/aws"},
		{"GHA_ENDPOINT_OVERRIDE_sts", base + "/google/sts/v1"},
		{"GHA_ENDPOINT_OVERRIDE_iamcredentials", base + "/google/iamcredentials/v1"},
		{"GHA_ENDPOINT_OVERRIDE_oauth2", base + "/google/oauth2"},
	}
}

func (s *Sandbox) routes(observe func(Exchange)) http.Handler {
	mux := http.NewServeMux()
	serve := func(pattern string, service service, call string, answer answerer) {
		mux.Handle(pattern, endpoint{service, call, answer, observe})
	}
	github := service{"GitHub", writeGitHub}
	serve("GET /github/idtoken", github, "ID token", s.idToken)
	serve("GET /github/.well-known/openid-configuration", github, "discovery", s.discovery)
	serve("GET /github/.well-known/jwks", github, "keys", publish(s.githubKey))

	// SDKs join a base URL's path and "/" in both ways.
	aws := service{"AWS STS", s.writeAWS}
	serve("POST /aws", aws, "", s.aws)
	serve("POST /aws/{$}", aws, "", s.aws)

	sts := service{"Google STS", writeOAuth}
	serve("POST /google/sts/v1/token", sts, "token", s.exchangeToken)

	iam := service{"Google IAM Credentials", writeGoogleAPI}
	serve("POST /google/iamcredentials/v1/projects/{project}/serviceAccounts/{call}", iam, "", s.iamCredentials)

	oauth := service{"Google OAuth", writeOAuth}
	serve("POST /google/oauth2/token", oauth, "token", s.oauthToken)
	serve("GET /google/oauth2/certs", oauth, "keys", publish(s.googleKey))
	serve("GET /google/oauth2/keys/{email}", oauth, "keys", s.accountKeys)

	serve("/", service{"sandbox", writeGitHub}, "", nothing)
	return mux
}
