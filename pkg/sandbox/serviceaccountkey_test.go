package sandbox_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gatepass/pkg/sandbox"
)

const byItself = "by-itself@my-project.iam.gserviceaccount.com"

// accountKey is a service account's key, as its file has it.
type accountKey struct {
	ID      string `json:"private_key_id"`
	PEM     string `json:"private_key"`
	Email   string `json:"client_email"`
	private crypto.Signer
}

func (f fixture) accountKey(t *testing.T, email string) accountKey {
	t.Helper()
	file, err := f.ServiceAccountKey(email)
	if err != nil {
		t.Fatal(err)
	}
	var key accountKey
	if err := json.Unmarshal(file, &key); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(key.PEM))
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	key.private = private.(crypto.Signer)
	return key
}

// sign returns claims as a JWT with the header given.
func (k accountKey) sign(t *testing.T, algorithm jose.SignatureAlgorithm, header map[jose.HeaderKey]any, claims object) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: k.private}, &jose.SignerOptions{ExtraHeaders: header})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// selfSigned returns a good JWT for the IAM Credentials API, but for the
// changes to its claims; nil leaves a claim out.
func (k accountKey) selfSigned(t *testing.T, changes object) string {
	t.Helper()
	return k.sign(t, jose.RS256, map[jose.HeaderKey]any{"typ": "JWT", "kid": k.ID}, k.claims(changes))
}

func (k accountKey) claims(changes object) object {
	claims := object{
		"iss": k.Email, "sub": k.Email, "aud": "https://iamcredentials.googleapis.com/",
		"iat": start.Unix(), "exp": start.Unix() + 3600,
	}
	for name, value := range changes {
		claims[name] = value
		if value == nil {
			delete(claims, name)
		}
	}
	return claims
}

func TestServiceAccountKeyFile(t *testing.T) {
	t.Parallel()
	config := readConfig(t, "testdata/world.yaml")
	for _, email := range []string{
		"a@my-project.example.com.iam.gserviceaccount.com", "other-project@appspot.gserviceaccount.com",
	} {
		config.Google.ServiceAccounts = append(config.Google.ServiceAccounts, sandbox.ServiceAccount{Email: email})
	}
	f := serve(t, config, nil)
	key := f.accountKey(t, deploy)
	for email, project := range map[string]string{
		deploy: "my-project",
		"a@my-project.example.com.iam.gserviceaccount.com": "example.com:my-project",
		"other-project@appspot.gserviceaccount.com":        "other-project",
	} {
		file, err := f.ServiceAccountKey(email)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]string
		if err := json.Unmarshal(file, &got); err != nil {
			t.Fatal(err)
		}
		if len(got["private_key_id"]) != 40 || len(got["client_id"]) != 21 || len(got) != 11 {
			t.Errorf("private_key_id %q, client_id %q of %d fields", got["private_key_id"], got["client_id"], len(got))
		}
		for name, want := range map[string]string{
			"type": "service_account", "project_id": project, "client_email": email,
			"auth_uri": "https://accounts.google.com/o/oauth2/auth", "token_uri": "https://oauth2.googleapis.com/token",
			"auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
			"client_x509_cert_url":        "https://www.googleapis.com/robot/v1/metadata/x509/" + strings.Replace(email, "@", "%40", 1),
			"universe_domain":             "googleapis.com",
		} {
			if got[name] != want {
				t.Errorf("%s is %q, want %q", name, got[name], want)
			}
		}
	}
	again, err := f.ServiceAccountKey(deploy)
	if err != nil || !bytes.Contains(again, []byte(key.ID)) {
		t.Errorf("another call returns another key: %v", err)
	}
	escaped := strings.ReplaceAll(key.PEM, "\n", `\n`)
	if !strings.HasPrefix(key.PEM, "-----BEGIN PRIVATE KEY-----\n") || !bytes.Contains(again, []byte(escaped)) {
		t.Errorf("the private key is %.30q", key.PEM)
	}
	for _, secret := range []string{key.PEM, escaped} {
		if !slices.Contains(f.Secrets(), secret) {
			t.Errorf("Secrets lacks %.60q", secret)
		}
	}
	if _, err := f.ServiceAccountKey(nobody); err == nil || err.Error() != `the sandbox has no service account "`+nobody+`"` {
		t.Errorf("the error is %v", err)
	}
}

