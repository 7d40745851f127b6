package google_test

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"gatepass/pkg/google"
	"gatepass/pkg/inputs"
	"gatepass/pkg/secret"
	"gatepass/pkg/untrusted"
)

// ways are all that a service of Google's is asked for.
var ways = map[string]func(*inputs.Google){
	"access token":      accessToken,
	"ID token":          func(in *inputs.Google) { accessToken(in); in.TokenFormat = inputs.IDTokenFormat },
	"token of the user": func(in *inputs.Google) { accessToken(in); in.AccessToken.Subject = "user@example.com" },
}

// Whatever answers in Google's place, there are tokens that are printable, or an error of one line that is safe to print.
func FuzzAnswer(f *testing.F) {
	const access = `{"accessToken":"ya29.x","expireTime":"2026-11-22T06:00:00Z"}`
	f.Add(200, federated, access)
	f.Add(200, federated, `{"accessToken":"a\nb","expireTime":"soon"}`)
	f.Add(403, federated, `{"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "::debug::", "details": [{"reason": "X", "metadata": {"permission": "y"}}]}}`)
	f.Add(200, federated, `{"signedJwt":"a.b.c","access_token":"ya29.x","expires_in":3599,"token":"a.b.c","accessToken":"ya29.y"}`)
	f.Add(200, federated, `{"signedJwt":"a.b.c","access_token":{},"token":"##[error]"}`)
	f.Add(400, `{"error": "invalid_grant", "error_description": "##[error]\r\n"}`, "")
	f.Add(404, "<html>\x1b[31m##[error]", "")
	f.Fuzz(func(t *testing.T, status int, first, second string) {
		for way, change := range ways {
			cloud := &server{answers: []answer{{max(status, 1), first}, {max(status, 1), second}}}
			if second != "" {
				cloud.answers[0].status = http.StatusOK
			}
			client := google.Client{HTTP: &http.Client{Transport: cloud}, Mask: func(...secret.String) {}, Now: time.Now}
			got, err := client.SignIn(t.Context(), input(change), func(context.Context) (secret.String, error) { return secret.New(idToken), nil })
			if err != nil {
				if text := err.Error(); text != untrusted.Inert(text) {
					t.Errorf("%s: HTTP %d, %q, %q give the error %q, which is not safe to print", way, status, first, second, text)
				}
				continue
			}
			last := cmp.Or(got.AccessToken.Value.Reveal(), got.IDToken.Value.Reveal())
			for name, value := range map[string]string{"federated token": got.Auth.Value.Reveal(), way: last} {
				if value == "" || strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
					t.Errorf("HTTP %d, %q, %q give the %s %q", status, first, second, name, value)
				}
			}
		}
	})
}
