package inputs

import (
	"slices"
	"strings"

	"gatepass/pkg/httpclient"
	"gatepass/pkg/secret"
)

// refresh checks that there is something that can be renewed. GitHub gives ID tokens as long as the job runs; what else a step can start
// with, it has once.
func (r *reader) refresh(in *AWS) {
	const input = "aws-refresh"
	var others []string
	for _, other := range []string{"aws-access-key-id", "web-identity-token-file"} {
		if r.text(other) != "" {
			others = append(others, r.called(other))
		}
	}
	for _, other := range []string{"role-chaining", "force-skip-oidc", "use-existing-credentials"} {
		if r.awsBoolean(other) {
			others = append(others, r.called(other))
		}
	}
	switch {
	case len(others) > 0:
		r.fault(input, "renews a role that is assumed with GitHub's ID token, and nothing else; leave out %s", strings.Join(others, ", "))
	case in.Role == nil:
		r.fault("role-to-assume", "is missing; aws-refresh needs the role to assume")
	}
	if in.Profile == "" && !in.ExportEnvironment {
		r.fault("aws-profile", "is missing; with aws-refresh and without output-env-credentials, it is the name by which a step finds the credentials")
	}
}

// refreshProxy checks that what renews credentials can be told the proxy.
func (r *reader) refreshProxy() {
	given := httpclient.Proxy{HTTP: r.text("http-proxy")}
	if slices.ContainsFunc(given.Secrets(), func(s secret.String) bool { return !s.IsEmpty() }) {
		r.fault("http-proxy", "holds a password, and aws-refresh would have to keep it in a file; set HTTPS_PROXY for the job in its place")
	}
}
