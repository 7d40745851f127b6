// Package httpclient makes the one HTTP client of a run and says which addresses it may be pointed at.
package httpclient

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"

	"gatepass/pkg/secret"
)

// maxBody is the number of bytes of an answer that are read. The largest right answer, a token, has about 12 KiB.
const maxBody = 1 << 20

// Proxy says through which proxy requests go.
type Proxy struct {
	HTTP, HTTPS string // the address of the proxy for plain and for encrypted requests; empty for none
	Not         string // hosts that are reached without it, by commas: names, .suffixes, IP addresses, CIDR, each with :port or without, or *
}

// ProxyFromEnvironment reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in upper or lower case. As with the AWS action, HTTP_PROXY alone is the
// proxy of encrypted requests, too.
func ProxyFromEnvironment(getenv func(string) string) Proxy {
	either := func(upper, lower string) string { return cmp.Or(getenv(upper), getenv(lower)) }
	plain := either("HTTP_PROXY", "http_proxy")
	return Proxy{plain, cmp.Or(either("HTTPS_PROXY", "https_proxy"), plain), Hosts(either("NO_PROXY", "no_proxy"))}
}

// Hosts separates the hosts of a list by commas. In it they may be separated by blanks.
func Hosts(list string) string {
	return strings.Join(strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) }), ",")
}

// Over is p, and where it says nothing, other.
func (p Proxy) Over(other Proxy) Proxy {
	return Proxy{cmp.Or(p.HTTP, other.HTTP), cmp.Or(p.HTTPS, other.HTTPS), cmp.Or(p.Not, other.Not)}
}

// parseProxy reads an address, which needs no scheme.
func parseProxy(address string) (*url.URL, error) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, errors.New("is not the address of a proxy; one looks like http://proxy.example:3128")
	}
	return u, nil
}

// Check says what is wrong with the addresses. They may hold a password, so none is shown.
func (p Proxy) Check() error {
	for _, address := range []string{p.HTTP, p.HTTPS} {
		if address == "" {
			continue
		}
		if _, err := parseProxy(address); err != nil {
			return err
		}
	}
	return nil
}

// Secrets are the passwords in the addresses, as they are and as they are written.
func (p Proxy) Secrets() []secret.String {
	var secrets []secret.String
	for _, address := range []string{p.HTTP, p.HTTPS} {
		u, err := parseProxy(address)
		if err != nil || u.User == nil {
			continue
		}
		password, _ := u.User.Password()
		_, written, _ := strings.Cut(address, "://")
		written, _, _ = strings.Cut(cmp.Or(written, address), "@")
		_, written, _ = strings.Cut(written, ":")
		secrets = append(secrets, secret.New(password), secret.New(written))
	}
	return secrets
}

// For returns the proxy for an address, or nil for none.
func (p Proxy) For(address *url.URL) (*url.URL, error) {
	return (&httpproxy.Config{HTTPProxy: p.HTTP, HTTPSProxy: p.HTTPS, NoProxy: p.Not}).ProxyFunc()(address)
}

// Dial opens a connection, as [net.Dialer.DialContext] does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// New makes a client that follows no redirect, as a token must not travel to a host that nobody named, and that bounds the time and the
// size of every answer. Its connections are opened by dial, or over the network where that is nil. From then on, this process trusts the
// built-in authorities where the machine has none, whichever client it uses.
func New(p Proxy, dial Dial) *http.Client {
	trustAuthorities()
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return &http.Client{
		Transport: whole{&http.Transport{
			Proxy: func(r *http.Request) (*url.URL, error) { return p.For(r.URL) },
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
				defer cancel()
				return dial.withPreconnections(ctx, network, address)
			},
			TLSHandshakeTimeout:   5 * time.Second,
			ResponseHeaderTimeout: 10 * time.Second,
			MaxIdleConnsPerHost:   16, // as many as roles are assumed at the same time
			Protocols:             http1(),
		}},
		Timeout: 15 * time.Second,
	}
}

// http1 is the one protocol of all requests. A step has one or two of them for each service, for which HTTP/2 has nothing to offer, and
// .ci/program leaves its code out of what is released.
func http1() *http.Protocols {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return protocols
}

// What an answer of a service is not.
var (
	errRedirect = errors.New("is a redirect, which is not followed")
	errTooLarge = fmt.Errorf("is larger than %d bytes", maxBody)
)

// whole reads an answer to its end before it hands it on. So one that breaks off, that takes too long or that is too large is none, whoever
// reads it: the clouds' libraries say of half an answer that it cannot be decoded, as they do of an answer that is not the service's. A
// redirect is none either, as AWS's library would hand it on as an answer.
type whole struct{ http.RoundTripper }

func (w whole) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := w.RoundTripper.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, err
	case response.StatusCode/100 == 3:
		return nil, errRedirect
	case len(body) > maxBody:
		return nil, errTooLarge
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// ParseURL parses an address that tokens are sent to. It must be https; plain http is for a server on this machine or its private
// network, such as the sandbox: localhost, a private IP address, or a name without a dot, as services of a job have it.
func ParseURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, errors.New("is not a URL")
	case u.User != nil:
		return nil, errors.New("holds a user name; leave it out")
	case !hostForm.MatchString(u.Host):
		return nil, errors.New("names a host with other characters than letters, digits, dots, hyphens and underscores")
	case u.Fragment != "":
		return nil, errors.New("holds a fragment; leave it out")
	case u.Scheme == "https", u.Scheme == "http" && isNear(u.Hostname()):
		return u, nil
	}
	return nil, errors.New("must start with https://; http:// is for localhost, private IP addresses and names without a dot")
}

// hostForm is a name or an IP address, and maybe a port. url.Parse takes also what a shell makes commands of.
var hostForm = regexp.MustCompile(`^[A-Za-z0-9._:\[\]-]+$`)

func isNear(host string) bool {
	address, err := netip.ParseAddr(host)
	if err != nil {
		return !strings.Contains(host, ".")
	}
	return address.IsLoopback() || address.IsPrivate()
}
