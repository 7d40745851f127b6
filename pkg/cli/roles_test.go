package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"gatepass/pkg/sandbox"
)

const inAccount = "arn:aws:iam::123456789012:role/"

// waitingAWS is an AWS that a test can have wait before it answers. A step whose requests do not come as they should runs into its time
// limit.
type waitingAWS struct {
	clouds *sandbox.Sandbox
	base   string

	mu    sync.Mutex
	asked []string // roles, in the order of the requests
}

func newWaitingAWS(t *testing.T, config sandbox.Config, hold func(role string, request *http.Request)) *waitingAWS {
	t.Helper()
	h := &waitingAWS{}
	var err error
	if h.clouds, err = sandbox.New(config, sandbox.Options{}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if strings.HasPrefix(request.URL.Path, "/aws") {
			body, err := io.ReadAll(request.Body)
			if err != nil {
				return
			}
			form, err := url.ParseQuery(string(body))
			if err != nil {
				return
			}
			role := strings.TrimPrefix(form.Get("RoleArn"), inAccount)
			h.mu.Lock()
			h.asked = append(h.asked, role)
			h.mu.Unlock()
			hold(role, request)
			request.Body = io.NopCloser(bytes.NewReader(body))
		}
		h.clouds.ServeHTTP(w, request)
	}))
	t.Cleanup(server.Close)
	h.base = server.URL
	return h
}

func (h *waitingAWS) signIn(t *testing.T, lines []string) {
	t.Helper()
	_, _, env := begin(t, h.clouds, h.base, map[string]string{
		"aws-region": "eu-central-1", "aws-roles": strings.Join(lines, "\n"), "role-skip-session-tagging": "true", "action-timeout-s": "60",
	})
	if log, code := run(t.Context(), env, "/sign-in"); code != 0 {
		t.Fatalf("got exit code %d: %s", code, log)
	}
}

// Each role waits at AWS until as many have come as may: they do come at the same time, and no more than that.
func TestRolesAreAssumedAtTheSameTime(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ roles, together int }{
		"a few":  {3, 3},
		"a bulk": {40, 16},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			waiting, most := 0, 0
			there := make(chan struct{})
			allThere := sync.OnceFunc(func() { close(there) })
			wait := func(change int) {
				mu.Lock()
				defer mu.Unlock()
				waiting += change
				if most = max(most, waiting); most == test.together {
					allThere()
				}
			}
			h := newWaitingAWS(t, sandbox.DefaultConfig(), func(_ string, request *http.Request) {
				wait(+1)
				select {
				case <-there:
				case <-request.Context().Done():
				}
				wait(-1)
			})
			var lines []string
			for i := range test.roles {
				lines = append(lines, fmt.Sprintf("p%d = %sdeploy", i, inAccount))
			}
			h.signIn(t, lines)
			if most != test.together || len(h.asked) != test.roles {
				t.Errorf("%d roles were assumed, at most %d at a time; want %d, %d", len(h.asked), most, test.roles, test.together)
			}
		})
	}
}

// A chained role waits for the one that it is chained from, and for no other: here AWS keeps another one waiting until the chain is at its
// end.
func TestAChainWaitsForItsOwnRolesAlone(t *testing.T) {
	t.Parallel()
	config := sandbox.DefaultConfig()
	trust := func(role string) sandbox.TrustPolicy {
		return sandbox.TrustPolicy(fmt.Sprintf(`{"Statement": {"Effect": "Allow", "Principal": {"AWS": "%s"}, "Action": "sts:AssumeRole"}}`, inAccount+role))
	}
	config.AWS.Roles = append(config.AWS.Roles,
		sandbox.Role{ARN: inAccount + "slow", TrustPolicy: config.AWS.Roles[0].TrustPolicy},
		sandbox.Role{ARN: inAccount + "behind-slow", TrustPolicy: trust("slow")},
		sandbox.Role{ARN: inAccount + "audit", TrustPolicy: trust("admin")})
	ended := make(chan struct{})
	h := newWaitingAWS(t, config, func(role string, request *http.Request) {
		switch role {
		case "audit":
			close(ended)
		case "slow":
			select {
			case <-ended:
			case <-request.Context().Done():
			}
		}
	})
	h.signIn(t, []string{
		"d = " + inAccount + "audit chain-from=c", "b = " + inAccount + "behind-slow chain-from=a", "a = " + inAccount + "slow",
		"c = " + inAccount + "admin chain-from=e", "e = " + inAccount + "deploy",
	})
	order := slices.DeleteFunc(slices.Clone(h.asked), func(role string) bool { return role == "slow" })
	if got, want := strings.Join(order, ", "), "deploy, admin, audit, behind-slow"; got != want || len(h.asked) != 5 {
		t.Errorf("besides slow, AWS was asked for %s; want %s", got, want)
	}
}
