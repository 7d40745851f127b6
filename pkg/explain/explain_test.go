package explain

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/rogpeppe/go-internal/txtar"

	"gatepass/pkg/inputs"
	"gatepass/pkg/trust"
	"gatepass/pkg/trust/awstrust"
)

var update = flag.Bool("update", false, "rewrite what the explanations are")

// refused is a sign-in as a file of testdata tells it: what the step asked for, what is unusual about the job, and what came back.
type refused struct {
	With    map[string]string `yaml:"with"`
	Env     map[string]string `yaml:"env"`
	Claims  map[string]any    `yaml:"claims"`   // besides the usual ones; null takes one out
	NoToken bool              `yaml:"no-token"` // no ID token was sent
	Key     string            `yaml:"key"`      // Google: there is a key of this service account in place of the provider
	Job     Job               `yaml:"job"`
	Refusal Refusal           `yaml:"refusal"`

	// In a file of testdata/summary, what each cloud has answered; nothing where it agreed, or was not asked.
	AWS    Refusal `yaml:"aws"`
	Google Refusal `yaml:"google"`
	GitHub Refusal `yaml:"github"` // in place of both
}

// Each file of testdata is a refusal and the text that a user reads. Its comment says which cause it is about.
func TestExplanations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata holds %d files, error %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { testExplanation(t, file) })
	}
}

func testExplanation(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := func(name string) *txtar.File {
		i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
		if i < 0 {
			t.Fatalf("there is no %s in it", name)
		}
		return &archive.Files[i]
	}
	explanation, ok := Explain(readCase(t, archive))
	if !ok {
		t.Fatal("no cause fits")
	}
	want := text("text")
	got := explanation.Text() + "\n"
	if *update && got != string(want.Data) {
		want.Data = []byte(got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got != string(want.Data) {
		t.Errorf("got\n%s\nwant\n%s", got, want.Data)
	}
}

// readCase reads case.yaml, and the evidence in aws-trust-policy.json or google-provider.json, if there is any.
func readCase(t *testing.T, archive *txtar.Archive) Case {
	t.Helper()
	var told refused
	var c Case
	for _, file := range archive.Files {
		var err error
		switch file.Name {
		case "case.yaml":
			err = yaml.UnmarshalWithOptions(file.Data, &told, yaml.Strict())
		case "aws-trust-policy.json":
			c.Policy, err = awstrust.Parse(node(t, file.Data))
		case "google-provider.json":
			c.Provider, err = trust.ParseGoogleProvider(node(t, file.Data))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	in := told.inputs(t)
	c.Refusal, c.Job, c.AWS, c.Google, c.Claims = told.Refusal, told.Job, in.AWS, in.Google, told.claims(in)
	return c
}

func (told refused) inputs(t *testing.T) inputs.Inputs {
	t.Helper()
	in, err := inputs.Parse(func(name string) (string, bool) {
		if name == "ACTIONS_ID_TOKEN_REQUEST_TOKEN" && !told.NoToken {
			return "request-token", true
		}
		for input, value := range told.With {
			if name == "INPUT_"+strings.ToUpper(input) {
				return value, true
			}
		}
		value, ok := told.Env[name]
		return value, ok
	})
	if err != nil {
		t.Fatal(err)
	}
	if told.Key != "" {
		in.Google.Key = &inputs.ServiceAccountKey{ID: "0123456789abcdef0123456789abcdef01234567", Email: told.Key}
		in.Google.Provider, in.Google.Audience = "", ""
	}
	return in
}

// claims are those of the token for AWS or, if that is not asked for, for Google.
func (told refused) claims(in inputs.Inputs) trust.Claims {
	if told.NoToken {
		return nil
	}
	claims := usualClaims(in)
	maps.Copy(claims, told.Claims)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return claims
}

func node(t *testing.T, text []byte) *trust.Node {
	t.Helper()
	document, err := trust.ParseJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// A name tells a cause from the others, and each cause is a user's answer in some file of testdata.
func TestEveryCauseIsSeen(t *testing.T) {
	seen := make(map[string]bool)
	for _, cause := range causes {
		if _, twice := seen[cause.name]; twice {
			t.Errorf("there are two causes %s", cause.name)
		}
		seen[cause.name] = false
	}
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, cause := range fitting(readCase(t, archive)) {
			seen[cause.name] = true
		}
	}
	for name, ok := range seen {
		if !ok {
			t.Errorf("no file of testdata shows the cause %s", name)
		}
	}
}

// usualClaims are those of GitHub's documentation for a push to a branch: https://docs.github.com/actions/reference/security/oidc
func usualClaims(in inputs.Inputs) trust.Claims {
	issued := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	claims := trust.Claims{
		"iss": "https://token.actions.githubusercontent.com", "sub": "repo:octo-org/octo-repo:ref:refs/heads/main",
		"repository": "octo-org/octo-repo", "repository_id": "74", "repository_owner": "octo-org", "repository_owner_id": "65",
		"ref": "refs/heads/main", "ref_type": "branch", "event_name": "push", "head_ref": "", "base_ref": "", "actor": "octocat", "actor_id": "12",
		"workflow_ref":       "octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main",
		"job_workflow_ref":   "octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main",
		"runner_environment": "github-hosted", "run_id": "1658821493", "run_attempt": "1",
		"iat": float64(issued.Unix()), "exp": float64(issued.Add(5 * time.Minute).Unix()),
	}
	switch {
	case in.AWS != nil:
		claims["aud"] = in.AWS.Audience
	case in.Google != nil:
		claims["aud"] = in.Google.Audience
	}
	return claims
}
