package explain

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"gatepass/pkg/quote"
)

// googleNetworkCauses are those for which there is no answer of Google's, or none that says anything about this job. Google's services are
// asked at different hosts, which share the universe's domain.
var googleNetworkCauses = []cause{
	{"google-quota", where(anyGoogle, func(c Case) bool { return c.Refusal.Status == http.StatusTooManyRequests }), func(c Case) Explanation {
		limit := "60,000 credentials a minute" // https://docs.cloud.google.com/iam/quotas
		if c.Refusal.Service == GoogleSTS {
			limit = "6,000 exchanges a minute"
		}
		return Explanation{
			Meaning: fmt.Sprintf("Too many requests reach %s at once from your project, which may make %s. The step has waited and tried again until its attempts were used up.", c.Refusal.Service, limit),
			Fix:     "Let fewer jobs start at the same moment (strategy: max-parallel), or give the step more attempts than the usual 12:",
			Paste:   []string{input("retry-max-attempts", "20")},
		}
	}},
	{"google-unavailable", where(anyGoogle, func(c Case) bool { return c.Refusal.Status >= http.StatusInternalServerError }), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("%s has a fault of its own, however often the step asked. It is nothing about this job.", c.Refusal.Service),
			Fix:     "Run the job again later; https://status.cloud.google.com tells when Google has repaired it.",
		}
	}},
	{"google-proxy-password", where(anyGoogle, proxyWantsPassword), func(c Case) Explanation {
		return proxyPassword("." + c.Google.Universe)
	}},
	{"google-endpoint-unknown", where(anyGoogle, func(c Case) bool { return c.isUnreached("no such host") && c.isElsewhere() }), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The runner finds no host %s, which %s.", c.googleHost(), c.whyElsewhere()),
			Fix:     "Correct that, or leave it out.",
		}
	}},
	{"google-name-service", where(anyGoogle, func(c Case) bool { return c.isUnreached("no such host") }), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The runner does not find the host %s, which exists: its name service does not know the internet, or is not allowed to.", c.googleHost()),
			Fix:     "Let the runner resolve the name; this must print an address there. If the internet is behind a proxy, set http-proxy.",
			Paste:   []string{quote.Command("getent", "hosts", c.googleHost())},
		}
	}},
	{"google-certificate", where(anyGoogle, func(c Case) bool { return c.isUnreached("certificate") }), func(c Case) Explanation {
		return c.certificate(c.googleHost())
	}},
	{"google-unreached", where(anyGoogle, func(c Case) bool { return c.isUnreached("") }), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The runner cannot talk to %s, however often it tried. A firewall or a proxy may be in between.", c.googleHost()),
			Fix:     "Let the runner reach it, or set http-proxy to the proxy; this must print a status there:",
			Paste:   []string{curl("--head", c.googleURL()) + " | head -1"},
		}
	}},
	{"google-proxy", where(anyGoogle, isForeignAnswer), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("Something else than Google has answered for %s: a proxy, a sign-in page of the network, or a service with another API.", c.googleHost()),
			Fix:     "See who answers there, from the runner, and correct http-proxy, no-proxy, or the variables GHA_ENDPOINT_OVERRIDE_….",
			Paste:   []string{curl("--include", c.googleURL())},
		}
	}},
}

// anyGoogle fits what any service of Google's says, or does not.
func anyGoogle(c Case) odds {
	switch c.Refusal.Service {
	case GoogleSTS, IAMCredentials, GoogleOAuth:
		return certain
	}
	return no
}

func (c Case) isUnreached(why string) bool {
	return c.Refusal.Code == Unreached && strings.Contains(c.Refusal.Message, why)
}

// isForeignAnswer tells what a proxy or another page says from what a service says: it is HTML, or of no form that the client knows.
func isForeignAnswer(c Case) bool {
	return c.Refusal.Code == NotItsAnswer || strings.HasPrefix(strings.TrimSpace(c.Refusal.Message), "<") ||
		c.Refusal.Code == "" && c.Refusal.Status >= http.StatusMultipleChoices && c.Refusal.Service != GitHub
}

// googleHost is the host that was asked.
func (c Case) googleHost() string { return c.googleEndpoint().Host }

// googleURL is where it was asked, without a path.
func (c Case) googleURL() string { return c.googleEndpoint().Scheme + "://" + c.googleHost() }

func (c Case) googleEndpoint() *url.URL {
	switch c.Refusal.Service {
	case GoogleSTS:
		return c.Google.STS
	case GoogleOAuth:
		return c.Google.OAuth2
	}
	return c.Google.IAMCredentials
}

// isElsewhere tells whether the step was told to ask another host than Google's own.
func (c Case) isElsewhere() bool { return !strings.HasSuffix(c.googleHost(), ".googleapis.com") }

func (c Case) whyElsewhere() string {
	if strings.HasSuffix(c.googleHost(), "."+c.Google.Universe) {
		return "the input universe makes of " + c.Google.Universe
	}
	return "the environment variable GHA_ENDPOINT_OVERRIDE_" + map[string]string{GoogleSTS: "sts", GoogleOAuth: "oauth2", IAMCredentials: "iamcredentials"}[c.Refusal.Service] + " names"
}

// proxyWantsPassword is so for status 407 (RFC 9110, section 15.5.8), which for encrypted requests is an error of the connection.
func proxyWantsPassword(c Case) bool {
	return c.Refusal.Status == http.StatusProxyAuthRequired || c.isUnreached("Proxy Authentication Required")
}

func proxyPassword(domain string) Explanation {
	return Explanation{
		Meaning: "The proxy of the runner wants a user name and a password.",
		Fix:     "Give them in http-proxy, as in the first line, out of a secret. Or, if the runner may go without the proxy, name the service in no-proxy, as in the second.",
		Paste:   []string{input("http-proxy", "http://USER:${{ secrets.PROXY_PASSWORD }}@proxy.example:3128"), input("no-proxy", domain)},
	}
}
