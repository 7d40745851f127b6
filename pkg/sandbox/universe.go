package sandbox

import (
	"regexp"
	"strings"
)

// resource returns the full name of a resource of the universe's IAM.
func (g Google) resource(name string) string { return "//iam." + g.universe() + "/" + name }

var providerForm = regexp.MustCompile(`\A` + providerName + `\z`)

// namesProvider reports whether an audience has the form of a provider's full name.
func (g Google) namesProvider(audience string) bool {
	name, ok := strings.CutPrefix(audience, g.resource(""))
	return ok && providerForm.MatchString(name)
}

// scopeForm is the form of the scopes that name their universe. Some, such as
// https://mail.google.com/, do not.
var scopeForm = regexp.MustCompile(`\Ahttps://www\.([^/]+)/auth/`)

// foreign reports whether a scope is of another universe.
func (g Google) foreign(scope string) bool {
	match := scopeForm.FindStringSubmatch(scope)
	return match != nil && match[1] != g.universe()
}

// checkScope checks the scopes that a token endpoint was asked for. The second
// text is the one that users of OAuth's quote; nobody has quoted STS's.
func (g Google) checkScope(scopes string) error {
	list := strings.Fields(scopes)
	if len(list) == 0 {
		return oauthError("invalid_scope", "Empty or missing scope not allowed.")
	}
	for _, scope := range list {
		if g.foreign(scope) {
			return oauthError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
		}
	}
	return nil
}
