package cli_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gatepass/pkg/quote"
	"gatepass/pkg/sandbox"
	"gatepass/pkg/sandbox/job"
)

// piece is the number of characters of a secret, in any form, that are a leak. Of a short one half is, but not fewer than shortest.
const piece, shortest = 16, 6

// forms are the ways to write a secret that can be read back, each perhaps over several lines. Of these the runner masks the text itself,
// base64 as encoding/base64's standard has it, and the escapes of JSON, XML and URLs, but nothing else: actions/runner,
// src/Runner.Common/HostContext.cs and src/Sdk/DTLogging/Logging/ValueEncoders.cs.
var forms = map[string]func(string) string{
	"as it is":         func(s string) string { return s },
	"quoted by Go":     strconv.Quote,
	"quoted by JSON":   func(s string) string { text, _ := json.Marshal(s); return string(text) }, // cannot fail: a string
	"escaped by XML":   html.EscapeString,
	"escaped by URLs":  url.QueryEscape,
	"in a URL's path":  url.PathEscape,
	"in Markdown":      quote.Markdown,
	"code in Markdown": func(s string) string { return quote.Code("|" + s) },
	"bytes":            func(s string) string { return fmt.Sprintf("%d", []byte(s)) },
	"bytes of Go":      func(s string) string { return fmt.Sprintf("%#v", []byte(s)) },
	"hexadecimal":      func(s string) string { return hex.EncodeToString([]byte(s)) },
	"HEXADECIMAL":      func(s string) string { return fmt.Sprintf("%X", s) },
	"hex, by byte":     func(s string) string { return fmt.Sprintf("% x", s) },
	"base64":           shifted(base64.StdEncoding, 0),
	"base64, behind 1": shifted(base64.StdEncoding, 1),
	"base64, behind 2": shifted(base64.StdEncoding, 2),
	"base64 of URLs":   shifted(base64.RawURLEncoding, 0),
	"…, behind 1":      shifted(base64.RawURLEncoding, 1),
	"…, behind 2":      shifted(base64.RawURLEncoding, 2),
}

// shifted encodes a secret that other bytes come before, and leaves out the characters that depend on those.
func shifted(encoding *base64.Encoding, before int) func(string) string {
	return func(s string) string {
		text := encoding.EncodeToString(append(make([]byte, before), s...))
		return text[min(4, len(text))*min(before, 1):]
	}
}

// leak tells which secret a text has a piece of, and in what form.
func leak(text string, secrets []string) error {
	pieces := map[int]map[string]bool{} // of the text, by their length
	for _, secret := range secrets {
		for _, part := range parts(secret) {
			for form, encode := range forms {
				encoded := encode(part)
				size := max(shortest, min(piece, len(encoded)/2))
				if pieces[size] == nil {
					pieces[size] = piecesOf(size, text, strings.Join(strings.Fields(text), ""))
				}
				for i := 0; i+size <= len(encoded); i++ {
					if pieces[size][encoded[i:i+size]] {
						return fmt.Errorf("a secret is printed, %s: %.4s…", form, secret)
					}
				}
			}
		}
	}
	return nil
}

func piecesOf(size int, texts ...string) map[string]bool {
	pieces := map[string]bool{}
	for _, text := range texts {
		for i := 0; i+size <= len(text); i++ {
			pieces[text[i:i+size]] = true
		}
	}
	return pieces
}

// lines takes a PEM file apart, also one in JSON, whose line breaks are \n.
var lines = regexp.MustCompile(`\n|\\n`)

// parts are the parts of a secret that nobody may see: of a token its signature, as the claims are no secret, and of a key all but what
// says that it is one.
func parts(secret string) []string {
	if token := strings.Split(secret, "."); len(token) == 3 && strings.HasPrefix(secret, "eyJ") {
		return token[2:]
	}
	var parts []string
	for _, line := range lines.Split(secret, -1) {
		if !strings.HasPrefix(line, "-----") {
			parts = append(parts, line)
		}
	}
	return parts
}

// printed is what a stage has written, without the masks, which the runner does not show.
func printed(log string) string {
	var text strings.Builder
	for line := range strings.Lines(log) {
		if commands := job.Commands(line); len(commands) != 1 || commands[0].Name != "add-mask" || !strings.HasPrefix(line, "::add-mask::") {
			text.WriteString(line)
		}
	}
	return text.String()
}

// The search that all scripts go through finds what it is for.
func TestALeakIsFound(t *testing.T) {
	t.Parallel()
	w := &world{}
	var err error
	if w.sandbox, err = sandbox.New(sandbox.DefaultConfig(), sandbox.Options{RequestToken: "1/wJalr+XUtnFEMI/K7MDENG<bPxRfi>CYEXAMPLEKEY"}); err != nil {
		t.Fatal(err)
	}
	key, err := w.sandbox.ServiceAccountKey("deploy@my-project.iam.gserviceaccount.com")
	if err != nil {
		t.Fatal(err)
	}
	secret := w.sandbox.Secrets()[0]
	for form, encode := range forms {
		for _, text := range []string{encode(secret), encode(secret)[5:] + "…", "AWS: " + encode("x:"+secret+"!") + "\n", "::error::" + encode(secret), "##[add-mask]" + encode(secret), " ::add-mask::" + encode(secret)} {
			if err := w.noSecretIn([]byte("one line\n" + text)); err == nil {
				t.Errorf("%s: %s is not found", form, text)
			}
		}
	}
	for what, text := range map[string]string{
		"a line of a key":    lines.Split(string(key), -1)[8],
		"a token":            "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvIn0.c2lnbmF0dXJlc2lnbmF0dXJl",
		"a token's own end":  "c2lnbmF0dXJlc2lnbmF0dXJl",
		"a key over lines":   regexp.MustCompile(`.{10}`).ReplaceAllString(secret, "$0\n  "),
		"half of a key's ID": "AKIAIOSFOD…",
	} {
		if leak(text, append(w.sandbox.Secrets(), "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvIn0.c2lnbmF0dXJlc2lnbmF0dXJl")) == nil {
			t.Errorf("%s is not found", what)
		}
	}
	for what, text := range map[string]string{
		"a mask":           "::add-mask::" + secret + "\n",
		"what is masked":   "AWS_SECRET_ACCESS_KEY=***\n",
		"a few characters": "it begins with " + secret[:piece-1],
		"a kind of key":    "-----BEGIN PRIVATE KEY-----\n",
	} {
		if err := w.noSecretIn([]byte(text)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
