package explain

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"gatepass/pkg/inputs"
	"gatepass/pkg/untrusted"
)

// cases are those of a step, as a file of testdata/summary tells it.
func (told refused) cases(t *testing.T) []Case {
	t.Helper()
	in := told.inputs(t)
	if told.GitHub.Service != "" {
		return []Case{{Refusal: told.GitHub, Job: told.Job, AWS: in.AWS, Google: in.Google}}
	}
	var cases []Case
	if in.AWS != nil {
		cases = append(cases, Case{Refusal: told.AWS, Job: told.Job, AWS: in.AWS, Claims: told.claims(inputs.Inputs{AWS: in.AWS})})
	}
	if in.Google != nil {
		cases = append(cases, Case{Refusal: told.Google, Job: told.Job, Google: in.Google, Claims: told.claims(inputs.Inputs{Google: in.Google})})
	}
	return cases
}

// Each file of testdata/summary is a step and its summary.
// asIs hides nothing.
func asIs(text string) string { return text }

func TestSummary(t *testing.T) {
	files, err := filepath.Glob("testdata/summary/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata/summary holds %d files, error %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { testSummary(t, file) })
	}
}

func testSummary(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil || len(archive.Files) != 2 {
		t.Fatalf("%d files, error %v", len(archive.Files), err)
	}
	var told refused
	if err := yaml.UnmarshalWithOptions(archive.Files[0].Data, &told, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	got, want := Summary(told.cases(t), asIs), &archive.Files[1].Data
	if *update && got != string(*want) {
		*want = []byte(got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got != string(*want) {
		t.Errorf("got\n%s\nwant\n%s", got, *want)
	}
}

// What a branch is called must not become a part of the page.
func FuzzSummary(f *testing.F) {
	for _, seed := range []string{"refs/heads/main", "a|b", "`", "```\n", "</details>", "<img src=x>", "[a](https://b)", "| x |\n|---|", "\\", "${aws:username}", "--"} {
		f.Add(seed)
	}
	told := refused{
		With: map[string]string{
			"aws-region": "eu-central-1", "role-to-assume": "arn:aws:iam::123456789012:role/deploy",
			"workload_identity_provider": "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo",
		},
		AWS:    Refusal{Service: AWSSTS, Code: "AccessDenied", Message: "Not authorized to perform sts:AssumeRoleWithWebIdentity", Status: 403},
		Google: Refusal{Service: GoogleSTS, Code: "unauthorized_client", Message: "The given credential is rejected by the attribute condition.", Status: 400},
	}
	tags := func(t *testing.T, text string) string {
		t.Helper()
		told.Claims = map[string]any{"ref": text, "sub": "repo:octo-org/octo-repo:ref:" + text, "actor": text, "environment": text}
		told.AWS.Message = "Not authorized to perform sts:AssumeRoleWithWebIdentity " + text
		return shape(t, Summary(told.cases(t), asIs))
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = untrusted.Line(text)
		if text == "" || strings.HasPrefix(text, "refs/") {
			t.Skip("says something else")
		}
		if got, want := tags(t, text), tags(t, strings.Repeat("x", len(text))); got != want {
			t.Errorf("%q gives the page another shape:\n%s\nwant\n%s", text, got, want)
		}
	})
}

// shape is the HTML of a page without its texts.
func shape(t *testing.T, markdown string) string {
	t.Helper()
	var page bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe())).Convert([]byte(markdown), &page); err != nil {
		t.Fatal(err)
	}
	var tags strings.Builder
	inTag := false
	for _, r := range page.String() {
		switch {
		case r == '<':
			inTag = true
			tags.WriteRune(r)
		case r == '>' && inTag:
			inTag = false
			tags.WriteString(">\n")
		case inTag:
			tags.WriteRune(r)
		}
	}
	return tags.String()
}

// What an answer repeats of a token is hidden, where Markdown escapes it, too, and where the explanation quotes the answer.
func TestASummaryHidesSecrets(t *testing.T) {
	t.Parallel()
	const token = "ya29.__a_*_b__"
	refusal := Refusal{Service: GitHub, Code: Unreached, Message: "proxyconnect tcp: " + token}
	page := Summary([]Case{{Refusal: refusal}}, func(text string) string { return strings.ReplaceAll(text, token, "***") })
	if strings.Contains(page, "ya29") || strings.Contains(page, "_b_") || !strings.Contains(page, `tcp: &#42;&#42;&#42;`) {
		t.Errorf("the summary is\n%s", page)
	}
}

func TestLinksOfASummary(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"see https://www.githubstatus.com; it tells": "see https://www.githubstatus.com; it tells",
		"see https://docs.github.com/a_b":            "see https://docs.github.com/a_b",
		"see https://evil.example/x":                 "see https&#58;//evil.example/x",
		"https://docs.github.com.evil.example":       "https&#58;//docs.github.com.evil.example",
		"https://docs.github.com@evil.example":       "https&#58;//docs.github.com&#64;evil.example",
		"www.evil.example":                           "www&#46;evil.example",
	} {
		if got := prose(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestOneAnswerOfGitHubIsToldOnce(t *testing.T) {
	t.Parallel()
	busy := Refusal{Service: GitHub, Message: "Service unavailable", Status: 503}
	told := refused{NoToken: true, With: map[string]string{
		"aws-region": "eu-central-1", "role-to-assume": "arn:aws:iam::123456789012:role/deploy",
		"workload_identity_provider": "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo",
	}}
	in := told.inputs(t)
	page := Summary([]Case{{Refusal: busy, AWS: in.AWS}, {Refusal: busy, Google: in.Google}}, asIs)
	if got := strings.Count(page, "Service unavailable"); got != 1 {
		t.Errorf("it is told %d times:\n%s", got, page)
	}
}

// A token that cannot be read has no claims. There is less to say then, but it is said.
func TestWithoutClaims(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c := readCase(t, archive)
		c.Claims = nil
		if _, ok := Explain(c); !ok && !strings.HasPrefix(filepath.Base(file), "aws_") {
			t.Errorf("%s: without claims, no cause fits", file)
		}
		if page := Summary([]Case{c}, asIs); !strings.Contains(page, "### ") {
			t.Errorf("%s: got a summary without a title:\n%s", file, page)
		}
	}
}
