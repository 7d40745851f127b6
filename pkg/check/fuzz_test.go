package check

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"gatepass/pkg/report"
	"gatepass/pkg/trust"
)

// Whatever a file holds, a check ends with something that it has checked, or with an error, and a token that it is asked about gets an
// answer from one of the policies at least.
func FuzzCheck(f *testing.F) {
	scripts, err := filepath.Glob("../../cmd/gatepass/testdata/script/check_*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, script := range scripts {
		archive, err := txtar.ParseFile(script)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			f.Add(string(file.Data))
		}
	}
	tokens := []token{{"a token", trust.Claims{
		"iss": trust.GitHubIssuer, "sub": "repo:octo-org/octo-repo:ref:refs/heads/main", "actor": trust.Untold{},
	}}}
	f.Fuzz(func(t *testing.T, text string) {
		content, err := trust.ParseJSON([]byte(text))
		if err != nil {
			return
		}
		aws, google := &awsCheck{check: check{cloud: "aws", tokens: tokens}}, &googleCheck{check: check{cloud: "google", tokens: tokens}}
		for name, examine := range map[string]func(string, *trust.Node) ([]report.Policy, error){"aws": aws.file, "google": google.file} {
			policies, err := examine("file.json", content)
			answers := 0
			for _, policy := range policies {
				answers += len(policy.Verdicts)
			}
			if err == nil && answers == 0 {
				t.Errorf("%s: no error, and no answer about the token", name)
			}
		}
	})
}

// A token on standard input has claims, or it is said what is wrong with it, without any of it.
func FuzzToken(f *testing.F) {
	f.Add("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lzc3VlciIsImF1ZCI6ImEifQ.c2ln")
	f.Add("a.e30.c\n")
	f.Add("a.bnVsbA.c")
	f.Add("::debug::not a token at all")
	f.Fuzz(func(t *testing.T, text string) {
		flags := newClaimFlags()
		if err := flags.Parse([]string{"--token", "-"}); err != nil {
			t.Fatal(err)
		}
		tokens, err := flags.tokens(strings.NewReader(text))
		if err == nil && (len(tokens) != 1 || tokens[0].claims == nil) {
			t.Errorf("%q gives %+v", text, tokens)
		}
		if err != nil && len(text) > 20 && strings.Contains(err.Error(), text[:20]) {
			t.Errorf("%q is shown by the error %v", text, err)
		}
	})
}
