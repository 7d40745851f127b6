package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// errUnknownKey says that an issuer does not publish the key that a token names.
var errUnknownKey = errors.New("the issuer publishes no such key")

// tokenVerifier verifies the tokens of one issuer as any relying party does:
// with go-oidc and the keys that the issuer publishes. It leaves audience and
// expiry to the services, whose rules differ.
type tokenVerifier struct {
	client   *http.Client
	issuer   string
	keys     string // URL of the key set
	verifier *oidc.IDTokenVerifier
}

// discover returns the verifier for the issuer whose discovery document is under base.
func discover(client *http.Client, base, issuer string) (*tokenVerifier, error) {
	ctx := oidc.ClientContext(context.Background(), client)
	// The document names the issuer it stands for, which is never its own address.
	provider, err := oidc.NewProvider(oidc.InsecureIssuerURLContext(ctx, issuer), base)
	if err != nil {
		return nil, err
	}
	var document struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&document); err != nil {
		return nil, err
	}
	return newTokenVerifier(client, issuer, document.Keys), nil
}

func newTokenVerifier(client *http.Client, issuer, keys string) *tokenVerifier {
	keySet := oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), client), keys)
	return &tokenVerifier{client, issuer, keys, oidc.NewVerifier(issuer, keySet, &oidc.Config{
		SkipClientIDCheck: true,
		SkipExpiryCheck:   true,
	})}
}

// verify checks issuer and signature. The error is errUnknownKey if the token
// names a key that the issuer does not publish: the clouds tell that apart.
func (v *tokenVerifier) verify(ctx context.Context, token idToken) error {
	_, err := v.verifier.Verify(ctx, token.raw)
	if err == nil {
		return nil
	}
	known, keysErr := v.publishes(ctx, token.keyID)
	if keysErr != nil {
		return keysErr
	}
	if !known {
		return errUnknownKey
	}
	return err
}

func (v *tokenVerifier) publishes(ctx context.Context, keyID string) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.keys, nil)
	if err != nil {
		return false, err
	}
	response, err := v.client.Do(request)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	var keys jose.JSONWebKeySet
	if err := json.NewDecoder(response.Body).Decode(&keys); err != nil {
		return false, fmt.Errorf("read the keys of %s: %w", v.issuer, err)
	}
	return len(keys.Key(keyID)) > 0, nil
}
