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

// The program's own process shakes hands with the clouds before GitHub gives it a token, by the protocols that they speak: AWS STS by
// HTTP/1.1, Google by HTTP/2. GitHub gives none here before it has.
func TestTheCloudsAreCalledWhileGitHubMakesTheToken(t *testing.T) {
	t.Parallel()
	clouds, _ := newClouds(t)
	greeted := map[string]chan string{
		"AWS_ENDPOINT_URL_STS":                 make(chan string, 9),
		"GHA_ENDPOINT_OVERRIDE_sts":            make(chan string, 9),
		"GHA_ENDPOINT_OVERRIDE_iamcredentials": make(chan string, 9),
	}
	var protocols sync.Map
	allGreeted := sync.OnceValue(func() bool {
		for variable, handshakes := range greeted {
			select {
			case protocol := <-handshakes:
				protocols.Store(variable, protocol)
			case <-time.After(5 * time.Second): // so that the test ends where there is no handshake
				return false
			}
		}
		return true
	})
	github := encrypted(t, true, nil, func(w http.ResponseWriter, r *http.Request) {
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
			server := encrypted(t, strings.HasPrefix(v.Name, "GHA_"), handshakes, clouds.ServeHTTP)
			j.Env[v.Name] = strings.Replace(v.Value, github.URL, server.URL, 1)
		}
	}
	trust(t, j, github)
	if log, err := start(t.Context(), j, j.Step("sign-in", toBothClouds()), cli.SignIn); err != nil {
		t.Errorf("%v\n%s", err, log)
	}
	for variable, want := range map[string]string{"AWS_ENDPOINT_URL_STS": "http/1.1", "GHA_ENDPOINT_OVERRIDE_sts": "h2", "GHA_ENDPOINT_OVERRIDE_iamcredentials": "h2"} {
		if got, _ := protocols.Load(variable); got != want {
			t.Errorf("%s: before the token there was a handshake for %v, want %s", variable, got, want)
		}
	}
}

// encrypted serves HTTPS, and tells the protocol that each handshake agrees on.
func encrypted(t testing.TB, http2 bool, handshakes chan<- string, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.EnableHTTP2 = http2
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS13, VerifyConnection: func(state tls.ConnectionState) error {
		if handshakes != nil {
			handshakes <- state.NegotiatedProtocol
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

// start runs a stage as a process.
func start(ctx context.Context, j *job.Job, step *job.Step, stage string) (log []byte, err error) {
	env, err := step.Begin()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, stage)
	cmd.Dir = j.Workspace()
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd.CombinedOutput()
}
