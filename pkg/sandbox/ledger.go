package sandbox

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"sync"
	"time"
)

// ledger is what the sandbox has issued. It only grows: a sandbox lives as long
// as a demonstration or a test.
type ledger struct {
	mu      sync.Mutex
	secrets []string
	callers map[string]caller // AWS, by access key id
	grants  map[string]grant  // Google, by access token
}

// grant is what a Google access token stands for.
type grant struct {
	members []string // whom IAM bindings may name to mean its bearer
	project string   // the number of the project that its bearer's calls count for
	expires time.Time
}

func newLedger() *ledger {
	return &ledger{callers: map[string]caller{}, grants: map[string]grant{}}
}

func (l *ledger) secret(secrets ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secrets = append(l.secrets, secrets...)
}

func (l *ledger) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.secrets)
}

// addCaller makes an access key known, and its parts secrets.
func (l *ledger) addCaller(accessKey string, caller caller) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.callers[accessKey] = caller
	l.secrets = append(l.secrets, accessKey, caller.secretKey)
	if caller.token != "" {
		l.secrets = append(l.secrets, caller.token)
	}
}

func (l *ledger) caller(accessKey string) (caller, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	caller, ok := l.callers[accessKey]
	return caller, ok
}

// addGrant issues an access token for grant. The prefix is the one by which
// Google's tokens of that kind are known.
func (l *ledger) addGrant(prefix string, grant grant) string {
	token := prefix + randomText(150)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secrets = append(l.secrets, token)
	l.grants[token] = grant
	return token
}

func (l *ledger) grant(token string) (grant, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	grant, ok := l.grants[token]
	return grant, ok
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, as its documentation says
	return b
}

// randomText returns random text of n bytes' strength that is safe in a URL.
func randomText(n int) string { return base64.RawURLEncoding.EncodeToString(randomBytes(n)) }

func randomUUID() string {
	h := hex.EncodeToString(randomBytes(16))
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
