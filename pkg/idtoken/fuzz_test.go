package idtoken_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"gatepass/pkg/idtoken"
	"gatepass/pkg/retry"
	"gatepass/pkg/untrusted"
)

// roundTrip answers requests.
type roundTrip func(*http.Request) *http.Response

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

// Whatever answers in GitHub's place, there is a token of three parts, or an error of one line that is safe to print.
func FuzzAnswer(f *testing.F) {
	f.Add(200, `{"count": 1, "value": "`+jwt+`"}`)
	f.Add(200, `{"value": "a.b"}`)
	f.Add(403, `{"message": "no\n::set-output name=x::1"}`)
	f.Add(500, "<html>\x1b[31m##[error]")
	f.Fuzz(func(t *testing.T, status int, body string) {
		source, err := idtoken.NewSource("https://token.example", requestToken)
		if err != nil {
			t.Fatal(err)
		}
		github := &http.Client{Transport: roundTrip(func(*http.Request) *http.Response {
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
		})}
		token, err := source.Fetch(t.Context(), github, retry.Policy{Attempts: 1}, "sts.amazonaws.com")
		switch {
		case err == nil && (status != http.StatusOK || strings.Count(token.Reveal(), ".") != 2 || strings.ContainsAny(token.Reveal(), " \n:#[]")):
			t.Errorf("HTTP %d, %q gives the token %q", status, body, token.Reveal())
		case err != nil && err.Error() != untrusted.Inert(err.Error()):
			t.Errorf("HTTP %d, %q gives the error %q, which is not safe to print", status, body, err)
		}
	})
}
