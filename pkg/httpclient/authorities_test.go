package httpclient_test

import (
	"crypto/x509"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"gatepass/pkg/httpclient"
)

// The image holds no file with certificates, and the variables of a runner may name one that the image does not have. The program trusts
// the authorities of AWS and Google all the same.
func TestTrustsTheAuthoritiesOfTheClouds(t *testing.T) {
	const none = "/no/such/file"
	if os.Getenv("SSL_CERT_FILE") != none { //nolint:forbidigo // a process reads its certificates once
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.count", "1")
		again.Env = []string{"SSL_CERT_FILE=" + none, "SSL_CERT_DIR=" + none}
		if log, err := again.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, log)
		}
		return
	}
	httpclient.New(httpclient.Proxy{}, nil)
	trusted := map[string]bool{}
	for root := range bundle.Roots() {
		certificate, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := certificate.Verify(x509.VerifyOptions{}); err == nil {
			trusted[certificate.Subject.CommonName] = true
		}
	}
	for _, authority := range []string{"Amazon Root CA 1", "GTS Root R1"} {
		if !trusted[authority] {
			t.Errorf("%s is not trusted", authority)
		}
	}
}
