package cli_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"

	"gatepass/pkg/sandbox"
)

// hop is a service that a sign-in asks.
type hop struct {
	name     string // as errors call it
	host     string
	variable string // which says where it is
	path     string
}

var (
	toGitHub = hop{"GitHub", "github", "ACTIONS_ID_TOKEN_REQUEST_URL", "/github/"}
	toSTS    = hop{"AWS STS", "sts", "AWS_ENDPOINT_URL_STS", "/aws"}
	toGoogle = hop{"Google STS", "google-sts", "GHA_ENDPOINT_OVERRIDE_sts", "/google/sts/"}
	toIAM    = hop{"Google's IAM Credentials API", "iamcredentials", "GHA_ENDPOINT_OVERRIDE_iamcredentials", "/google/iamcredentials/"}
	hops     = []hop{toGitHub, toSTS, toGoogle, toIAM}
)

// proxy stands between the action and the sandbox. It lets everything through but the requests to one hop, which meet a fault.
type proxy struct {
	clouds *sandbox.Sandbox
	hop    hop
	fault  fault
	times  int // how many requests meet the fault; 0 is all
	issued int // secrets of the sandbox, before the step began
	under  func(ctx context.Context, network, address string) (net.Conn, error)

	mu    sync.Mutex
	ahead bool           // a connection has been opened before there is a request
	asked map[string]int // requests by what they are for
}

// isAhead tells of a connection that it is opened before there is a request: the first one to each hop but GitHub. It is no attempt, and
// meets the fault, too.
func (p *proxy) isAhead() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	first := !p.ahead
	p.ahead = true
	return first && p.hop != toGitHub
}

// hits counts a request, and tells whether it meets the fault. GitHub is asked for a token for each cloud, by two of the action's
// goroutines.
func (p *proxy) hits(what string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked == nil {
		p.asked = map[string]int{}
	}
	p.asked[what]++
	return p.times == 0 || p.asked[what] <= p.times
}

// attempts is how often the hop was asked for the same thing.
func (p *proxy) attempts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	most := 0
	for _, n := range p.asked {
		most = max(most, n)
	}
	return most
}

// Dial opens a connection, unless that is what is at fault.
func (p *proxy) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if host == p.hop.host && p.fault.dial != nil && (p.isAhead() || p.hits("")) {
		return nil, p.fault.dial(ctx)
	}
	for _, h := range hops {
		if h.host == host {
			return p.under(ctx, network, address)
		}
	}
	return nil, fmt.Errorf("the action talks to a stranger, %s", address)
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.fault.answer != nil && strings.HasPrefix(r.URL.Path, p.hop.path) && p.hits(r.URL.Query().Get("audience")) {
		p.fault.answer(w, r, p.clouds)
		return
	}
	p.clouds.ServeHTTP(w, r)
}

// hijack takes a connection over, having read the request, or a server would not see that a client is gone.
func hijack(w http.ResponseWriter, r *http.Request) net.Conn {
	_, _ = io.Copy(io.Discard, r.Body)
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err) // cannot be: the server is of this test
	}
	return connection
}

// recorded is what the sandbox would answer.
func recorded(r *http.Request, clouds http.Handler) (status int, body string) {
	w := httptest.NewRecorder()
	clouds.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// requested is a request as a page of a proxy may repeat it, tokens and all.
func requested(r *http.Request) string {
	body, _ := io.ReadAll(r.Body) // as far as it came
	values, _ := url.ParseQuery(string(body))
	return fmt.Sprintf("%s %s %v %s %v", r.Method, r.URL, r.Header, body, values)
}

// drip writes a byte a second, and does not end before the client goes.
func drip(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	for wait(r, time.Second) {
		_, _ = io.WriteString(w, " ")
		_ = http.NewResponseController(w).Flush()
	}
}
