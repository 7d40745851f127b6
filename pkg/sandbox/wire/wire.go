// Package wire is a network in memory. It waits only as a test in simulated time (testing/synctest) can, so that what happens on it takes
// exactly as long as it says, on every machine.
package wire

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// Network is hosts that can be reached by their names.
type Network struct {
	// Latency is how long a connection takes to open.
	Latency time.Duration

	mu    sync.Mutex
	hosts map[string]*host
}

// Listen opens a host, as net.Listen does. The address has a port.
func (n *Network) Listen(address string) net.Listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.hosts == nil {
		n.hosts = map[string]*host{}
	}
	h := &host{address: address, calls: make(chan net.Conn), closed: make(chan struct{})}
	n.hosts[address] = h
	return h
}

// Dial opens a connection to a host.
func (n *Network) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	h := n.hosts[address]
	n.mu.Unlock()
	if h == nil {
		return nil, &net.DNSError{Err: "no such host", Name: address, IsNotFound: true}
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(n.Latency):
	}
	near, far := net.Pipe()
	select {
	case <-h.closed:
		return nil, errors.New("connection refused")
	case h.calls <- far:
		return near, nil
	}
}

// host is a net.Listener.
type host struct {
	address string
	calls   chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

func (h *host) Accept() (net.Conn, error) {
	select {
	case <-h.closed:
		return nil, net.ErrClosed
	case conn := <-h.calls:
		return conn, nil
	}
}

func (h *host) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

func (h *host) Addr() net.Addr { return address(h.address) }

type address string

func (address) Network() string  { return "tcp" }
func (a address) String() string { return string(a) }
