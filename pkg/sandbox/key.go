package sandbox

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is SHA-1 by definition, RFC 7517 section 4.8
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"sync"
	"time"
)

// A lazyKey is a signing key that is made on first use: an RSA key takes a
// noticeable moment, and no run needs all of a sandbox's keys.
type lazyKey func() (*signingKey, error)

func newLazyKey() lazyKey { return sync.OnceValues(newSigningKey) }

// signingKey signs JWTs with RS256.
type signingKey struct {
	private *rsa.PrivateKey
	public  jwk
}

// jwk is a public key as RFC 7517 writes it, with GitHub's choice of members.
type jwk struct {
	Type         string   `json:"kty"`
	Algorithm    string   `json:"alg"`
	Use          string   `json:"use"`
	ID           string   `json:"kid"`
	Modulus      string   `json:"n"`
	Exponent     string   `json:"e"`
	Certificates []string `json:"x5c,omitempty"`
	Thumbprint   string   `json:"x5t,omitempty"`
}

func newSigningKey() (*signingKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("generate a signing key: %w", err)
	}
	certificate, err := selfSign(private)
	if err != nil {
		return nil, fmt.Errorf("certify a signing key: %w", err)
	}
	id := sha256.Sum256(private.N.Bytes())
	thumbprint := sha1.Sum(certificate) //nolint:gosec // as above
	public := newJWK(&private.PublicKey, base64url(id[:]))
	public.Certificates = []string{base64.StdEncoding.EncodeToString(certificate)}
	public.Thumbprint = base64url(thumbprint[:])
	return &signingKey{private, public}, nil
}

func newJWK(public *rsa.PublicKey, id string) jwk {
	return jwk{
		Type:      "RSA",
		Algorithm: "RS256",
		Use:       "sig",
		ID:        id,
		Modulus:   base64url(public.N.Bytes()),
		Exponent:  base64url(big.NewInt(int64(public.E)).Bytes()),
	}
}

func selfSign(key *rsa.PrivateKey) ([]byte, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "gatepass sandbox"},
		NotBefore:    time.Unix(0, 0),
		NotAfter:     time.Unix(0, 0).AddDate(100, 0, 0),
	}
	return x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
}

// sign returns claims as a JWT. It is written by hand so that the tokens owe
// nothing to the library that verifies them.
func (k *signingKey) sign(claims any) (string, error) {
	header, err := json.Marshal(map[string]string{
		"alg": k.public.Algorithm, "kid": k.public.ID, "typ": "JWT", "x5t": k.public.Thumbprint,
	})
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed := base64url(header) + "." + base64url(payload)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, k.private, crypto.SHA256, digest[:])
	if err != nil {
		return "", err
	}
	return signed + "." + base64url(signature), nil
}

// issueToken signs claims and remembers the token as a secret.
func (s *Sandbox) issueToken(key lazyKey, claims any) (token, keyID string, err error) {
	k, err := key()
	if err != nil {
		return "", "", err
	}
	if token, err = k.sign(claims); err != nil {
		return "", "", err
	}
	s.issued.secret(token)
	return token, k.public.ID, nil
}

// publish answers with the key set of key.
func publish(key lazyKey) answerer {
	return func(*http.Request, *Exchange) (any, error) {
		k, err := key()
		if err != nil {
			return nil, err
		}
		return map[string][]jwk{"keys": {k.public}}, nil
	}
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
