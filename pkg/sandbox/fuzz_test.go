package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatepass/pkg/sandbox"
)

// A configuration is refused, or what it names is served.
func FuzzParseConfig(f *testing.F) {
	files, err := filepath.Glob("testdata/config/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "testdata/world.yaml", "testdata/accounts.yaml") {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		config, err := sandbox.ParseConfig([]byte(text))
		if err != nil {
			return
		}
		s, err := sandbox.New(config, sandbox.Options{})
		if err != nil {
			return
		}
		answer := httptest.NewRecorder()
		s.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/github/.well-known/openid-configuration", nil))
		if answer.Code != http.StatusOK {
			t.Errorf("the issuer answers %d: %s", answer.Code, answer.Body)
		}
	})
}

// Whoever has no secret gets none, whatever the request.
func FuzzRequest(f *testing.F) {
	const form, object = "application/x-www-form-urlencoded", "application/json"
	f.Add("GET", "/github/idtoken?api-version=2.0&audience=x", "Bearer request-token", "", "")
	f.Add("POST", "/aws", "", form, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn:aws:iam::123456789012:role/deploy&RoleSessionName=x&WebIdentityToken=eyJhbGciOiJub25lIn0.e30.")
	f.Add("POST", "/aws/", "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261122/eu-central-1/sts/aws4_request, SignedHeaders=host;x-amz-date, Signature=00", form, "Action=GetCallerIdentity&Version=2011-06-15")
	f.Add("POST", "/google/sts/v1/token", "", object, `{"audience": "//iam.googleapis.com/`+pool+`/providers/octo-repo", "grantType": "urn:ietf:params:oauth:grant-type:token-exchange", "subjectToken": "e30.e30."}`)
	f.Add("POST", "/google/iamcredentials/v1/projects/-/serviceAccounts/deploy@my-project.iam.gserviceaccount.com:generateAccessToken", "Bearer ya29.x", object, `{"scope": ["x"], "lifetime": "1s"}`)
	f.Add("POST", "/google/oauth2/token", "", form, "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=e30.e30.")
	s, err := sandbox.New(sandbox.DefaultConfig(), sandbox.Options{})
	if err != nil {
		f.Fatal(err)
	}
	issued := len(s.Secrets())
	f.Fuzz(func(t *testing.T, method, path, authorization, contentType, body string) {
		request, err := http.NewRequestWithContext(t.Context(), method, "http://sandbox"+path, strings.NewReader(body))
		if err != nil {
			return
		}
		request.Header.Set("Authorization", authorization)
		request.Header.Set("Content-Type", contentType)
		answer := httptest.NewRecorder()
		s.ServeHTTP(answer, request)
		if now := s.Secrets(); len(now) != issued {
			t.Errorf("%s %s was answered %d, and %d secrets were issued: %s", method, path, answer.Code, len(now)-issued, answer.Body)
		}
		for _, secret := range s.Secrets() {
			if strings.Contains(answer.Body.String(), secret) && !strings.Contains(path+body+authorization, secret) {
				t.Errorf("%s %s was answered with a secret: %s", method, path, answer.Body)
			}
		}
	})
}
