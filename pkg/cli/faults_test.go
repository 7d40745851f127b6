package cli_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// fault is what goes wrong between the action and a service.
type fault struct {
	name string
	// dial is in place of a connection, answer in place of the service's answer.
	dial   func(context.Context) error
	answer func(w http.ResponseWriter, r *http.Request, clouds http.Handler)
	// host is in place of the service's, and certificate is what someone shows at its address. Both are for real: see meetForReal.
	host        string
	certificate *certificate
	// status is the answer's, where that is all that is the matter.
	status int
	// each is the longest that one attempt takes.
	each time.Duration
	// after is what the service asks to be waited for.
	after time.Duration
}

// certificate is one for an IP address, by an authority that the runner trusts or not.
type certificate struct {
	address string
	trusted bool
}

// longLabel is a label's length of which every resolver knows, without a name server, that no host has it (RFC 1035, section 2.3.4).
const longLabel = 64

// faults are those of the network and of who answers there.
var faults = []fault{
	{name: "connection refused", dial: func(context.Context) error {
		return &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 10), Port: 443}, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}},
	{name: "no answer to the connection", each: 5 * time.Second, dial: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
	{name: "host that does not exist", host: strings.Repeat("x", longLabel) + ".invalid"},
	{name: "certificate of an unknown authority", certificate: &certificate{address: "127.0.0.1"}},
	{name: "certificate of another host", certificate: &certificate{address: "192.0.2.10", trusted: true}},
	{name: "name service out of order", dial: func(context.Context) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "server misbehaving", Name: "HOST", Server: "192.0.2.53:53", IsTemporary: true}}
	}},
	{name: "connection closed before the answer", answer: func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		_ = hijack(w, r).Close()
	}},
	{name: "connection reset in the middle of the answer", answer: func(w http.ResponseWriter, r *http.Request, clouds http.Handler) {
		_, body := recorded(r, clouds)
		connection := hijack(w, r)
		fmt.Fprintf(connection, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:len(body)/2])
		_ = connection.(interface{ SetLinger(seconds int) error }).SetLinger(0)
		_ = connection.Close()
	}},
	{name: "answer cut off", answer: func(w http.ResponseWriter, r *http.Request, clouds http.Handler) {
		_, body := recorded(r, clouds)
		connection := hijack(w, r)
		fmt.Fprintf(connection, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:len(body)/2])
		_ = connection.Close()
	}},
	{name: "half an answer, said to be whole", answer: func(w http.ResponseWriter, r *http.Request, clouds http.Handler) {
		_, body := recorded(r, clouds)
		_, _ = io.WriteString(w, body[:len(body)/2])
	}},
	{name: "no headers", each: 10 * time.Second, answer: func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}},
	{name: "headers after 9 seconds", each: 9 * time.Second, answer: func(w http.ResponseWriter, r *http.Request, clouds http.Handler) {
		status, body := recorded(r, clouds)
		if wait(r, 9*time.Second) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}},
	{name: "answer that never ends", each: 15 * time.Second, answer: func(w http.ResponseWriter, r *http.Request, _ http.Handler) { drip(w, r) }},
	{name: "answer of 100 MB", answer: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		_, _ = io.CopyN(w, zeroes{}, 100<<20)
	}},
	{name: "empty answer", answer: func(http.ResponseWriter, *http.Request, http.Handler) {}},
	{name: "random bytes", answer: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		_, _ = io.WriteString(w, "\x8b\x00\xff{<\x1b]0;\x07\x93")
	}},
	{name: "random bytes instead of HTTP", answer: func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		connection := hijack(w, r)
		_, _ = io.WriteString(connection, "\x16\x03\x01\x02\x00\x01\x00\xff::error::\r\n\r\n")
		_ = connection.Close()
	}},
	{name: "sign-in page of a network", answer: page(http.StatusOK)},
	{name: "page that repeats the request", answer: func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "<html>blocked: %s</html>", requested(r))
	}},
	{name: "redirect to another host", answer: func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		http.Redirect(w, r, "http://stranger/", http.StatusTemporaryRedirect)
	}},
	{name: "status 429", status: http.StatusTooManyRequests, answer: page(http.StatusTooManyRequests)},
	{name: "status 429 with Retry-After: 7", status: http.StatusTooManyRequests, after: 7 * time.Second, answer: func(w http.ResponseWriter, r *http.Request, clouds http.Handler) {
		w.Header().Set("Retry-After", "7")
		page(http.StatusTooManyRequests)(w, r, clouds)
	}},
	{name: "status 500", status: http.StatusInternalServerError, answer: page(http.StatusInternalServerError)},
	{name: "status 501", status: http.StatusNotImplemented, answer: page(http.StatusNotImplemented)},
	{name: "status 502", status: http.StatusBadGateway, answer: page(http.StatusBadGateway)},
	{name: "status 503", status: http.StatusServiceUnavailable, answer: page(http.StatusServiceUnavailable)},
	{name: "status 504", status: http.StatusGatewayTimeout, answer: page(http.StatusGatewayTimeout)},
}

// page answers with a page as proxies and load balancers have them.
func page(status int) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<html>\n<h1>%d %s</h1>\n</html>\n", status, http.StatusText(status))
	}
}

// zeroes is an endless text.
type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

// wait waits for as long as a client stays. It tells whether that was the whole of the time.
func wait(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
