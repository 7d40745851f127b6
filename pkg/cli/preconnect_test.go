package cli_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gatepass/pkg/cli"
	"gatepass/pkg/sandbox/job"
)

// The program's own process shakes hands with the clouds before GitHub gives it a token: GitHub gives none here before it has.
func TestTheCloudsAreCalledWhileGitHubMakesTheToken(t *testing.T) {
	t.Parallel()
	clouds, _ := newClouds(t)
	greeted := map[string]chan bool{
		"AWS_ENDPOINT_URL_STS": make(chan bool, 9), "GHA_ENDPOINT_OVERRIDE_sts": make(chan bool, 9), "GHA_ENDPOINT_OVERRIDE_iamcredentials": make(chan bool, 9),
	}
	allGreeted := sync.OnceValue(func() bool {
		for variable, handshakes := range greeted {
			select {
			case <-handshakes:
			case <-time.After(5 * time.Second): // so that the test ends where there is no handshake
				t.Errorf("%s: there was no handshake before the token", variable)
				return false
			}
		}
		return true
	})
	github := encrypted(t, nil, func(w http.ResponseWriter, r *http.Request) {
		if allGreeted() {
			clouds.ServeHTTP(w, r)
		}
	})
	j, err := job.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range clouds.Environment(github.URL) {
		j.Env[v.Name] = v.Value
		if handshakes := greeted[v.Name]; handshakes != nil {
			server := encrypted(t, handshakes, clouds.ServeHTTP)
			j.Env[v.Name] = strings.Replace(v.Value, github.URL, server.URL, 1)
		}
	}
	trust(t, j, github)
	if log, err := startStage(t.Context(), j, j.Step("sign-in", toBothClouds()), cli.SignIn); err != nil {
		t.Errorf("%v\n%s", err, log)
	}
}

// encrypted serves HTTPS, and tells of each handshake.
func encrypted(t testing.TB, handshakes chan<- bool, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS13, VerifyConnection: func(tls.ConnectionState) error {
		if handshakes != nil {
			handshakes <- true
		}
		return nil
	}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// trust has the programs of a job trust the certificate of a server, which is that of all servers of package httptest.
func trust(t testing.TB, j *job.Job, server *httptest.Server) {
	t.Helper()
	j.Env["SSL_CERT_FILE"] = filepath.Join(t.TempDir(), "certificate.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(j.Env["SSL_CERT_FILE"], certificate, 0o600); err != nil {
		t.Fatal(err)
	}
}

// startStage runs a stage as a process.
func startStage(ctx context.Context, j *job.Job, step *job.Step, stage string) (log []byte, err error) {
	env, err := step.Begin()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, stage)
	cmd.Dir = j.Workspace()
	cmd.Env = environ(env)
	return cmd.CombinedOutput()
}
