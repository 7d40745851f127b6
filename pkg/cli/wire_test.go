package cli_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"time"

	"gatepass/pkg/cli"
	"gatepass/pkg/httpclient"
	"gatepass/pkg/sandbox"
	"gatepass/pkg/sandbox/wire"
)

// serve has a server answer at the host of each hop. stop ends it, and waits for what a client has in hand still.
func serve(n *wire.Network, handler http.Handler) (stop func()) {
	server := &http.Server{Handler: handler}
	for _, h := range hops {
		listener := n.Listen(h.host + ":80")
		go func() { _ = server.Serve(listener) }()
	}
	return func() {
		_ = server.Close()
		<-time.After(time.Minute)
	}
}

// onWire are the variables that point a step at these hosts.
func onWire(clouds *sandbox.Sandbox) map[string]string {
	env := map[string]string{}
	for _, v := range clouds.Environment("http://sandbox") {
		env[v.Name] = v.Value
		for _, h := range hops {
			if h.variable == v.Name {
				env[v.Name] = strings.Replace(v.Value, "//sandbox", "//"+h.host, 1)
			}
		}
	}
	return env
}

// late has each request wait for a time before it is answered.
func late(by time.Duration, h http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		<-time.After(by)
		h.ServeHTTP(w, r)
	}
}

// runOver is run, with connections that dial opens; nil is the network.
func runOver(ctx context.Context, dial httpclient.Dial, env map[string]string, args ...string) (log string, code int) {
	var out bytes.Buffer
	lookup := func(name string) (string, bool) { value, ok := env[name]; return value, ok }
	code = cli.Action{Stdout: &out, Lookup: lookup, WorkDir: env["GITHUB_WORKSPACE"], Dial: dial}.Main(ctx, args)
	return out.String(), code
}
