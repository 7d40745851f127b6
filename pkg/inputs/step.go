package inputs

import (
	"strings"
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
func (r *reader) proxy() httpclient.Proxy {
	proxy := httpclient.ProxyFromEnvironment(func(name string) string { value, _ := r.lookup(name); return value })
	if address := r.text("http-proxy"); address != "" {
		proxy.HTTP, proxy.HTTPS = address, address
	}
	if hosts := r.raw("no-proxy"); hosts != "" {
		proxy.Not = hosts
	}
	proxy.Not = strings.Join(strings.FieldsFunc(proxy.Not, func(c rune) bool { return strings.ContainsRune(", \t\r\n", c) }), ",")
	if err := proxy.Check(); err != nil {
		r.fault("http-proxy", "%v", err)
	}
	return proxy
}
