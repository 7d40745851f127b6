package inputs_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
)

// keyFile is a key as Google writes it, over lines.
func keyFile(t *testing.T, change func(map[string]string)) string {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	file := map[string]string{
		"type": "service_account", "project_id": "key-project", "private_key_id": "k1", "client_email": account,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	}
	if change != nil {
		change(file)
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestKey(t *testing.T) {
	t.Parallel()
	file := keyFile(t, nil)
	for name, text := range map[string]string{
		"JSON":                  file,
		"base64":                base64.StdEncoding.EncodeToString([]byte(file)),
		"base64 over lines":     strings.Join(strings.SplitAfter(base64.StdEncoding.EncodeToString([]byte(file)), "A"), "\n"),
		"base64url, no padding": base64.RawURLEncoding.EncodeToString([]byte(file)),
	} {
		in, err := with{"credentials_json": text}.parse()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		key := in.Google.Key
		if key.Email != account || key.ID != "k1" || key.Private == nil || in.Google.ServiceAccount != account || in.Google.ProjectID != "my-project" {
			t.Errorf("%s: got key %s of %s, service account %s, project %s", name, key.ID, key.Email, in.Google.ServiceAccount, in.Google.ProjectID)
		}
		if strings.Contains(key.File.Reveal(), "\n  ") || !json.Valid([]byte(key.File.Reveal())) {
			t.Errorf("%s: the file is not compact JSON", name)
		}
	}
}

func TestFaultsOfAKey(t *testing.T) {
	t.Parallel()
	key := func(change func(map[string]string)) with { return with{"credentials_json": keyFile(t, change)} }
	for name, test := range map[string]fault{
		"key and provider": {google.and(key(nil)), "workload_identity_provider: is given together with credentials_json; give one of them, and rather this one: it needs no stored key"},
		"neither base64":   {with{"credentials_json": "deploy@my-project"}, "credentials_json: is neither JSON nor base64 of it; use the whole content of the key's file"},
		"base64 of text":   {with{"credentials_json": "aGVsbG8="}, "credentials_json: is neither JSON nor base64 of it; use the whole content of the key's file"},
		"half of it":       {with{"credentials_json": `{"type": "service_account", "private_key": "s3cr3t`}, "credentials_json: is not JSON; use the whole content of the key's file"},
		"another kind":     {key(func(f map[string]string) { f["type"] = "external_account" }), `credentials_json: is a credential of another kind, "external_account"; it must be a key of a service account`},
		"no private key":   {key(func(f map[string]string) { f["private_key"] = "s3cr3t" }), "credentials_json: holds no private key that can be read; use the whole content of the key's file"},
		"no address":       {key(func(f map[string]string) { f["client_email"] = "" }), "credentials_json: holds no client_email of a service account; use the whole content of the key's file"},
	} {
		t.Run(name, test.run)
	}
}

func FuzzKey(f *testing.F) {
	f.Add(`{"type":"service_account","private_key":"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"}`)
	f.Add("eyJ0eXBlIjoic2VydmljZV9hY2NvdW50In0")
	f.Fuzz(func(t *testing.T, text string) {
		in, err := with{"credentials_json": text}.parse()
		if err == nil && in.Google != nil && in.Google.Key != nil && in.Google.Key.Private == nil {
			t.Error("a key without its private half")
		}
	})
}
