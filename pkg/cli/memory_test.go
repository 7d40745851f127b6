package cli_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// memory is a network without sockets. Whoever waits for it waits for a channel, so that the clock of testing/synctest goes on, and a
// timeout of the action's takes no time.
type memory struct {
	connections chan net.Conn
	closed      chan struct{}
}

func newMemory() *memory { return &memory{make(chan net.Conn), make(chan struct{})} }

// Dial is the action's end of the network.
func (m *memory) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	reset := new(atomic.Bool)
	select {
	case m.connections <- &serverEnd{theirs, reset}:
		return &clientEnd{ours, reset}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept, Close and Addr make it a net.Listener, for an http.Server.
func (m *memory) Accept() (net.Conn, error) {
	select {
	case connection := <-m.connections:
		return connection, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error   { close(m.closed); return nil }
func (m *memory) Addr() net.Addr { return theirAddress }

// The addresses in the errors of the network.
var (
	ourAddress   = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 50000}
	theirAddress = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 10), Port: 443}
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
		err = &net.OpError{Op: "read", Net: "tcp", Source: ourAddress, Addr: theirAddress, Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	}
	return n, err
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
