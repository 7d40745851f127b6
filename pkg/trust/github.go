package trust

import "strings"

// GitHubIssuer is the issuer of github.com's tokens. An enterprise's may have a path behind it.
const GitHubIssuer = "https://token.actions.githubusercontent.com"

// GitHubSubject is the claim sub that GitHub makes of the other claims, where nobody has customised it. An environment goes before the pull
// request, and that before the ref. Repositories made, renamed or transferred since July 2026 have the immutable form, with IDs beside the
// names: https://docs.github.com/actions/reference/security/oidc#example-subject-claims
func GitHubSubject(claims Claims, immutable bool) string {
	text := func(claim string) string {
		value, _ := claims[claim].(string)
		return value
	}
	repository := text("repository")
	if immutable {
		owner, name, _ := strings.Cut(repository, "/")
		repository = owner + "@" + text("repository_owner_id") + "/" + name + "@" + text("repository_id")
	}
	switch {
	case text("environment") != "":
		return "repo:" + repository + ":environment:" + strings.ReplaceAll(text("environment"), ":", "%3A")
	case text("event_name") == "pull_request":
		return "repo:" + repository + ":pull_request"
	}
	return "repo:" + repository + ":ref:" + text("ref")
}

// GitHubClaims are the claims of GitHub's that depend on the job and on nothing else that its token says. Those of enterprises and of
// environments are not in every token: https://docs.github.com/actions/reference/security/oidc#oidc-token-claims
func GitHubClaims() []string {
	return []string{
		"actor", "actor_id", "base_ref", "check_run_id", "enterprise", "enterprise_id", "environment_node_id", "event_name", "head_ref",
		"job_workflow_ref", "job_workflow_sha", "ref", "ref_protected", "ref_type", "repository", "repository_id", "repository_owner",
		"repository_owner_id", "repository_visibility", "run_attempt", "run_id", "run_number", "runner_environment", "sha", "workflow",
		"workflow_ref", "workflow_sha",
	}
}

// GitHubRefType is the claim ref_type that goes with a ref.
func GitHubRefType(ref string) string {
	if strings.HasPrefix(ref, "refs/tags/") {
		return "tag"
	}
	return "branch"
}
