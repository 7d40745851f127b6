package sandbox

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"gatepass/pkg/fault"
)

// faults collects what is wrong with a configuration, each under its key.
type faults struct{ list []error }

func (f *faults) add(key, format string, args ...any) {
	f.list = append(f.list, fmt.Errorf("%s: "+format, append([]any{key}, args...)...))
}

// addAll adds each of the errors that err joins, with prefix before it.
func (f *faults) addAll(prefix string, err error) {
	for _, one := range fault.Split(err) {
		f.list = append(f.list, fmt.Errorf("%s%w", prefix, one))
	}
}

// matches adds a fault unless value, in full, has the form.
func (f *faults) matches(key, value, form, description string) {
	if !regexp.MustCompile(`\A(?:` + form + `)\z`).MatchString(value) {
		f.add(key, "%q is not %s", value, description)
	}
}

// unique adds a fault for every name that is there twice.
func (f *faults) unique(key string, names []string) {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			f.add(key, "%q is there twice", name)
		}
	}
}

func (f *faults) httpsURL(key, value string) {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		f.add(key, "%q is not an https URL", value)
	}
}

func (c Config) validate() error {
	var f faults
	c.GitHub.validate(&f)
	c.AWS.validate(&f)
	c.Google.validate(&f)
	return errors.Join(f.list...)
}

func (g GitHub) validate(f *faults) {
	f.httpsURL("github.issuer", g.issuer())
	if g.TokenLifetime < 0 {
		f.add("github.token-lifetime", "must not be negative")
	}
	for _, name := range slices.Sorted(maps.Keys(g.Claims)) {
		key, value := "github.claims."+name, g.Claims[name]
		switch {
		case value == nil:
		case slices.Contains([]string{"iss", "aud", "iat", "nbf", "exp", "jti"}, name):
			f.add(key, "the issuer sets this claim; it can only be left out, with null")
		case name == "repository":
			f.matches(key, *value, `[^/]+/[^/]+`, "of the form owner/name")
		}
	}
}

func (g Google) validate(f *faults) {
	f.matches("google.universe", g.universe(), `[a-z0-9-]+(\.[a-z0-9-]+)+`, "a domain such as googleapis.com")
	var names, pools []string
	for i, provider := range g.Providers {
		key := fmt.Sprintf("google.providers[%d].", i)
		f.matches(key+"name", provider.Name, providerName,
			"of the form projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER")
		f.matches(key+"state", provider.State, `|active|disabled|deleted`, "active, disabled or deleted")
		f.httpsURL(key+"issuer-uri", provider.IssuerURI)
		g.validateExpressions(f, key, provider)
		names = append(names, provider.Name)
		pools = append(pools, provider.pool())
	}
	f.unique("google.providers", names)
	g.validateServiceAccounts(f, pools)
	for i, api := range g.DisabledAPIs {
		f.matches(fmt.Sprintf("google.disabled-apis[%d]", i), api, regexp.QuoteMeta(iamCredentialsAPI), "an API that the sandbox can disable, "+iamCredentialsAPI)
	}
	f.validateFaults("google.faults", g.Faults, stsCall+"|"+oauthCall+"|generateAccessToken|generateIdToken|signJwt")
}

func (g Google) validateServiceAccounts(f *faults, pools []string) {
	var emails []string
	for _, account := range g.ServiceAccounts {
		emails = append(emails, account.Email)
	}
	f.unique("google.service-accounts", emails)
	for i, account := range g.ServiceAccounts {
		key := fmt.Sprintf("google.service-accounts[%d].", i)
		f.matches(key+"email", account.Email, `[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com`, "a service account's e-mail")
		account.validateKeys(f, key)
		for _, role := range slices.Sorted(maps.Keys(account.Bindings)) {
			key := key + "bindings." + role
			f.matches(key, role, workloadIdentityUser+"|"+tokenCreator, "a role that the sandbox knows")
			for _, member := range account.Bindings[role] {
				if fault := memberFault(member, pools, emails); fault != "" {
					f.add(key, "%q %s", member, fault)
				}
			}
		}
	}
}

func (a ServiceAccount) validateKeys(f *faults, prefix string) {
	var ids []string
	for i, key := range a.Keys {
		prefix := fmt.Sprintf("%skeys[%d].", prefix, i)
		f.matches(prefix+"id", key.ID, `[0-9a-f]{40}`, "a private key ID, 40 hexadecimal digits")
		if _, err := key.parse(); err != nil {
			f.add(prefix+"public-key", "%w", err)
		}
		ids = append(ids, key.ID)
	}
	f.unique(prefix+"keys", ids)
}

var memberForm = regexp.MustCompile(`\A(?:principal://iam\.googleapis\.com/([^:]+?)/subject/.+|` +
	`principalSet://iam\.googleapis\.com/([^:]+?)/(?:attribute\.[a-z0-9_]+/.+|\*))\z`)

// memberFault says what is wrong with a member of a binding. IAM refuses a
// binding to what does not exist, and so does the sandbox: a misspelt pool
// would otherwise look like a permission that does not work.
func memberFault(member string, pools, emails []string) string {
	if email, ok := strings.CutPrefix(member, "serviceAccount:"); ok {
		if !slices.Contains(emails, email) {
			return "is not one of the service accounts here"
		}
		return ""
	}
	match := memberForm.FindStringSubmatch(member)
	if match == nil {
		return "is not a member that the sandbox can evaluate"
	}
	if !slices.Contains(pools, match[1]+match[2]) {
		return "is of a pool without a provider here"
	}
	return ""
}
