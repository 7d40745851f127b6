package cli_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"text/tabwriter"
	"time"

	"gatepass/pkg/httpclient"
	"gatepass/pkg/sandbox"
	"gatepass/pkg/sandbox/job"
	"gatepass/pkg/sandbox/wire"
)

const (
	jobs      = 256 // the most that a matrix makes: https://docs.github.com/actions/reference/limits
	perSecond = 20  // calls that AWS STS answers
)

// load is a matrix whose jobs all sign in to AWS at the same moment, and what that asks of GitHub and of AWS STS.
type load struct {
	start time.Time

	mu       sync.Mutex
	tokens   int
	called   map[string]bool // by session name, which each job has its own of
	seconds  []second        // of AWS STS
	signedIn int
	failed   error
}

// second is the calls of one second: the first ones of their jobs, those of jobs that were throttled before, and how many of both were
// throttled now.
type second struct{ first, again, throttled int }

func (s second) calls() int { return s.first + s.again }

func newLoad(t testing.TB) (*load, *sandbox.Sandbox) {
	t.Helper()
	config := sandbox.DefaultConfig()
	config.AWS.Throttle.PerSecond = perSecond
	l := &load{called: map[string]bool{}}
	clouds, err := sandbox.New(config, sandbox.Options{Observe: l.observe})
	if err != nil {
		t.Fatal(err)
	}
	return l, clouds
}

func (l *load) observe(e sandbox.Exchange) {
	at := int(time.Since(l.start) / time.Second)
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Service != "AWS STS" {
		l.tokens++
		return
	}
	for len(l.seconds) <= at {
		l.seconds = append(l.seconds, second{})
	}
	if session := e.Parameters.Get("RoleSessionName"); l.called[session] {
		l.seconds[at].again++
	} else {
		l.called[session] = true
		l.seconds[at].first++
	}
	if strings.HasPrefix(e.Refusal, "Throttling") {
		l.seconds[at].throttled++
	}
}

// run runs all jobs. The variables lead to the clouds, over connections that dial opens.
func (l *load) run(t testing.TB, dial httpclient.Dial, env map[string]string) {
	t.Helper()
	folder := t.TempDir()
	l.start = time.Now()
	var all sync.WaitGroup
	for i := range jobs {
		all.Go(func() {
			err := l.signIn(t, filepath.Join(folder, fmt.Sprint("job-", i)), dial, env)
			l.mu.Lock()
			defer l.mu.Unlock()
			if l.failed = errors.Join(l.failed, err); err == nil {
				l.signedIn++
			}
		})
	}
	all.Wait()
}

func (l *load) signIn(t testing.TB, folder string, dial httpclient.Dial, env map[string]string) error {
	t.Helper()
	j, err := job.New(folder)
	if err != nil {
		return err
	}
	j.Env = env
	stage, err := j.Step("sign-in", toAWS("role-session-name", filepath.Base(folder))).Begin()
	if err != nil {
		return err
	}
	if log, code := runOver(t.Context(), dial, stage, "/sign-in"); code != 0 {
		return fmt.Errorf("exit code %d: %s", code, log)
	}
	return nil
}

// requests are all that were made, and least those that as many sign-ins take where nobody is throttled.
func (l *load) requests() (all, least int) {
	all = l.tokens
	for _, s := range l.seconds {
		all += s.calls()
	}
	return all, 2 * jobs
}

// check demands that all have signed in, with half as many requests again as without a limit at the most, and that those that were
// throttled did not return as a herd: in no second are they twice as many as are answered.
func (l *load) check(t testing.TB) {
	t.Helper()
	if l.signedIn != jobs {
		t.Errorf("%d of %d have signed in: %v", l.signedIn, jobs, l.failed)
	}
	if all, least := l.requests(); 2*all > 3*least {
		t.Errorf("%d requests, want at most 1.5 × %d", all, least)
	}
	for at, s := range l.seconds {
		if s.again > 2*perSecond {
			t.Errorf("%d come back in second %d, want at most %d", s.again, at, 2*perSecond)
		}
	}
}

// table shows each second of AWS STS, and in a last line all of it.
func (l *load) table() string {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 1, ' ', 0)
	fmt.Fprint(table, "| second\t| first calls to AWS STS\t| further calls\t| throttled\t| signed in\t| ▪ is 4 calls\t|\n|---\t|---\t|---\t|---\t|---\t|---\t|\n")
	for at, s := range l.seconds {
		fmt.Fprintf(table, "| %d\t| %d\t| %d\t| %d\t| %d\t| %s\t|\n", at, s.first, s.again, s.throttled, s.calls()-s.throttled, strings.Repeat("▪", (s.calls()+3)/4))
	}
	_ = table.Flush() // a strings.Builder takes all
	all, least := l.requests()
	fmt.Fprintf(&text, "\n%d of %d signed in with %d requests, %.2f × the least\n", l.signedIn, jobs, all, float64(all)/float64(least))
	return text.String()
}

// A matrix of 256 jobs signs in although AWS STS throttles it: in simulated time, in which nothing but the waits and the wire takes any.
func TestAMatrixSignsInThoughItIsThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, clouds := newLoad(t)
		const takes = 40 * time.Millisecond
		n := &wire.Network{Latency: takes}
		defer serve(n, late(takes, clouds))()
		l.run(t, n.Dial, onWire(clouds))
		l.check(t)
		t.Log("\n" + l.table())
	})
}

// BenchmarkLoad does the same in real time, and prints the table.
//
//	go test -run '^$' -bench Load -benchtime 1x ./pkg/cli
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		l, clouds := newLoad(b)
		server := httptest.NewServer(clouds)
		env := map[string]string{}
		for _, v := range clouds.Environment(server.URL) {
			env[v.Name] = v.Value
		}
		l.run(b, nil, env)
		server.Close()
		l.check(b)
		all, least := l.requests()
		b.ReportMetric(0, "ns/op") // it is what the waits are
		b.ReportMetric(float64(all)/float64(least), "requests/least")
		fmt.Fprintf(os.Stdout, "\n%s\n", l.table())
	}
}
