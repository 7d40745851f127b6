package cli_test

import (
	"crypto/tls"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gatepass/pkg/cli"
	"gatepass/pkg/sandbox/job"
)

// The program's own process shakes hands with the clouds before GitHub gives it a token: GitHub gives none here before it has.
func TestTheCloudsAreCalledWhileGitHubMakesTheToken(t *testing.T) {
	t.Parallel()
	clouds, _ := newClouds(t)
	greeted := map[string]chan bool{}
	for _, h := range []hop{toSTS, toGoogle, toIAM} {
		greeted[h.variable] = make(chan bool)
	}
	github := encrypted(t, nil, func(w http.ResponseWriter, r *http.Request) {
		for variable, handshake := range greeted {
			select {
			case <-handshake:
			case <-r.Context().Done(): // the program does not wait any longer
				t.Errorf("%s: there was no handshake before the token", variable)
				return
			}
		}
		clouds.ServeHTTP(w, r)
	})
	j, err := job.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range clouds.Environment(github.URL) {
		j.Env[v.Name] = v.Value
		if handshake := greeted[v.Name]; handshake != nil {
			server := encrypted(t, sync.OnceFunc(func() { close(handshake) }), clouds.ServeHTTP)
			j.Env[v.Name] = strings.Replace(v.Value, github.URL, server.URL, 1)
		}
	}
	trust(t, j, github)
	env, err := j.Step("sign-in", with(toBothClouds(), "disable-retry", "true")).Begin()
	if err != nil {
		t.Fatal(err)
	}
	if log, code := output(t, commandOf(t.Context(), j, env, cli.SignIn)); code != 0 {
		t.Errorf("got exit code %d: %s", code, log)
	}
}

// encrypted serves HTTPS, and tells of each handshake.
func encrypted(t testing.TB, greet func(), h http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS13, VerifyConnection: func(tls.ConnectionState) error {
		if greet != nil {
			greet()
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
