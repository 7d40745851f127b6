package inputs

import (
	"maps"
	"slices"
	"strings"

	"gatepass/pkg/lazyregexp"
)

// The form is that of the STS API reference, AssumeRole and AssumeRoleWithWebIdentity.
var (
	sessionNameForm = lazyregexp.New(`^[\w+=,.@-]{2,64}$`)
	notInSession    = lazyregexp.New(`[^\w+=,.@-]`)
	placeholderForm = lazyregexp.New(`\{([^{}]*)\}`)
)

const longestSessionName = 64

// placeholders are what a session's name may hold in braces, and which variable of the runner tells it.
var placeholders = map[string]string{
	"{repository}":  "GITHUB_REPOSITORY",
	"{run_id}":      "GITHUB_RUN_ID",
	"{run_attempt}": "GITHUB_RUN_ATTEMPT",
	"{job}":         "GITHUB_JOB",
	"{actor}":       "GITHUB_ACTOR",
}

// namePart is a piece of a session's name. One that is whole is not cut: part of a run's ID leads to another run.
type namePart struct {
	text  string
	whole bool
}

func (r *reader) sessionName() string {
	const input = "role-session-name"
	name := r.textOr(input, "GitHubActions")
	if placeholderForm().MatchString(name) {
		parts, ok := r.sessionNameParts(name)
		if !ok {
			return ""
		}
		name = fitted(parts)
	}
	if !sessionNameForm().MatchString(name) {
		r.fault(input, "%s is not a session name; one has 2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -", quote(name))
	}
	return name
}

// sessionNameParts puts in what the runner tells. A character that a session's name cannot have becomes _, as in a tag; what the workflow
// itself writes is left as it is.
func (r *reader) sessionNameParts(template string) (parts []namePart, ok bool) {
	const input = "role-session-name"
	end := 0
	for _, at := range placeholderForm().FindAllStringIndex(template, -1) {
		placeholder := template[at[0]:at[1]]
		variable, known := placeholders[placeholder]
		if !known {
			r.fault(input, "%s is not known; a session name may hold %s", quote(placeholder), strings.Join(slices.Sorted(maps.Keys(placeholders)), ", "))
			return nil, false
		}
		value, _ := r.lookup(variable)
		if value == "" {
			r.fault(input, "there is no %s, as this runner does not set %s; leave it out", placeholder, variable)
			return nil, false
		}
		whole := placeholder == "{run_id}" || placeholder == "{run_attempt}"
		parts = append(parts, namePart{text: template[end:at[0]]}, namePart{notInSession().ReplaceAllString(value, "_"), whole})
		end = at[1]
	}
	return append(parts, namePart{text: template[end:]}), true
}

// fitted joins the parts. What is too much goes from the end of the longest one, so that each of them still tells something.
func fitted(parts []namePart) string {
	for {
		size, longest := 0, 0
		for i, part := range parts {
			size += len(part.text)
			if !part.whole && (parts[longest].whole || len(part.text) > len(parts[longest].text)) {
				longest = i
			}
		}
		if size <= longestSessionName || parts[longest].whole || parts[longest].text == "" {
			break
		}
		parts[longest].text = parts[longest].text[:len(parts[longest].text)-1]
	}
	var name strings.Builder
	for _, part := range parts {
		name.WriteString(part.text)
	}
	return name.String()
}
