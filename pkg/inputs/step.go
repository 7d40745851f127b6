package inputs

import (
	"time"

	"gatepass/pkg/httpclient"
)

// attempts is 1 where retries are disabled.
func (r *reader) attempts() int {
	const usual, most = 12, 100
	attempts := r.number("retry-max-attempts", usual, 1, most)
	if r.awsBoolean("disable-retry") {
		return 1
	}
	return attempts
}

func (r *reader) timeout() time.Duration {
	const week = 7 * 24 * 60 * 60
	return time.Duration(r.number("action-timeout-s", 0, 0, week)) * time.Second
}

func (r *reader) explain() Explain {
	const input = "explain"
	when := Explain(r.textOr(input, string(OnFailure)))
	if when != OnFailure && when != Always && when != Never {
		r.fault(input, "%s is not a time to explain; use failure, always or never", quote(string(when)))
	}
	return when
}

// proxy is that of the environment, unless an input says otherwise.
func (r *reader) proxy() (proxy, given httpclient.Proxy) {
	address := r.text("http-proxy")
	given = httpclient.Proxy{HTTP: address, HTTPS: address, Not: httpclient.Hosts(r.raw("no-proxy"))}
	proxy = given.Over(httpclient.ProxyFromEnvironment(func(name string) string { value, _ := r.lookup(name); return value }))
	if err := given.Check(); err != nil {
		r.fault("http-proxy", "%v", err)
	} else if err := proxy.Check(); err != nil {
		r.fault("environment variable HTTPS_PROXY or HTTP_PROXY", "%v", err)
	}
	return proxy, given
}
