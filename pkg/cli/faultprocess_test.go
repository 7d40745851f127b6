package cli_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatepass/pkg/sandbox"
	"gatepass/pkg/sandbox/job"
)

// meetForReal signs in as a process of its own, and over sockets: which certificates a process trusts it reads once, and only the machine's
// own resolver tells what that says of a name.
func (f fault) meetForReal(t *testing.T, clouds *sandbox.Sandbox, h hop, times int) outcome {
	t.Helper()
	p := &proxy{clouds: clouds, hop: h, fault: f, times: times}
	server := httptest.NewServer(p)
	defer server.Close()
	env := map[string]string{}
	for _, v := range clouds.Environment(server.URL) {
		env[v.Name] = v.Value
	}
	if f.host != "" {
		env[h.variable] = strings.Replace(env[h.variable], server.URL, "https://"+f.host, 1)
		p.hits("")
		return p.signInForReal(t, h, env)
	}
	pair, file := newCertificate(t, f.certificate.address)
	if f.certificate.trusted {
		env["SSL_CERT_FILE"] = file
	}
	encrypted := httptest.NewUnstartedServer(p)
	encrypted.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	encrypted.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that do not trust it
	encrypted.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew && !p.isAhead() {
			p.hits("")
		}
	}
	encrypted.StartTLS()
	defer encrypted.Close()
	env[h.variable] = strings.Replace(env[h.variable], server.URL, encrypted.URL, 1)
	return p.signInForReal(t, h, env)
}

func (p *proxy) signInForReal(t *testing.T, h hop, env map[string]string) outcome {
	t.Helper()
	got := p.signIn(t, inputsFor(h), env, process(t))
	got.took = 0
	return got
}

// The network in memory is as the real one: over sockets, as a process of its own, a step that meets a fault once does the same.
func TestFaultsOverSockets(t *testing.T) {
	t.Parallel()
	for _, f := range faults {
		if f.answer == nil || f.each > 0 || f.after > 0 { // the last two take their time
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			clouds, _ := newClouds(t)
			p := &proxy{clouds: clouds, hop: toSTS, fault: f, times: 1}
			server := httptest.NewServer(p)
			defer server.Close()
			env := map[string]string{}
			for _, v := range clouds.Environment(server.URL) {
				env[v.Name] = v.Value
			}
			got, want := p.signInForReal(t, toSTS, env), meet(t, clouds, f, toSTS, 1)
			if got.code != want.code || got.attempts != want.attempts || got.err != want.err {
				t.Errorf("got exit code %d after %d attempts, and %s\nwant %d after %d, and %s", got.code, got.attempts, got.err, want.code, want.attempts, want.err)
			}
		})
	}
}

// process runs a stage as the runner does, as a process of its own. One that does not end is killed, and has failed.
func process(t *testing.T) stageFunc {
	return func(j *job.Job, env map[string]string, stage string) ([]byte, int) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		raw, code := output(t, commandOf(ctx, j, env, stage))
		if ctx.Err() != nil {
			t.Errorf("%s did not end", stage)
		}
		return raw, code
	}
}

func commandOf(ctx context.Context, j *job.Job, env map[string]string, stage string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, stage)
	cmd.Dir = j.Workspace()
	cmd.Env = environ(env)
	return cmd
}

// output is what a process prints, and its exit code.
func output(t *testing.T, cmd *exec.Cmd) (printed []byte, code int) {
	t.Helper()
	var both bytes.Buffer
	cmd.Stdout, cmd.Stderr = &both, &both
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return both.Bytes(), cmd.ProcessState.ExitCode()
}

// newCertificate makes a certificate for an IP address, and a file with the authority that has signed it, which is itself.
func newCertificate(t *testing.T, address string) (pair tls.Certificate, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.ParseIP(address)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}
