package awstrust

import (
	"slices"
	"strings"
)

// Providers are the ARNs of the OIDC providers that the policy names for an issuer, which is a URL without https://. What has a wildcard
// is no ARN.
func (p *Policy) Providers(issuer string) (arns []string) {
	for _, s := range p.statements {
		for _, name := range s.principal.names {
			isOne := name.kind == kindFederated && strings.HasSuffix(name.text, ":oidc-provider/"+issuer) && !name.hasWildcard()
			if isOne && !slices.Contains(arns, name.text) {
				arns = append(arns, name.text)
			}
		}
	}
	return arns
}