func TestSelfSignedJWT(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	itself, bound := f.accountKey(t, byItself), f.accountKey(t, deploy)
	good := itself.selfSigned(t, nil)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	header := map[jose.HeaderKey]any{"typ": "JWT", "kid": itself.ID}
	signedBy := func(private crypto.Signer, algorithm jose.SignatureAlgorithm, header map[jose.HeaderKey]any) string {
		key := itself
		key.private = private
		return key.sign(t, algorithm, header, itself.claims(nil))
	}
	system := func(claims object) string {
		text, err := json.Marshal(itself.claims(claims))
		if err != nil {
			t.Fatal(err)
		}
		r := f.postJSON(t, accounts+byItself+":signJwt", good, object{"payload": string(text)})
		return decode[map[string]string](t, r)["signedJwt"]
	}
	bad := iamRefusal{refusal: refusal{401, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."}}
	denied := func(permission string) iamRefusal {
		permission = "iam.serviceAccounts." + permission
		return iamRefusal{refusal: refusal{403, "PERMISSION_DENIED", "Permission '" + permission + "' denied on resource (or it may not exist)."}, permission: permission}
	}
	granted := iamRefusal{}

	for _, test := range []iamTest{
		{name: "access token", email: byItself, bearer: good, want: granted},
		{name: "ID token", method: "generateIdToken", email: byItself, bearer: good, want: granted},
		{name: "signature", method: "signJwt", email: byItself, bearer: good, want: granted},
		{name: "for the sandbox's own origin", email: byItself, bearer: itself.selfSigned(t, object{"aud": f.url + "/"}), want: granted},
		{name: "signed by Google for the account", email: byItself, bearer: system(nil), want: granted},
		{name: "at its end, with the skew", email: byItself, bearer: good, wait: time.Hour + time.Minute, want: granted},

		{name: "not TokenCreator on itself", email: deploy, bearer: bound.selfSigned(t, nil), want: denied("getAccessToken")},
		{name: "not TokenCreator on itself, ID token", method: "generateIdToken", email: deploy, bearer: bound.selfSigned(t, nil), want: denied("getOpenIdToken")},
		{name: "another account", email: deploy, bearer: good, want: denied("getAccessToken")},

		{name: "expired", email: byItself, bearer: good, wait: time.Hour + time.Minute + time.Second, want: bad},
		{name: "issued in the future", email: byItself, bearer: good, wait: -time.Minute - time.Second, want: bad},
		{name: "longer than an hour", email: byItself, bearer: itself.selfSigned(t, object{"exp": start.Unix() + 3601}), want: bad},
		{name: "no iat", email: byItself, bearer: itself.selfSigned(t, object{"iat": nil}), want: bad},
		{name: "no exp", email: byItself, bearer: itself.selfSigned(t, object{"exp": nil}), want: bad},
		{name: "no aud", email: byItself, bearer: itself.selfSigned(t, object{"aud": nil}), want: bad},
		{name: "audience without its slash", email: byItself, bearer: itself.selfSigned(t, object{"aud": "https://iamcredentials.googleapis.com"}), want: bad},
		{name: "audience of another API", email: byItself, bearer: itself.selfSigned(t, object{"aud": "https://storage.googleapis.com/"}), want: bad},
		{name: "no sub", email: byItself, bearer: itself.selfSigned(t, object{"sub": nil}), want: bad},
		{name: "sub of another", email: byItself, bearer: itself.selfSigned(t, object{"sub": deploy}), want: bad},
		{name: "account of another", email: byItself, bearer: itself.selfSigned(t, object{"iss": deploy, "sub": deploy}), want: bad},
		{name: "no such account", email: byItself, bearer: itself.selfSigned(t, object{"iss": nobody, "sub": nobody}), want: bad},
		{name: "changed", email: byItself, bearer: rewrite(t, good, "by-itself", "deploy"), want: bad},
		{name: "key of no one", email: byItself, bearer: signedBy(stranger, jose.RS256, header), want: bad},
		{name: "key ID of no one", email: byItself, bearer: signedBy(itself.private, jose.RS256, map[jose.HeaderKey]any{"typ": "JWT", "kid": "x"}), want: bad},
		{name: "no kid", email: byItself, bearer: signedBy(itself.private, jose.RS256, map[jose.HeaderKey]any{"typ": "JWT"}), want: bad},
		{name: "no typ", email: byItself, bearer: signedBy(itself.private, jose.RS256, map[jose.HeaderKey]any{"kid": itself.ID}), want: bad},
		{name: "RS512", email: byItself, bearer: signedBy(itself.private, jose.RS512, header), want: bad},
		{name: "ES256", email: byItself, bearer: signedBy(curve, jose.ES256, header), want: bad},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, f) })
	}
	if !slices.Contains(f.Secrets(), good) {
		t.Error("Secrets lacks the JWT that was taken")
	}
}

