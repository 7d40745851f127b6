package aws_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"gatepass/pkg/aws"
	"gatepass/pkg/inputs"
	"gatepass/pkg/secret"
	"gatepass/pkg/untrusted"
)

// ways are all that AWS STS is asked for.
func ways() map[string]inputs.AWS {
	named, keys := withKeys(), withKeys()
	named.Role.ARN = "deploy"
	keys.Role = nil
	return map[string]inputs.AWS{"by GitHub's token": input(), "by a key": withKeys(), "by a key, role by its name": named, "a key": keys}
}

// Whatever answers in AWS's place, there are credentials that are whole and printable, or an error of one line that is safe to print.
func FuzzAnswer(f *testing.F) {
	byKey := strings.ReplaceAll(assumed(credentials+user), "WithWebIdentity", "")
	f.Add(200, "", "", assumed(credentials+user))
	f.Add(200, "", "", assumed(user))
	f.Add(200, "", "", byKey)
	f.Add(200, "", "", identity)
	f.Add(200, "", "", strings.ReplaceAll(identity, "arn:aws:", "arn:\x1b[31m:"))
	f.Add(403, "", "Sun, 22 Nov 2026 06:00:00 GMT", refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"))
	f.Add(400, "", "yesterday", refused("&#10;::debug::", "##[error]&#13;"))
	f.Add(429, "7", "", refused("Throttling", "Rate exceeded"))
	f.Add(503, "-99999999999999999999", "", "")
	f.Add(404, "", "", "<html>\x1b[31m##[error]")
	f.Fuzz(func(t *testing.T, status int, after, date, body string) {
		for way, in := range ways() {
			sts := &server{answers: []answer{{max(status, 1), body}}, retryAfter: after, date: date}
			client := aws.Client{HTTP: &http.Client{Transport: sts}, Mask: (&masks{}).mask, Info: func(string, ...any) {}, Now: time.Now}
			got, err := client.SignIn(t.Context(), in, func(context.Context) (secret.String, error) { return secret.New(idToken), nil })
			if err != nil {
				if text := err.Error(); text != untrusted.Inert(text) {
					t.Errorf("%s: HTTP %d, %q gives the error %q, which is not safe to print", way, status, body, text)
				}
				continue
			}
			values := map[string]string{"access key": got.AccessKeyID.Reveal(), "secret key": got.SecretAccessKey.Reveal(), "account": got.AccountID, "ARN": got.ARN}
			if in.Role != nil {
				values["session token"] = got.SessionToken.Reveal()
			}
			for name, value := range values {
				if value == "" || strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
					t.Errorf("%s: HTTP %d, %q gives the %s %q", way, status, body, name, value)
				}
			}
		}
	})
}
