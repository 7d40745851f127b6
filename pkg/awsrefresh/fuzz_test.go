package awsrefresh_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatepass/pkg/awsrefresh"
	"gatepass/pkg/untrusted"
)

// refusing are clouds that refuse everything.
type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	answer.WriteHeader(http.StatusForbidden)
	return answer.Result(), nil
}

// Whatever another step has made of a sign-in's files, the program hands out credentials that are as they should be, or an error that can
// be made safe to print.
func FuzzFolder(f *testing.F) {
	const settings = `{"Region":"eu-central-1","Endpoint":"http://sandbox/aws","Audience":"sts.amazonaws.com","Role":{"ARN":"arn:aws:iam::123456789012:role/deploy","SessionName":"GitHubActions","Duration":3600000000000},"Attempts":12}`
	f.Add(settings, firstDocument)
	f.Add(settings, strings.Replace(firstDocument, "07:00", "05:00", 1))
	f.Add(strings.Replace(settings, "http://sandbox", "::debug::", 1), `{"Version": 1}`)
	f.Add(`{"Region": "\n##[error]", "Role": null}`, "")
	f.Fuzz(func(t *testing.T, settings, credentials string) {
		dir := t.TempDir()
		for name, content := range map[string]string{"settings.json": settings, "credentials.json": credentials} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		env := map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": "http://sandbox/github/idtoken", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token"}
		document, err := awsrefresh.Process{
			Folder: dir, Getenv: func(name string) string { return env[name] }, Now: func() time.Time { return start }, HTTP: &http.Client{Transport: refusing{}},
		}.Document(t.Context())
		switch {
		case err == nil && (string(document) != credentials || !strings.Contains(credentials, "20")): // a year
			t.Errorf("%q gives %q", credentials, document)
		case err != nil && strings.ContainsAny(untrusted.Line(err.Error()), "\n\x1b"):
			t.Errorf("%q gives the error %q", settings, err)
		}
	})
}
