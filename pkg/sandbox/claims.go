package sandbox

import (
	"strings"
	"time"

	"gatepass/pkg/trust"
)

// SetClaim makes value the claim called name in every token. Claims that follow
// from it follow, unless they were set themselves.
func (c *Config) SetClaim(name, value string) {
	if c.GitHub.Claims == nil {
		c.GitHub.Claims = map[string]*string{}
	}
	c.GitHub.Claims[name] = &value
}

// ClaimsFromEnvironment sets the claims that a runner's variables tell:
// GITHUB_REPOSITORY is the claim repository, and so on. Empty variables tell
// nothing. A job's environment is not among the variables.
func (c *Config) ClaimsFromEnvironment(lookup func(string) (string, bool)) {
	for _, name := range []string{
		"repository", "repository_id", "repository_owner", "repository_owner_id",
		"ref", "ref_type", "ref_protected", "sha", "head_ref", "base_ref", "event_name",
		"actor", "actor_id", "workflow", "workflow_ref", "workflow_sha",
		"run_id", "run_number", "run_attempt",
	} {
		if value, _ := lookup("GITHUB_" + strings.ToUpper(name)); value != "" {
			c.SetClaim(name, value)
		}
	}
	if value, _ := lookup("RUNNER_ENVIRONMENT"); value != "" {
		c.SetClaim("runner_environment", value)
	}
}

// claims returns the claims of a token. All of GitHub's own are strings, ids
// and run_attempt too:
// https://docs.github.com/en/actions/reference/security/oidc#oidc-token-claims
func (g GitHub) claims(audience string, now time.Time) map[string]any {
	claims := map[string]any{}
	// set adds a claim and returns what other claims follow from.
	set := func(name, value string) string {
		if override := g.Claims[name]; override != nil {
			value = *override
		}
		claims[name] = value
		return value
	}
	owner := jobClaims(set)
	for name, value := range g.Claims {
		if value != nil && *value != "" && claims[name] == nil {
			claims[name] = *value // environment, and what an enterprise may add
		}
	}
	set("sub", trust.GitHubSubject(claims, g.ImmutableSubject))
	set("jti", randomUUID())
	set("iss", g.issuer())
	if audience == "" {
		audience = "https://github.com/" + owner
	}
	set("aud", audience)
	claims["iat"] = now.Unix()
	claims["nbf"] = now.Add(-10 * time.Minute).Unix()
	claims["exp"] = now.Add(g.lifetime()).Unix()
	for name, value := range g.Claims {
		if value == nil {
			delete(claims, name)
		}
	}
	return claims
}

// jobClaims sets the claims about the job and returns the repository's owner.
func jobClaims(set func(name, value string) string) (owner string) {
	repository := set("repository", "octo-org/octo-repo")
	owner, _, _ = strings.Cut(repository, "/")
	owner = set("repository_owner", owner)
	set("repository_id", "74")
	set("repository_owner_id", "65")
	set("repository_visibility", "private")

	ref := set("ref", "refs/heads/main")
	set("ref_type", trust.GitHubRefType(ref))
	set("ref_protected", "false")
	sha := set("sha", "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d")
	set("head_ref", "")
	set("base_ref", "")
	set("event_name", "push")

	set("actor", "octocat")
	set("actor_id", "12")
	set("run_id", "1658821493")
	set("run_number", "34")
	set("run_attempt", "1")
	set("runner_environment", "github-hosted")
	set("workflow", "deploy")
	workflowRef := set("workflow_ref", repository+"/.github/workflows/deploy.yml@"+ref)
	workflowSHA := set("workflow_sha", sha)
	set("job_workflow_ref", workflowRef)
	set("job_workflow_sha", workflowSHA)
	return owner
}
