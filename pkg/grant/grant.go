// Package grant writes what lets certain jobs in: trust policies of AWS roles, and on Google Cloud attribute mappings and conditions of
// providers and members of IAM bindings. It is pure, and quotes what it is given: whatever a branch is called, it is no more than a branch.
package grant

import (
	"fmt"
	"strings"

	"gatepass/pkg/trust"
)

// What a job can be trusted by is the same on both clouds, from the narrowest to the widest: the sub of its token, its repository and ref,
// its repository. The functions below say in a phrase what each lets in.

// thisSubject says what a condition on sub lets in; alone, or with one on the repository's ID.
func thisSubject(claims trust.Claims, withID bool) string {
	repository, ref := claims.Text("repository"), claims.Text("ref")
	environment := claims.Text("environment")
	switch {
	case !HasUsualSubject(claims) && withID:
		return fmt.Sprintf("jobs of %s with this very sub", repository)
	case !HasUsualSubject(claims):
		return "jobs with this very sub, maybe of other repositories, too"
	case environment != "":
		return fmt.Sprintf("jobs of %s that name the environment %s, on any branch", repository, environment)
	case strings.HasSuffix(claims.Text("sub"), ":pull_request"):
		return fmt.Sprintf("jobs of %s for any pull request that name no environment", repository)
	}
	return fmt.Sprintf("jobs of %s on %s that name no environment", repository, ref)
}

// HasUsualSubject tells whether sub is as a whole what GitHub makes it by default, with IDs or without. A sub that an organization has
// customised may end like that and yet be the same in every repository: https://docs.github.com/actions/reference/security/oidc
func HasUsualSubject(claims trust.Claims) bool {
	sub, ref, environment := claims.Text("sub"), claims.Text("ref"), claims.Text("environment")
	repository := claims.Text("repository")
	owner, name, _ := strings.Cut(repository, "/")
	withIDs := owner + "@" + claims.Text("repository_owner_id") + "/" + name + "@" + claims.Text("repository_id")
	context, ok := strings.CutPrefix(sub, "repo:"+repository+":")
	if !ok {
		context, ok = strings.CutPrefix(sub, "repo:"+withIDs+":")
	}
	if environment != "" {
		return ok && context == "environment:"+subjectForm.Replace(environment)
	}
	return ok && repository != "" && (context == "pull_request" || ref != "" && context == "ref:"+ref)
}

// NeedsID tells whether sub alone may let in other repositories, and the ID of this one can be asked for.
func NeedsID(claims trust.Claims) bool {
	return claims.Text("repository_id") != "" && !HasUsualSubject(claims)
}

// subjectForm is how sub writes the name of an environment: https://docs.github.com/actions/reference/security/oidc
var subjectForm = strings.NewReplacer(":", "%3A")

func thisRef(claims trust.Claims) string {
	return fmt.Sprintf("every job of %s on %s", claims.Text("repository"), claims.Text("ref"))
}

func thisRepository(claims trust.Claims) string {
	return fmt.Sprintf("every job of %s, whatever its branch, tag, pull request and workflow", claims.Text("repository"))
}

// hasLastingRef tells a branch or a tag from a pull request's ref, which is gone with it.
func hasLastingRef(claims trust.Claims) bool {
	ref := claims.Text("ref")
	return ref != "" && !strings.HasPrefix(ref, "refs/pull/")
}

// texts are those of a claim that may be a list, as the audience in the tokens of pods is.
func texts(claims trust.Claims, name string) (all []string) {
	list, isList := claims[name].([]any)
	if !isList {
		list = []any{claims.Text(name)}
	}
	for _, item := range list {
		if value, _ := item.(string); value != "" {
			all = append(all, value)
		}
	}
	return all
}
