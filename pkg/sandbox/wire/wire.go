// Package wire is a network in memory. It waits only as a test in simulated time (testing/synctest) can, so that what happens on it takes
// exactly as long as it says, on every machine.
package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
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
	h := &host{calls: make(chan net.Conn), closed: make(chan struct{})}
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
	ours, theirs := net.Pipe()
	reset := new(atomic.Bool)
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-h.closed:
		return nil, errors.New("connection refused")
	case h.calls <- &serverEnd{theirs, reset}:
		return &clientEnd{ours, reset}, nil
	}
}

// The addresses of all connections.
var (
	clientAddress = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 50000}
	serverAddress = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 10), Port: 443}
)

// serverEnd can be reset as a TCP connection can: close it with SetLinger(0).
type serverEnd struct {
	net.Conn
	reset *atomic.Bool
}

func (e *serverEnd) SetLinger(seconds int) error {
	e.reset.Store(seconds == 0)
	return nil
}

// clientEnd says of a connection that was reset what the kernel says.
type clientEnd struct {
	net.Conn
	reset *atomic.Bool
}

func (e *clientEnd) Read(p []byte) (int, error) {
	n, err := e.Conn.Read(p)
	if errors.Is(err, io.EOF) && e.reset.Load() {
		err = &net.OpError{Op: "read", Net: "tcp", Source: clientAddress, Addr: serverAddress, Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	}
	return n, err
}

// host is a net.Listener.
type host struct {
	calls  chan net.Conn
	once   sync.Once
	closed chan struct{}
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

func (h *host) Addr() net.Addr { return serverAddress }
