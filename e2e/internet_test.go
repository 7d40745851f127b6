//go:build e2e

package e2e

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatepass/pkg/sandbox"
)

// bucket is one that exists in S3.
const bucket = "octo-artifacts"

// region is that of the job's steps, the only one that versitygw takes signatures for.
const region = "us-east-1"

// The addresses at which others than the sandbox are served.
const stsAddress, s3Address = "192.0.2.11", "192.0.2.12"

// Where jobs ask for tokens. On GitHub there are many such names, for no reason that a job would see. Here each has tokens of its own kind.
const (
	tokens        = "pipelines.actions.githubusercontent.com"
	expiredTokens = "expired.actions.githubusercontent.com"
	foreignTokens = "foreign.actions.githubusercontent.com" // signed with a key that is not the issuer's
)

// realNames are those that a sign-in and the steps after it use.
var realNames = hosts{
	"192.0.2.10": {"token.actions.githubusercontent.com", tokens, expiredTokens, foreignTokens},
	stsAddress:   {"sts.amazonaws.com", "sts.us-east-1.amazonaws.com", "iam.amazonaws.com"},
	s3Address:    {"s3.us-east-1.amazonaws.com", bucket + ".s3.us-east-1.amazonaws.com"},
	"192.0.2.13": {"sts.googleapis.com", "iamcredentials.googleapis.com"},
}

// internet is a network with real names in it. GitHub is the sandbox, and so is Google, of which there is no other server to be had. AWS is
// whatever a test starts.
type internet struct {
	*network
	world   world
	foreign world       // of others
	past    atomic.Bool // the sandbox's clock is behind
}

func newInternet(t *testing.T) *internet {
	t.Helper()
	i := &internet{network: newNetwork(t, realNames)}
	i.world.Sandbox = newSandbox(t, i.now)
	i.foreign.Sandbox = newSandbox(t, time.Now)
	i.serve(t, "192.0.2.10", map[string]http.Handler{
		"token.actions.githubusercontent.com": below("/github", i.world),
		tokens:                                i.world,
		expiredTokens:                         http.HandlerFunc(i.serveExpired),
		foreignTokens:                         i.foreign,
	})
	i.serve(t, "192.0.2.13", map[string]http.Handler{
		"sts.googleapis.com":            below("/google/sts", i.world),
		"iamcredentials.googleapis.com": below("/google/iamcredentials", i.world),
	})
	return i
}

func newSandbox(t *testing.T, now func() time.Time) *sandbox.Sandbox {
	t.Helper()
	s, err := sandbox.New(sandbox.DefaultConfig(), sandbox.Options{Now: now, RequestToken: "the-jobs-request-token"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serve serves names of an address.
func (i *internet) serve(t *testing.T, address string, handlers map[string]http.Handler) {
	t.Helper()
	serveTLS(t, i.listen(t, address), i.authority.issue(t, i.hosts[address]...), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler, ok := handlers[r.Host]
		if !ok {
			handler = http.NotFoundHandler()
		}
		handler.ServeHTTP(w, r)
	}))
}

// below is the part of the sandbox that a service is, whose own paths it does not have in it.
func below(prefix string, s http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, prefix+"/") { // the discovery document's link to the keys has it already
			r.URL.Path = prefix + r.URL.Path
		}
		s.ServeHTTP(w, r)
	})
}

func (i *internet) now() time.Time {
	if i.past.Load() {
		return time.Now().Add(-time.Hour)
	}
	return time.Now()
}

// serveExpired answers with a token as GitHub has given it an hour ago.
func (i *internet) serveExpired(w http.ResponseWriter, r *http.Request) {
	i.past.Store(true)
	defer i.past.Store(false)
	i.world.ServeHTTP(w, r)
}

// permit gives the job what `permissions: id-token: write` gives it, and nothing else that would lead it here.
func (i *internet) permit(t *testing.T, m *machine, host string) {
	t.Helper()
	i.join(t, m)
	for _, variable := range i.world.Environment("https://" + host) {
		if strings.HasPrefix(variable.Name, "ACTIONS_ID_TOKEN_REQUEST_") {
			m.Env[variable.Name] = variable.Value
		}
	}
}
