package explain

import (
	"fmt"
	"strings"
)

// certificate explains an error of Go's about the certificate of a host: https://pkg.go.dev/crypto/x509#Certificate.Verify
func (c Case) certificate(host string) Explanation {
	switch says := c.Refusal.Message; {
	case strings.Contains(says, "has expired or is not yet valid"):
		return Explanation{
			Meaning: fmt.Sprintf("The certificate that %s has shown is over, or not valid yet, by the runner's clock, which may be wrong.", host),
			Fix:     "Compare the clock with the time of the error, and have the runner's machine set its clock (NTP). If it is right, renew the certificate, which is that of a proxy or of your own network.",
			Paste:   []string{"date --utc"},
		}
	case strings.Contains(says, "certificate is valid for"), strings.Contains(says, "certificate is not valid for any names"), strings.Contains(says, "cannot validate certificate for"):
		return Explanation{
			Meaning: fmt.Sprintf("Who has answered for %s shows the certificate of another host, so the step has sent it nothing.", host),
			Fix:     "A proxy, a sign-in page of the network or a wrong entry of the name service may be in between: correct http-proxy or no-proxy, or have the runner resolve the name as the rest of the internet does.",
		}
	}
	// The image has the public certificate authorities alone; Go reads others from SSL_CERT_FILE:
	// https://pkg.go.dev/crypto/x509#SystemCertPool
	return Explanation{
		Meaning: fmt.Sprintf("The certificate that %s has shown is by an authority that is not known to this action: that of a proxy which reads along, or of your own network.", host),
		Fix:     "Put the authority's certificate (PEM) into a file of the workspace, and name it in the step's env, as the action's container sees it:",
		Paste:   []string{input("SSL_CERT_FILE", "/github/workspace/ca.pem")},
	}
}
