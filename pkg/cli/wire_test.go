package cli_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gatepass/pkg/cli"
	"gatepass/pkg/httpclient"
	"gatepass/pkg/sandbox"
	"gatepass/pkg/sandbox/wire"
)

// serveOnWire gives each service of a sandbox a host of its own, which takes some time for a request, and returns the variables that say
// where they are.
func serveOnWire(t *testing.T, n *wire.Network, clouds *sandbox.Sandbox, latency time.Duration) map[string]string {
	t.Helper()
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-time.After(latency)
		clouds.ServeHTTP(w, r)
	})}
	t.Cleanup(func() {
		_ = server.Close()
		synctest.Wait()
	})
	hosts := map[string]string{
		"ACTIONS_ID_TOKEN_REQUEST_URL":         "github",
		"AWS_ENDPOINT_URL_STS":                 "aws-sts",
		"GHA_ENDPOINT_OVERRIDE_sts":            "google-sts",
		"GHA_ENDPOINT_OVERRIDE_iamcredentials": "google-iam",
	}
	env := map[string]string{}
	for _, v := range clouds.Environment("http://sandbox") {
		env[v.Name] = v.Value
		if host := hosts[v.Name]; host != "" {
			env[v.Name] = strings.Replace(v.Value, "http://sandbox", "http://"+host, 1)
			listener := n.Listen(host + ":80")
			go func() { _ = server.Serve(listener) }()
		}
	}
	return env
}

// runOver is run, with connections that dial opens; nil is the network.
func runOver(ctx context.Context, dial httpclient.Dial, env map[string]string, args ...string) (log string, code int) {
	var out bytes.Buffer
	lookup := func(name string) (string, bool) { value, ok := env[name]; return value, ok }
	code = cli.Action{Stdout: &out, Lookup: lookup, WorkDir: env["GITHUB_WORKSPACE"], Dial: dial}.Main(ctx, args)
	return out.String(), code
}

// toBothClouds are the inputs of a sign-in to both clouds that gets an access token, too.
func toBothClouds() map[string]string {
	return map[string]string{
		"aws-region":                 "eu-central-1",
		"role-to-assume":             "arn:aws:iam::123456789012:role/deploy",
		"workload_identity_provider": "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo",
		"service_account":            "deploy@my-project.iam.gserviceaccount.com",
		"token_format":               "access_token",
	}
}
