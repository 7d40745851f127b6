package cli_test

import (
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gatepass/pkg/sandbox"
	"gatepass/pkg/sandbox/wire"
)

// clocks are those of a sign-in, of which one is wrong.
type clocks struct {
	name   string
	inputs string        // which of signIns
	clouds time.Duration // how far the clouds' clock is ahead of the runner's
	github time.Duration // and GitHub's
}

// signIns are ways to sign in. Only with keys does the runner date something.
var signIns = map[string]map[string]string{
	"GitHub's token, both clouds":         inputsFor(toSTS),
	"GitHub's token, AWS":                 inputsFor(toGitHub),
	"GitHub's token, Google Cloud":        {"workload_identity_provider": "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo"},
	"AWS access key and role":             with(with(with(toAWS("role-external-id", "octo-partner"), "aws-access-key-id", "AKIAIOSFODNN7EXAMPLE"), "aws-secret-access-key", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), "role-to-assume", "arn:aws:iam::123456789012:role/partner"),
	"key of a service account, and token": {"credentials_json": "the account's", "token_format": "access_token"},
}

var wrongClocks = []clocks{
	{"the runner's, 5 minutes ahead", "GitHub's token, both clouds", -5 * time.Minute, -5 * time.Minute},
	{"the runner's, 5 minutes behind", "GitHub's token, both clouds", 5 * time.Minute, 5 * time.Minute},
	{"the runner's, 5 minutes ahead", "AWS access key and role", -5 * time.Minute, 0},
	{"the runner's, 5 minutes behind", "AWS access key and role", 5 * time.Minute, 0},
	{"the runner's, 20 minutes ahead", "AWS access key and role", -20 * time.Minute, 0},
	{"the runner's, 20 minutes behind", "AWS access key and role", 20 * time.Minute, 0},
	{"the runner's, 5 minutes ahead", "key of a service account, and token", -5 * time.Minute, 0},
	{"the runner's, 5 minutes behind", "key of a service account, and token", 5 * time.Minute, 0},
	{"the cloud's, 5 minutes ahead of GitHub's", "GitHub's token, AWS", 5 * time.Minute, 0},
	{"the cloud's, 15 minutes ahead of GitHub's", "GitHub's token, AWS", 15 * time.Minute, 0},
	{"the cloud's, 5 minutes ahead of GitHub's", "GitHub's token, Google Cloud", 5 * time.Minute, 0},
	{"the cloud's, 15 minutes ahead of GitHub's", "GitHub's token, Google Cloud", 15 * time.Minute, 0},
	{"the cloud's, 5 minutes behind GitHub's", "GitHub's token, AWS", -5 * time.Minute, 0},
	{"the cloud's, 5 minutes behind GitHub's", "GitHub's token, Google Cloud", -5 * time.Minute, 0},
}

// A clock is wrong: the step signs in all the same, or says which one it is.
func TestClocks(t *testing.T) {
	t.Parallel()
	var rows []string
	for _, c := range wrongClocks {
		t.Run(c.name+", "+c.inputs, func(t *testing.T) {
			got := c.run(t)
			if got.code == 0 {
				rows = append(rows, cells(c.name, c.inputs, "signed in", ""))
				return
			}
			check(t, fault{}, got)
			_, explained, _ := strings.Cut(got.log, got.err+"\n\n")
			meaning, _, _ := strings.Cut(explained, "\n")
			rows = append(rows, cells(c.name, c.inputs, "fails at once", meaning))
		})
	}
	if len(rows) < len(wrongClocks) {
		return // -run has left some out
	}
	checkTable(t, "clocks", "| clock | signs in with | outcome | what the log says of it |\n", rows)
}

func (c clocks) run(t *testing.T) (got outcome) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		config := sandbox.DefaultConfig()
		config.Google.ServiceAccounts[0].Bindings["roles/iam.serviceAccountTokenCreator"] = []string{"serviceAccount:" + config.Google.ServiceAccounts[0].Email}
		var ahead atomic.Int64
		clouds, err := sandbox.New(config, sandbox.Options{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
		if err != nil {
			t.Fatal(err)
		}
		inputs := maps.Clone(signIns[c.inputs])
		if inputs["credentials_json"] != "" {
			key, err := clouds.ServiceAccountKey(config.Google.ServiceAccounts[0].Email)
			if err != nil {
				t.Fatal(err)
			}
			inputs["credentials_json"] = string(key)
		}
		network := &wire.Network{}
		p := &proxy{clouds: clouds, under: network.Dial}
		defer serve(network, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ahead.Store(int64(c.clouds))
			if strings.HasPrefix(r.URL.Path, toGitHub.path) {
				ahead.Store(int64(c.github))
			}
			w.Header().Set("Date", time.Now().Add(time.Duration(ahead.Load())).UTC().Format(http.TimeFormat))
			clouds.ServeHTTP(w, r)
		}))()
		got = p.signIn(t, inputs, onWire(clouds), p.inProcess(t))
	})
	return got
}