// TestKeyAssertion exchanges what a key signed for an access token.
func TestKeyAssertion(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	key, delegated := f.accountKey(t, byItself), f.accountKey(t, byPool)
	exchange := func(key accountKey, changes object) response {
		claims := object{"aud": "https://oauth2.googleapis.com/token", "sub": nil, "scope": directoryScope}
		for name, value := range changes {
			claims[name] = value
		}
		return f.postForm(t, "/google/oauth2/token", url.Values{
			"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {key.selfSigned(t, claims)},
		})
	}
	access := decode[object](t, exchange(key, nil))["access_token"].(string)
	f.accessToken(t, byItself, access)

	user := decode[object](t, exchange(delegated, object{"sub": "admin@example.com"}))["access_token"].(string)
	if got := readIAMRefusal(t, f.postJSON(t, accounts+byPool+":generateAccessToken", user, object{"scope": []string{"openid"}})); got.status != http.StatusForbidden {
		t.Errorf("a user's token: got %+v, want a refusal", got)
	}
	impostor := key
	impostor.Email = byPool
	for name, test := range map[string]struct {
		got  response
		want refusal
	}{
		"user without delegation": {exchange(key, object{"sub": "admin@example.com"}), refusal{401, "unauthorized_client", "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested."}},
		"key of another account":  {exchange(impostor, nil), refusal{400, "invalid_grant", "Invalid JWT Signature."}},
		"JWT for the API":         {exchange(key, object{"aud": "https://iamcredentials.googleapis.com/"}), refusal{400, "invalid_grant", "Invalid JWT: Failed audience check. The right audience is https://oauth2.googleapis.com/token"}},
	} {
		if got := oauthRefusal(t, test.got); got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

// TestConfiguredKeys signs in with keys whose private halves the sandbox never had.
func TestConfiguredKeys(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	bare, certified := strings.Repeat("0a", 20), strings.Repeat("0b", 20)
	f := newGoogle(t, func(g *sandbox.Google) {
		for i := range g.ServiceAccounts {
			if g.ServiceAccounts[i].Email == byItself {
				g.ServiceAccounts[i].Keys = []sandbox.ServiceAccountKey{
					{ID: bare, PublicKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))},
					{ID: certified, PublicKey: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}))},
				}
			}
		}
	}, nil)
	for id, status := range map[string]int{bare: 200, certified: 200, strings.Repeat("0c", 20): 401} {
		key := accountKey{ID: id, Email: byItself, private: private}
		r := f.postJSON(t, accounts+byItself+":generateAccessToken", key.selfSigned(t, nil), object{"scope": []string{"openid"}})
		if r.status != status {
			t.Errorf("%s: status %d, want %d: %s", id, r.status, status, r.body)
		}
	}
	published := decode[map[string][]map[string]any](t, f.do(t, "GET", "/google/oauth2/keys/"+byItself, "", "", ""))["keys"]
	if len(published) != 3 {
		t.Errorf("%d keys are published, want 3", len(published))
	}
}
