package sandbox_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"gatepass/pkg/sandbox"
)

func TestIDTokenIsVerifiable(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	claims := verified(t, f.githubVerifier(t, "an audience&more"), f.idToken(t, "an audience&more"))
	jti, _ := claims["jti"].(string)
	if len(jti) != 36 {
		t.Errorf("jti is %q, not a UUID", jti)
	}
	delete(claims, "jti")
	want := map[string]any{
		"iss": githubIssuer, "aud": "an audience&more", "sub": subject,
		"iat": float64(start.Unix()), "nbf": float64(start.Unix() - 600), "exp": float64(start.Unix() + 300),
		"repository": "octo-org/octo-repo", "repository_id": "74", "repository_visibility": "private",
		"repository_owner": "octo-org", "repository_owner_id": "65",
		"ref": "refs/heads/main", "ref_type": "branch", "ref_protected": "false", "head_ref": "", "base_ref": "",
		"sha": "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d", "event_name": "push",
		"actor": "octocat", "actor_id": "12", "run_id": "1658821493", "run_number": "34", "run_attempt": "1",
		"runner_environment": "github-hosted", "workflow": "deploy",
		"workflow_ref":     "octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main",
		"workflow_sha":     "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
		"job_workflow_ref": "octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main",
		"job_workflow_sha": "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
	}
	if !maps.Equal(claims, want) {
		t.Errorf("the claims are\n%v, want\n%v", claims, want)
	}
}

func TestIDTokenIsOfThisIssuer(t *testing.T) {
	t.Parallel()
	f, other := newFixture(t, nil), newFixture(t, nil)
	verifier := f.githubVerifier(t, "x")
	for name, token := range map[string]string{
		"changed":         rewrite(t, f.idToken(t, "x"), "octo-repo", "evil-repo"),
		"another's":       other.idToken(t, "x"),
		"another service": f.idToken(t, "y"),
	} {
		if _, err := verifier.Verify(t.Context(), token); err == nil {
			t.Errorf("a token that is %s is accepted", name)
		}
	}
	good := f.idToken(t, "x")
	f.wait(5*time.Minute + time.Second)
	if _, err := verifier.Verify(t.Context(), good); err == nil {
		t.Error("an expired token is accepted")
	}
}

func TestKeySetIsAsGitHubWritesIt(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	keys := decode[struct{ Keys []map[string]any }](t, f.do(t, "GET", "/github/.well-known/jwks", "", "", "")).Keys
	if len(keys) != 1 {
		t.Fatalf("%d keys", len(keys))
	}
	want := []string{"alg", "e", "kid", "kty", "n", "use", "x5c", "x5t"}
	if got := slices.Sorted(maps.Keys(keys[0])); !slices.Equal(got, want) {
		t.Errorf("members %v, want %v", got, want)
	}
}

func TestIDTokenNeedsTheRequestToken(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	for _, authorization := range []string{"", "Bearer", "Bearer wrong", "Basic " + requestToken, requestToken} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", f.url+"/github/idtoken?api-version=2.0", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", authorization)
		got := send(t, r)
		if got.status != http.StatusUnauthorized || strings.Contains(got.body, "value") {
			t.Errorf("with %q: status %d, %s", authorization, got.status, got.body)
		}
	}
}

// claimsTest sets claims and says which others follow.
type claimsTest struct {
	name      string
	set       map[string]string
	immutable bool
	want      map[string]any // nil is a claim that is not there
}

