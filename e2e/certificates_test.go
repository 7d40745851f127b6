//go:build e2e

package e2e

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatepass/pkg/sandbox"
)

// On a company's own runners, a proxy or GitHub itself may have a certificate of the company's authority. The image does not know it, and
// is told by the variables that Go programs, OpenSSL and many others read.
func TestTheAuthoritiesOfTheRunner(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env  map[string]string // values are paths in the workspace
		want string            // an error
	}{
		"the public ones alone": {nil, "certificate signed by unknown authority"},
		"a file with another":   {map[string]string{"SSL_CERT_FILE": "authorities/company.pem"}, ""},
		"a folder with another": {map[string]string{"SSL_CERT_DIR": "authorities"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, authority := newSecureWorld(t)
			m := newMachine(t)
			w.permit(m)
			file := filepath.Join(m.Workspace(), "authorities/company.pem")
			if err := os.Mkdir(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			writeFile(t, file, authority.pem())
			for variable, path := range test.env {
				m.Env[variable] = filepath.Join(m.Workspace(), path)
			}
			step := m.use(t, image(t, "release, buildkit"), "signin", toBothClouds())
			code, shown := step.main(t.Context(), t)
			if failed := test.want != ""; (code != 0) != failed || !strings.Contains(shown, test.want) {
				t.Errorf("got exit code %d and the log\n%s\nwant %q in it", code, shown, test.want)
			}
		})
	}
}

// newSecureWorld is a world behind TLS, with a certificate that only its own authority vouches for.
func newSecureWorld(t *testing.T) (world, *authority) {
	t.Helper()
	s, err := sandbox.New(sandbox.DefaultConfig(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, listener := newAuthority(t), listen(t)
	return world{s, serveTLS(t, listener, a.issue(t, listener.Addr().(*net.TCPAddr).IP.String()), s)}, a
}

// serveTLS serves until the test ends, and returns the server's URL. It tells nobody who does not trust the certificate.
func serveTLS(t *testing.T, listener net.Listener, certificate tls.Certificate, handler http.Handler) string {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	_ = server.Listener.Close()
	server.Listener = listener
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}
