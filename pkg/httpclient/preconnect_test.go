package httpclient_test

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gatepass/pkg/httpclient"
	"gatepass/pkg/sandbox/wire"
)

// network is a host on a wire, and how often it was called and asked.
type network struct {
	wire.Network
	calls, requests atomic.Int32
}

func (n *network) Dial(ctx context.Context, name, address string) (net.Conn, error) {
	n.calls.Add(1)
	return n.Network.Dial(ctx, name, address)
}

func (n *network) serve(t *testing.T, address string) {
	t.Helper()
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { n.requests.Add(1) })}
	go func() { _ = server.Serve(n.Listen(address)) }()
	t.Cleanup(func() { _ = server.Close() })
	synctest.Wait()
}

func addresses(t *testing.T, all ...string) []*url.URL {
	t.Helper()
	var parsed []*url.URL
	for _, address := range all {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, u)
	}
	return parsed
}

// Connections are opened without a request, and requests take them.
func TestPreconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		n.serve(t, "sts:80")
		client := httpclient.New(httpclient.Proxy{}, n.Dial)
		httpclient.Preconnect(t.Context(), client, addresses(t, "http://sts/a", "http://sts/b", "http://sts/c")...)
		synctest.Wait()
		if calls, requests := n.calls.Load(), n.requests.Load(); calls != 3 || requests != 0 {
			t.Fatalf("%d connections and %d requests, want 3 and 0", calls, requests)
		}
		for range 2 {
			response, err := get(t, client, "http://sts/x")
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
		}
		if calls, requests := n.calls.Load(), n.requests.Load(); calls != 3 || requests != 2 {
			t.Errorf("%d connections and %d requests, want 3 and 2", calls, requests)
		}
	})
}

// A connection goes through the proxy of its host and port.
func TestPreconnectThroughAProxy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		n.serve(t, "proxy:3128")
		n.serve(t, "near:8484")
		client := httpclient.New(httpclient.Proxy{HTTP: "proxy:3128", Not: "near:8484"}, n.Dial)
		httpclient.Preconnect(t.Context(), client, addresses(t, "http://far:8484", "http://near:8484")...)
		synctest.Wait()
		for _, address := range []string{"http://far:8484", "http://near:8484"} {
			response, err := get(t, client, address)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
		}
		if calls, requests := n.calls.Load(), n.requests.Load(); calls != 2 || requests != 2 {
			t.Errorf("%d connections and %d requests, want 2 and 2", calls, requests)
		}
	})
}

// Preconnect does not wait, neither for a host that hangs nor for one that is not there, and the request tells what is wrong.
func TestPreconnectToNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, start := &network{Network: wire.Network{Latency: time.Minute}}, time.Now()
		n.serve(t, "slow:80")
		client := httpclient.New(httpclient.Proxy{}, n.Dial)
		httpclient.Preconnect(t.Context(), client, addresses(t, "http://slow", "http://nowhere", "ftp://nowhere")...)
		if waited := time.Since(start); waited != 0 {
			t.Errorf("waited %v", waited)
		}
		response, err := get(t, client, "http://nowhere")
		if err == nil {
			response.Body.Close()
			t.Fatal("nobody answered")
		}
		if got, want := httpclient.Fault(err).Error(), "lookup nowhere:80: no such host"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		<-time.After(n.Latency)
	})
}
