//go:build e2e

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
			if err := os.WriteFile(file, authority, 0o600); err != nil {
				t.Fatal(err)
			}
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
func newSecureWorld(t *testing.T) (w world, authority []byte) {
	t.Helper()
	s, err := sandbox.New(sandbox.DefaultConfig(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(s)
	_ = server.Listener.Close()
	server.Listener = listen(t)
	certificate := newCertificate(t, server.Listener.Addr().(*net.TCPAddr).IP)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return world{s, server.URL}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
}

// newCertificate makes a certificate of a host that is its own authority.
func newCertificate(t *testing.T, host net.IP) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	content, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{content}, PrivateKey: key}
}
