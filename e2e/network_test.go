//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// hosts are real names by their addresses here, of a block that is no one's: https://www.rfc-editor.org/rfc/rfc5737
type hosts map[string][]string

// network is one that holds no other interface than its own loopback. Under the clouds' real names are servers of a test's, and nothing
// leaves it: what signs in here needs no endpoint but the clouds' own.
type network struct {
	hosts hosts
	// holder is the container whose network it is, as of all containers that join it. It has nothing else to do. pid is its process, and
	// file its /etc/hosts.
	holder, pid, file string
	authority         *authority
}

func newNetwork(t *testing.T, hosts hosts) *network {
	t.Helper()
	args := []string{"run", "--detach", "--rm", "--label", "gatepass-e2e", "--network", "none"}
	for address, names := range hosts {
		for _, name := range names {
			args = append(args, "--add-host", name+":"+address)
		}
	}
	n := &network{hosts: hosts, authority: newAuthority(t)}
	n.holder = docker(t, append(args, "--entrypoint", "tail", shellImage, "-f", "/dev/null")...)
	t.Cleanup(func() {
		if _, err := output(exec.CommandContext(context.Background(), dockerPath, "rm", "--force", n.holder)); err != nil {
			t.Error(err)
		}
	})
	n.pid = docker(t, "inspect", "--format", "{{.State.Pid}}", n.holder)
	n.file = docker(t, "inspect", "--format", "{{.HostsPath}}", n.holder)
	n.run(t, "sh", "-c", `test "$(ip -oneline link | cut -d ' ' -f 2)" = lo:`)
	for address := range hosts {
		n.run(t, "ip", "address", "add", address+"/32", "dev", "lo")
	}
	return n
}

// line is the command line of a program of the machine's that is in this network, and finds its names in /etc/hosts.
func (n *network) line(command ...string) []string {
	const script = `mount --bind "$0" /etc/hosts && exec "$@"`
	return append([]string{"nsenter", "--net=" + n.namespace(), "unshare", "--mount", "sh", "-c", script, n.file}, command...)
}

// run runs a program of the machine's in the network.
func (n *network) run(t *testing.T, command ...string) {
	t.Helper()
	line := n.line(command...)
	if _, err := output(exec.CommandContext(t.Context(), line[0], line[1:]...)); err != nil {
		t.Fatal(err)
	}
}

// docker is the network as `docker run` is told of it.
func (n *network) docker() string {
	if n == nil {
		return ""
	}
	return "container:" + n.holder
}

func (n *network) namespace() string { return "/proc/" + n.pid + "/ns/net" }

// listen opens the port for TLS of an address of the network.
func (n *network) listen(t *testing.T, address string) (listener net.Listener) {
	t.Helper()
	if err := n.inside(func() (err error) {
		listener, err = new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort(address, "443"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return listener
}

// await returns when a server listens at the address.
func (n *network) await(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := n.inside(func() error {
		for {
			connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
			if err == nil {
				return connection.Close()
			}
			select {
			case <-ctx.Done():
				return err
			case <-time.After(20 * time.Millisecond):
			}
		}
	}); err != nil {
		t.Fatalf("no server has come up: %v", err)
	}
}

// inside calls a function that makes sockets of the network: a socket is of the network of the thread that makes it.
func (n *network) inside(do func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good, so that the thread ends with this function
		done <- n.enter(do)
	}()
	return <-done
}

func (n *network) enter(do func() error) error {
	file, err := os.Open(n.namespace())
	if err != nil {
		return err
	}
	defer file.Close()
	if err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter the network %s: %w", n.namespace(), err)
	}
	return do()
}

// trustees are the variables that name the certificates that programs trust, by their value: a file of the authority's, in the checkout.
var trustees = []string{
	"SSL_CERT_FILE",       // Go
	"AWS_CA_BUNDLE",       // the AWS CLI and boto3
	"REQUESTS_CA_BUNDLE",  // Google's library for Python
	"NODE_EXTRA_CA_CERTS", // Node
}

// join has the job's steps run in the network, on a machine whose administrator trusts its authority.
func (n *network) join(t *testing.T, m *machine) {
	t.Helper()
	m.network = n
	file := filepath.Join(m.Workspace(), "authority.pem")
	writeFile(t, file, n.authority.pem())
	giveToRunner(t, file)
	for _, name := range trustees {
		m.Env[name] = file
	}
}
