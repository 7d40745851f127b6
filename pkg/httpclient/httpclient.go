// Package httpclient makes the one HTTP client of a run and says which addresses it may be pointed at.
package httpclient

import (
	"cmp"
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

// MaxBody is the number of bytes of an answer that are read. The largest right answer, a token, has about 12 KiB.
const MaxBody = 1 << 20

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

// New makes a client that follows no redirect, as a token must not travel to a host that nobody named, and that bounds the time and the
// size of every answer.
func New(p Proxy) *http.Client {
	return NewOver((&net.Dialer{Timeout: 5 * time.Second}).DialContext, p)
}

// NewOver is [New] with another way to open connections.
func NewOver(dial Dial, p Proxy) *http.Client {
	return &http.Client{
		Transport: bounded{&http.Transport{
			Proxy:                 func(r *http.Request) (*url.URL, error) { return p.For(r.URL) },
			DialContext:           dial.withPreconnections,
			TLSHandshakeTimeout:   5 * time.Second,
			ResponseHeaderTimeout: 10 * time.Second,
			MaxIdleConnsPerHost:   16, // as many as roles are assumed at the same time
			ForceAttemptHTTP2:     true,
		}},
		Timeout:       15 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirect },
	}
}

var errRedirect = errors.New("a redirect is not followed")

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

// ReadAll reads the body of an answer.
func ReadAll(body io.Reader) ([]byte, error) {
	content, err := io.ReadAll(body)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, fmt.Errorf("the answer is larger than %d bytes", large.Limit)
	}
	return content, err
}
