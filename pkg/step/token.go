package step

import (
	"context"
	"sync"

	"gatepass/pkg/idtoken"
	"gatepass/pkg/secret"
)

// tokens are GitHub's ID tokens of one step. The one that is handed out as it is also signs in to a cloud that expects the same audience:
// GitHub is asked for it once.
type tokens struct {
	audience  string // of the one that is handed out; empty for none
	handedOut func() (secret.String, error)
	fetch     func(ctx context.Context, audience string) (secret.String, error)
}

func (s Step) tokens(ctx context.Context, p plan) tokens {
	fetch := func(ctx context.Context, audience string) (secret.String, error) {
		token, err := p.github.Fetch(ctx, p.http, p.retry, audience)
		s.Log.Mask(token)
		return token, err
	}
	handedOut := sync.OnceValues(func() (secret.String, error) { return fetch(ctx, p.TokenAudience) })
	return tokens{p.TokenAudience, handedOut, fetch}
}

// of gives a token for an audience, and notes in an attempt what it says.
func (t tokens) of(ctx context.Context, audience string, a *attempt) (token secret.String, err error) {
	if audience == t.audience {
		token, err = t.handedOut()
	} else {
		token, err = t.fetch(ctx, audience)
	}
	a.known.Claims = idtoken.DecodeUnverified(token)
	return token, err
}

// get gives a token that is not exchanged here.
func (t tokens) get(ctx context.Context, audience string, a *attempt) secret.String {
	token, err := t.of(ctx, audience, a)
	if err != nil {
		a.failed(err)
	}
	return token
}
