package step

import (
	"context"
	"sync"

	"gatepass/pkg/idtoken"
	"gatepass/pkg/secret"
)

// tokens are GitHub's ID tokens of one step: one for each audience, however many roles are assumed with it, and also where it is handed
// out.
type tokens struct {
	fetch func(audience string) (secret.String, error)

	mu         sync.Mutex
	byAudience map[string]func() (secret.String, error)
}

func (s Step) tokens(ctx context.Context, p plan) *tokens {
	fetch := func(audience string) (secret.String, error) {
		token, err := p.github.Fetch(ctx, p.http, p.retry, audience)
		s.Log.Mask(token)
		return token, err
	}
	return &tokens{fetch: fetch, byAudience: map[string]func() (secret.String, error){}}
}

// of gives the token for an audience, and notes in an attempt what it says.
func (t *tokens) of(audience string, a *attempt) (secret.String, error) {
	t.mu.Lock()
	get, ok := t.byAudience[audience]
	if !ok {
		get = sync.OnceValues(func() (secret.String, error) { return t.fetch(audience) })
		t.byAudience[audience] = get
	}
	t.mu.Unlock()
	token, err := get()
	a.known.Claims = idtoken.DecodeUnverified(token)
	return token, err
}

// get gives a token that is not exchanged here.
func (t *tokens) get(audience string, a *attempt) secret.String {
	defer Recover(&a.err)
	token, err := t.of(audience, a)
	if err != nil {
		a.failed(err)
	}
	return token
}
