package httpclient

import (
	"crypto/x509"
	"sync"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// trustAuthorities has this process trust Mozilla's authorities, at a version that go.sum pins, where the machine has none: the image holds
// no file with certificates, and later steps start the program in containers that may hold none, for aws-refresh. Those of the machine, or
// of the file that SSL_CERT_FILE names, come first.
//
// Reading them takes 2 ms. The package above bundle does the same, but whenever a program starts, and a sign-out needs no authority.
var trustAuthorities = sync.OnceFunc(func() {
	authorities := x509.NewCertPool()
	for root := range bundle.Roots() {
		certificate, err := x509.ParseCertificate(root.Certificate)
		switch {
		case err != nil: // of what is built in, and tested
			panic(err)
		case root.Constraint == nil:
			authorities.AddCert(certificate)
		default:
			authorities.AddCertWithConstraint(certificate, root.Constraint)
		}
	}
	x509.SetFallbackRoots(authorities)
})
