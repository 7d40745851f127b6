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

// GitHubRefType is the claim ref_type that goes with a ref.
func GitHubRefType(ref string) string {
	if strings.HasPrefix(ref, "refs/tags/") {
		return "tag"
	}
	return "branch"
}
