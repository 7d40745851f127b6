// Package grant writes what lets certain jobs in: trust policies of AWS roles, and on Google Cloud attribute mappings and conditions of
// providers and members of IAM bindings. It is pure, and quotes what it is given: whatever a branch is called, it is no more than a branch.
package grant

import (
	"fmt"
	"strings"

	"gatepass/pkg/trust"
)

// What a job can be trusted by is the same on both clouds, from the narrowest to the widest: the sub of its token, its repository and ref, its
// repository. The functions below say in a phrase what each lets in.

func thisSubject(claims trust.Claims) string {
	sub, repository, ref := text(claims, "sub"), text(claims, "repository"), text(claims, "ref")
	switch environment := text(claims, "environment"); {
	case environment != "" && strings.HasSuffix(sub, ":environment:"+subjectForm.Replace(environment)):
		return fmt.Sprintf("jobs of %s that name the environment %s, on any branch", repository, environment)
	case strings.HasSuffix(sub, ":pull_request"):
		return fmt.Sprintf("jobs of %s for any pull request that name no environment", repository)
	case ref != "" && strings.HasSuffix(sub, ":ref:"+ref):
		return fmt.Sprintf("jobs of %s on %s that name no environment", repository, ref)
	}
	return "jobs with this very sub"
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

// text is a claim's text, or nothing.
func text(claims trust.Claims, name string) string {
	value, _ := claims[name].(string)
	return value
}

// texts are those of a claim that may be a list, as the audience in the tokens of pods is.
func texts(claims trust.Claims, name string) (all []string) {
	list, isList := claims[name].([]any)
	if !isList {
		list = []any{text(claims, name)}
	}
	for _, item := range list {
		if value, _ := item.(string); value != "" {
			all = append(all, value)
		}
	}
	return all
}
