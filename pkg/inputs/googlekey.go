package inputs

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"

	"gatepass/pkg/lazyregexp"
	"gatepass/pkg/secret"
)

// ServiceAccountKey is a key of a Google service account.
// https://docs.cloud.google.com/iam/docs/keys-create-delete
type ServiceAccountKey struct {
	ID        string
	Email     string
	ProjectID string
	Private   *rsa.PrivateKey
	// File is the whole key, compact JSON, and Secrets what is to be masked of it.
	File    secret.String
	Secrets []secret.String
}

// key reads credentials_json, which is JSON or base64 of it, of either alphabet, with padding or without. No error shows any of it.
func (r *reader) key() *ServiceAccountKey {
	const input = "credentials_json"
	text := r.raw(input)
	if text == "" {
		return nil
	}
	if !strings.HasPrefix(text, "{") {
		decoded, err := decodeBase64(text)
		if err != nil || !bytes.HasPrefix(bytes.TrimSpace(decoded), []byte("{")) {
			r.fault(input, "is neither JSON nor base64 of it; use the whole content of the key's file")
			return nil
		}
		text = string(decoded)
	}
	var file struct {
		Type       string
		PrivateKey string `json:"private_key"`
		KeyID      string `json:"private_key_id"`
		Email      string `json:"client_email"`
		ProjectID  string `json:"project_id"`
	}
	var compact bytes.Buffer
	if json.Unmarshal([]byte(text), &file) != nil || json.Compact(&compact, []byte(text)) != nil {
		r.fault(input, "is not JSON; use the whole content of the key's file")
		return nil
	}
	private := parseRSA(file.PrivateKey)
	switch {
	case file.Type != "service_account":
		r.fault(input, "is a credential of another kind%s; it must be a key of a service account", kind(file.Type))
	case private == nil:
		r.fault(input, "holds no private key that can be read; use the whole content of the key's file")
	case !serviceAccountForm().MatchString(file.Email):
		r.fault(input, "holds no client_email of a service account; use the whole content of the key's file")
	}
	if file.ProjectID != "" && !projectForm().MatchString(file.ProjectID) {
		r.fault(input, "holds a project_id that is none; use the whole content of the key's file")
	}
	key := &ServiceAccountKey{ID: file.KeyID, Email: file.Email, ProjectID: file.ProjectID, Private: private, File: secret.New(compact.String())}
	for line := range strings.Lines(file.PrivateKey) { // -----BEGIN is no secret, and a mask of it would hide other keys' first lines
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "-----") {
			key.Secrets = append(key.Secrets, secret.New(line))
		}
	}
	return key
}

var kindForm = lazyregexp.New(`^[a-z_]{1,40}$`)

// kind shows a type, unless it may be something else that is in the wrong place.
func kind(name string) string {
	if !kindForm().MatchString(name) {
		return ""
	}
	return ", " + quote(name)
}

func decodeBase64(text string) ([]byte, error) {
	text = strings.NewReplacer("-", "+", "_", "/", "\n", "", "\r", "", " ", "").Replace(text)
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
}

// parseRSA reads a PEM block of PKCS #8, as Google writes it, or PKCS #1. It returns nil for anything else.
func parseRSA(text string) *rsa.PrivateKey {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key
	}
	key, _ := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, _ := key.(*rsa.PrivateKey)
	return private
}