func (test claimsTest) run(t *testing.T) {
	t.Parallel()
	config := sandbox.DefaultConfig()
	config.GitHub.ImmutableSubject = test.immutable
	for name, value := range test.set {
		config.SetClaim(name, value)
	}
	f := serve(t, config, nil)
	claims := verified(t, f.githubVerifier(t, ""), f.idToken(t, ""))
	for name, want := range test.want {
		if claims[name] != want {
			t.Errorf("%s is %v, want %v", name, claims[name], want)
		}
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	for _, test := range []claimsTest{
		{
			name: "repository",
			set:  map[string]string{"repository": "acme/app"},
			want: map[string]any{
				"aud": "https://github.com/acme", "sub": "repo:acme/app:ref:refs/heads/main", "repository_owner": "acme",
				"workflow_ref":     "acme/app/.github/workflows/deploy.yml@refs/heads/main",
				"job_workflow_ref": "acme/app/.github/workflows/deploy.yml@refs/heads/main",
				"environment":      nil,
			},
		},
		{
			name: "tag",
			set:  map[string]string{"ref": "refs/tags/v1"},
			want: map[string]any{
				"sub": "repo:octo-org/octo-repo:ref:refs/tags/v1", "ref_type": "tag",
				"job_workflow_ref": "octo-org/octo-repo/.github/workflows/deploy.yml@refs/tags/v1",
			},
		},
		{
			name: "pull request",
			set:  map[string]string{"event_name": "pull_request", "ref": "refs/pull/7/merge"},
			want: map[string]any{"sub": "repo:octo-org/octo-repo:pull_request", "ref_type": "branch"},
		},
		{
			name: "environment goes first",
			set:  map[string]string{"event_name": "pull_request", "environment": "eu:prod"},
			want: map[string]any{"sub": "repo:octo-org/octo-repo:environment:eu%3Aprod", "environment": "eu:prod"},
		},
		{
			name:      "immutable subject",
			set:       map[string]string{"repository_id": "7400"},
			immutable: true,
			want:      map[string]any{"sub": "repo:octo-org@65/octo-repo@7400:ref:refs/heads/main", "repository": "octo-org/octo-repo"},
		},
		{
			name: "reusable workflow",
			set:  map[string]string{"job_workflow_ref": "octo-org/shared/.github/workflows/x.yml@refs/heads/v2"},
			want: map[string]any{
				"workflow_ref":     "octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main",
				"job_workflow_ref": "octo-org/shared/.github/workflows/x.yml@refs/heads/v2",
			},
		},
		{
			name: "what is set does not follow",
			set:  map[string]string{"repository": "acme/app", "repository_owner": "other", "sub": "custom", "ref_type": "tag", "enterprise": "x"},
			want: map[string]any{"repository_owner": "other", "sub": "custom", "ref_type": "tag", "enterprise": "x"},
		},
	} {
		t.Run(test.name, test.run)
	}
}

func TestClaimsFromEnvironment(t *testing.T) {
	t.Parallel()
	variables := map[string]string{
		"GITHUB_REPOSITORY": "acme/app", "GITHUB_REPOSITORY_ID": "1", "GITHUB_REPOSITORY_OWNER_ID": "2",
		"GITHUB_REF": "refs/heads/dev", "GITHUB_HEAD_REF": "", "GITHUB_RUN_ID": "3", "GITHUB_ACTOR": "hubot",
		"GITHUB_WORKFLOW_REF": "acme/app/.github/workflows/ci.yml@refs/heads/dev",
		"RUNNER_ENVIRONMENT":  "self-hosted", "GITHUB_TOKEN": "not a claim",
	}
	var config sandbox.Config
	config.ClaimsFromEnvironment(func(name string) (string, bool) { value, ok := variables[name]; return value, ok })
	f := serve(t, config, nil)
	claims := verified(t, f.githubVerifier(t, "https://github.com/acme"), f.idToken(t, ""))
	for name, want := range map[string]any{
		"repository": "acme/app", "repository_id": "1", "repository_owner": "acme", "repository_owner_id": "2",
		"ref": "refs/heads/dev", "head_ref": "", "run_id": "3", "actor": "hubot", "runner_environment": "self-hosted",
		"job_workflow_ref": "acme/app/.github/workflows/ci.yml@refs/heads/dev",
		"sub":              "repo:acme/app:ref:refs/heads/dev", "token": nil,
	} {
		if claims[name] != want {
			t.Errorf("%s is %v, want %v", name, claims[name], want)
		}
	}
}
