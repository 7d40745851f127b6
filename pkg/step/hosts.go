package step

import (
	"context"
	"net/url"

	"gatepass/pkg/aws"
	"gatepass/pkg/inputs"
)

// hosts are the addresses that GitHub's token will be exchanged at, each as often as there are requests to it at the same time. The
// connections to them are opened while GitHub makes the token: a name and the handshakes of TCP and TLS take three round trips or more.
func (p plan) hosts(ctx context.Context) []*url.URL {
	var hosts []*url.URL
	if p.AWS != nil && !p.AWS.WebIdentity {
		signIns := p.AWS.SignIns()
		for _, in := range signIns[:min(len(signIns), atOnce)] {
			if endpoint, err := aws.Endpoint(ctx, in); err == nil && in.Source == inputs.FromGitHub {
				hosts = append(hosts, endpoint)
			}
		}
	}
	if p.Google != nil && p.Google.Key == nil {
		hosts = append(hosts, p.Google.STS)
		if p.Google.TokenFormat != "" {
			hosts = append(hosts, p.Google.IAMCredentials)
		}
	}
	return hosts
}
