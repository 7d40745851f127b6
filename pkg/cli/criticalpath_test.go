package cli_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gatepass/pkg/sandbox"
	"gatepass/pkg/sandbox/job"
	"gatepass/pkg/sandbox/wire"
)

// timeline is what happened on a wire, and when.
type timeline struct {
	start time.Time
	mu    sync.Mutex
	lines []string
}

func (l *timeline) add(format string, values ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf("%3d ms: %s\n", time.Since(l.start).Milliseconds(), fmt.Sprintf(format, values...)))
}

func (l *timeline) String() string { return strings.Join(slices.Sorted(slices.Values(l.lines)), "") }

// Each request and each connection takes 40 ms here, in simulated time. Both clouds take five requests, of which three wait for another
// one. The connections to the clouds are opened together with those to GitHub, so that no request but the first waits for one.
func TestTheCriticalPath(t *testing.T) {
	const takes = 40 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		l, n := &timeline{start: time.Now()}, &wire.Network{Latency: takes}
		clouds, err := sandbox.New(sandbox.DefaultConfig(), sandbox.Options{Observe: func(e sandbox.Exchange) { l.add("%s has answered, %s", e.Service, e.Call) }})
		if err != nil {
			t.Fatal(err)
		}
		j, err := job.New(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer serve(n, late(takes, clouds))()
		j.Env = onWire(clouds)
		env, err := j.Step("sign-in", toBothClouds()).Begin()
		if err != nil {
			t.Fatal(err)
		}
		dial := func(ctx context.Context, name, address string) (net.Conn, error) {
			l.add("%s is called", address)
			return n.Dial(ctx, name, address)
		}
		log, code := runOver(t.Context(), dial, env, "/sign-in")
		if code != 0 {
			t.Fatalf("got exit code %d: %s", code, log)
		}
		l.add("signed in")
		const want = `  0 ms: github:80 is called
  0 ms: github:80 is called
  0 ms: google-sts:80 is called
  0 ms: iamcredentials:80 is called
  0 ms: sts:80 is called
 80 ms: GitHub has answered, ID token
 80 ms: GitHub has answered, ID token
120 ms: AWS STS has answered, AssumeRoleWithWebIdentity
120 ms: Google STS has answered, token
160 ms: Google IAM Credentials has answered, generateAccessToken
160 ms: signed in
`
		if got := l.String(); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	})
}
