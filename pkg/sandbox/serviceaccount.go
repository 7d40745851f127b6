package sandbox

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// account is a service account with its keys.
type account struct {
	ServiceAccount
	system   lazyKey // Google's own, with which signJwt signs
	uploaded []jwk
	tokens   *tokenVerifier // of what any of the keys signs

	mu   sync.Mutex
	user *signingKey // the one that ServiceAccountKey gives away; nil until then
}

func newAccount(configured ServiceAccount, clouds *http.Client) (*account, error) {
	a := &account{
		ServiceAccount: configured,
		system:         newLazyKey(),
		tokens:         newTokenVerifier(clouds, configured.Email, "http://sandbox/google/oauth2/keys/"+configured.Email),
	}
	for _, key := range configured.Keys {
		public, err := key.parse()
		if err != nil {
			return nil, err
		}
		a.uploaded = append(a.uploaded, newJWK(public, key.ID))
	}
	return a, nil
}

// account returns the service account of an e-mail address or of a unique ID.
func (s *Sandbox) account(name string) (*account, bool) {
	if account, ok := s.accounts[name]; ok {
		return account, true
	}
	for _, account := range s.accounts {
		if account.uniqueID() == name {
			return account, true
		}
	}
	return nil, false
}

// member returns how IAM bindings name the service account.
func (a *account) member() string { return "serviceAccount:" + a.Email }

// uniqueID returns a number of 21 digits, as every service account has one.
func (a *account) uniqueID() string {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(a.Email)) // never fails
	return fmt.Sprintf("1%020d", hash.Sum64())
}

// project returns the ID of the service account's project, which its e-mail
// address says. The address of a project within a domain says it backwards.
func (a *account) project() string {
	name, host, _ := strings.Cut(a.Email, "@")
	project, ok := strings.CutSuffix(host, ".iam.gserviceaccount.com")
	if !ok {
		return name // as in my-project@appspot.gserviceaccount.com
	}
	if id, domain, ok := strings.Cut(project, "."); ok {
		return domain + ":" + id
	}
	return project
}

// parse returns the public key.
func (k ServiceAccountKey) parse() (*rsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(k.PublicKey))
	if block == nil {
		return nil, errors.New("is not PEM")
	}
	var public any
	var err error
	if block.Type == "CERTIFICATE" {
		var certificate *x509.Certificate
		if certificate, err = x509.ParseCertificate(block.Bytes); err == nil {
			public = certificate.PublicKey
		}
	} else {
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
	}
	if err != nil {
		return nil, errors.New("is neither a public key nor a certificate")
	}
	key, ok := public.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("is not an RSA key")
	}
	return key, nil
}

// keyFile is the file of a service account's key, as Google writes it:
// https://cloud.google.com/iam/docs/keys-create-delete#creating
type keyFile struct {
	Type                    string `json:"type"`
	ProjectID               string `json:"project_id"`
	PrivateKeyID            string `json:"private_key_id"`
	PrivateKey              string `json:"private_key"`
	ClientEmail             string `json:"client_email"`
	ClientID                string `json:"client_id"`
	AuthURI                 string `json:"auth_uri"`
	TokenURI                string `json:"token_uri"`
	AuthProviderCertificate string `json:"auth_provider_x509_cert_url"`
	ClientCertificate       string `json:"client_x509_cert_url"`
	UniverseDomain          string `json:"universe_domain"`
}

// ServiceAccountKey returns the key file of a service account, in JSON. The key
// exists from the first call on, beside those of the configuration, and every
// call returns the same one. token_uri is Google's, as in every such file.
func (s *Sandbox) ServiceAccountKey(email string) ([]byte, error) {
	account, ok := s.accounts[email]
	if !ok {
		return nil, fmt.Errorf("the sandbox has no service account %q", email)
	}
	key, made, err := account.userKey()
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key.private)
	if err != nil {
		return nil, err
	}
	private := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if made {
		// In a file, its lines are one.
		s.issued.secret(private, strings.ReplaceAll(private, "\n", `\n`))
	}
	return json.MarshalIndent(keyFile{ //nolint:gosec // A key file is there to hold the key.
		Type:                    "service_account",
		ProjectID:               account.project(),
		PrivateKeyID:            key.public.ID,
		PrivateKey:              private,
		ClientEmail:             email,
		ClientID:                account.uniqueID(),
		AuthURI:                 "https://accounts.google.com/o/oauth2/auth",
		TokenURI:                s.config.Google.tokenEndpoint(),
		AuthProviderCertificate: "https://www.googleapis.com/oauth2/v1/certs",
		ClientCertificate:       "https://www.googleapis.com/robot/v1/metadata/x509/" + url.QueryEscape(email),
		UniverseDomain:          s.config.Google.universe(),
	}, "", "  ")
}

// userKey returns the key to give away, and whether this call made it.
func (a *account) userKey() (key *signingKey, made bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.user != nil {
		return a.user, false, nil
	}
	if key, err = newSigningKey(); err != nil {
		return nil, false, err
	}
	key.public.ID = hex.EncodeToString(randomBytes(20)) // as Google's are
	a.user = key
	return key, true, nil
}

// accountKeys publishes the keys of a service account.
func (s *Sandbox) accountKeys(r *http.Request, x *Exchange) (any, error) {
	account, ok := s.accounts[r.PathValue("email")]
	if !ok {
		return nothing(r, x)
	}
	system, err := account.system()
	if err != nil {
		return nil, err
	}
	keys := append([]jwk{system.public}, account.uploaded...)
	account.mu.Lock()
	defer account.mu.Unlock()
	if account.user != nil {
		keys = append(keys, account.user.public)
	}
	return map[string][]jwk{"keys": keys}, nil
}
