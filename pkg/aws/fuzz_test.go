package aws_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"gatepass/pkg/aws"
	"gatepass/pkg/secret"
	"gatepass/pkg/untrusted"
)

// Whatever answers in AWS's place, there are credentials that are whole and printable, or an error of one line that is safe to print.
func FuzzAnswer(f *testing.F) {
	f.Add(200, assumed(credentials+user))
	f.Add(200, assumed(user))
	f.Add(403, refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"))
	f.Add(400, refused("&#10;::debug::", "##[error]&#13;"))
	f.Add(404, "<html>\x1b[31m##[error]")
	f.Fuzz(func(t *testing.T, status int, body string) {
		sts := &server{answers: []answer{{max(status, 1), body}}}
		client := aws.Client{HTTP: &http.Client{Transport: sts}, Mask: (&masks{}).mask, Info: func(string, ...any) {}, Now: time.Now}
		got, err := client.SignIn(t.Context(), input(), func(context.Context) (secret.String, error) { return secret.New(idToken), nil })
		if err != nil {
			if text := err.Error(); text != untrusted.Inert(text) {
				t.Errorf("HTTP %d, %q gives the error %q, which is not safe to print", status, body, text)
			}
			return
		}
		for name, value := range map[string]string{"access key": got.AccessKeyID.Reveal(), "secret key": got.SecretAccessKey.Reveal(),
			"session token": got.SessionToken.Reveal(), "account": got.AccountID, "ARN": got.ARN} {
			if value == "" || strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
				t.Errorf("HTTP %d, %q gives the %s %q", status, body, name, value)
			}
		}
	})
}
