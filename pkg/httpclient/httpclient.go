// Package httpclient makes the one HTTP client of a run and says which addresses it may be pointed at.
package httpclient

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// MaxBody is the number of bytes of an answer that are read. The largest right answer, a token, has about 12 KiB.
const MaxBody = 1 << 20

// New makes a client that uses the proxy of the HTTPS_PROXY, HTTP_PROXY and NO_PROXY variables, in upper or lower case, follows no
// redirect, as a token must not travel to a host that nobody named, and bounds the time and the size of every answer.
func New(getenv func(string) string) *http.Client {
	either := func(upper, lower string) string {
		if value := getenv(upper); value != "" {
			return value
		}
		return getenv(lower)
	}
	proxy := (&httpproxy.Config{
		HTTPProxy:  either("HTTP_PROXY", "http_proxy"),
		HTTPSProxy: either("HTTPS_PROXY", "https_proxy"),
		NoProxy:    either("NO_PROXY", "no_proxy"),
	}).ProxyFunc()
	return &http.Client{
		Transport: bounded{&http.Transport{
			Proxy:                 func(r *http.Request) (*url.URL, error) { return proxy(r.URL) },
			DialContext:           (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSHandshakeTimeout:   5 * time.Second,
			ResponseHeaderTimeout: 10 * time.Second,
			ForceAttemptHTTP2:     true,
		}},
		Timeout:       15 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("a redirect is not followed") },
	}
}

// bounded ends the reading of a body after MaxBody bytes with an error.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	response.Body = http.MaxBytesReader(nil, response.Body, MaxBody)
	return response, nil
}

// ParseURL parses an address that tokens are sent to. It must be https; plain http is for a server on this machine or its private
// network, such as the sandbox, and needs its IP address or localhost for a host.
func ParseURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return nil, errors.New("is not a URL")
	case u.User != nil:
		return nil, errors.New("holds a user name; leave it out")
	case u.Fragment != "":
		return nil, errors.New("holds a fragment; leave it out")
	case u.Scheme == "https", u.Scheme == "http" && isNear(u.Hostname()):
		return u, nil
	}
	return nil, errors.New("must start with https://; http:// is for localhost and private IP addresses only")
}

func isNear(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && (address.IsLoopback() || address.IsPrivate())
}

// Fault says what was wrong with a call that got no answer, without the address, whose query and path are not for a log.
func Fault(err error) error {
	var u *url.Error
	if !errors.As(err, &u) {
		return err
	}
	if u.Timeout() {
		return errors.New("no answer in time")
	}
	return u.Err
}

// ReadAll reads the body of an answer.
func ReadAll(body io.Reader) ([]byte, error) {
	content, err := io.ReadAll(body)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, fmt.Errorf("the answer is larger than %d bytes", large.Limit)
	}
	return content, err
}
