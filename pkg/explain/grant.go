package explain

import (
	"fmt"
	"strings"

	"gatepass/pkg/trust"
)

// What a job can be trusted by is the same on both clouds, from the narrowest to the widest: the sub of its token, its repository and ref, its
// repository. The functions below say in a phrase what each lets in.

// thisSubject says what a condition on sub lets in; alone, or with one on the repository's ID.
func thisSubject(claims trust.Claims, withID bool) string {
	repository, ref := text(claims, "repository"), text(claims, "ref")
	environment := text(claims, "environment")
	switch {
	case !hasUsualSubject(claims) && withID:
		return fmt.Sprintf("jobs of %s with this very sub", repository)
	case !hasUsualSubject(claims):
		return "jobs with this very sub, maybe of other repositories, too"
	case environment != "":
		return fmt.Sprintf("jobs of %s that name the environment %s, on any branch", repository, environment)
	case strings.HasSuffix(text(claims, "sub"), ":pull_request"):
		return fmt.Sprintf("jobs of %s for any pull request that name no environment", repository)
	}
	return fmt.Sprintf("jobs of %s on %s that name no environment", repository, ref)
}

// hasUsualSubject tells whether sub is as a whole what GitHub makes it by default, with IDs or without. A sub that an organization has
// customised may end like that and yet be the same in every repository: https://docs.github.com/actions/reference/security/oidc
func hasUsualSubject(claims trust.Claims) bool {
	sub, ref, environment := text(claims, "sub"), text(claims, "ref"), text(claims, "environment")
	repository := text(claims, "repository")
	owner, name, _ := strings.Cut(repository, "/")
	withIDs := owner + "@" + text(claims, "repository_owner_id") + "/" + name + "@" + text(claims, "repository_id")
	context, ok := strings.CutPrefix(sub, "repo:"+repository+":")
	if !ok {
		context, ok = strings.CutPrefix(sub, "repo:"+withIDs+":")
	}
	if environment != "" {
		return ok && context == "environment:"+subjectForm.Replace(environment)
	}
	return ok && repository != "" && (context == "pull_request" || ref != "" && context == "ref:"+ref)
}

// needsID tells whether sub alone may let in other repositories, and the ID of this one can be asked for.
func needsID(claims trust.Claims) bool {
	return text(claims, "repository_id") != "" && !hasUsualSubject(claims)
}

// subjectForm is how sub writes the name of an environment: https://docs.github.com/actions/reference/security/oidc
var subjectForm = strings.NewReplacer(":", "%3A")

func thisRef(claims trust.Claims) string {
	return fmt.Sprintf("every job of %s on %s", text(claims, "repository"), text(claims, "ref"))
}

func thisRepository(claims trust.Claims) string {
	return fmt.Sprintf("every job of %s, whatever its branch, tag, pull request and workflow", text(claims, "repository"))
}

// hasLastingRef tells a branch or a tag from a pull request's ref, which is gone with it.
func hasLastingRef(claims trust.Claims) bool {
	ref := text(claims, "ref")
	return ref != "" && !strings.HasPrefix(ref, "refs/pull/")
}

// text is a claim's text, or nothing. The tokens of pods have their audiences in a list.
func text(claims trust.Claims, name string) string {
	switch value := claims[name].(type) {
	case string:
		return value
	case []any:
		var texts []string
		for _, item := range value {
			texts = append(texts, fmt.Sprint(item))
		}
		return strings.Join(texts, ", ")
	}
	return ""
}
