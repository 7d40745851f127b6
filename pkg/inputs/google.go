package inputs

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gatepass/pkg/lazyregexp"
)

// The forms are those of Google's IAM API: projects.locations.workloadIdentityPools.providers and projects.serviceAccounts.
var (
	providerForm       = lazyregexp.New(`^projects/[0-9]+/locations/global/workloadIdentityPools/[a-z0-9-]{4,32}/providers/[a-z0-9-]{4,32}$`)
	providerProject    = lazyregexp.New(`^projects/([^/]*[^/0-9][^/]*)/`)
	serviceAccountForm = lazyregexp.New(`^([^@\s/:?#%]+@[a-z0-9.-]+\.gserviceaccount\.com|[0-9]{6,30})$`)
	projectForm        = lazyregexp.New(`^([a-z0-9.-]+:)?[a-z0-9][a-z0-9-]{2,62}$`)
	universeForm       = lazyregexp.New(`^[a-z0-9-]+(\.[a-z0-9-]+)+$`)
	durationForm       = lazyregexp.New(`^(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s?)?$`)
)

const (
	notAnAccount    = "%s is not a service account; one is an e-mail address such as deploy@my-project.iam.gserviceaccount.com, or a numeric ID"
	providerWanted  = "projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>"
	longestLifetime = 12 * time.Hour
	// longestDelegation is that of an assertion: https://developers.google.com/identity/protocols/oauth2/service-account
	longestDelegation = time.Hour
)

func (r *reader) google() *Google {
	key := r.key()
	in := &Google{
		Key:                   key,
		Provider:              r.provider(key != nil),
		ServiceAccount:        r.serviceAccount(),
		Delegates:             r.delegates(),
		ProjectID:             r.projectID(),
		Universe:              r.universe(),
		RequestReason:         r.text("request_reason"),
		Audience:              r.text("audience"),
		CreateCredentialsFile: r.googleBoolean("create_credentials_file"),
		ExportEnvironment:     r.googleBoolean("export_environment_variables"),
		Cleanup:               r.googleBoolean("cleanup_credentials"),
		InWorkspace:           r.inWorkspace(),
		ProviderFile:          r.file("google-provider"),
		IDToken:               IDToken{r.text("id_token_audience"), r.googleBoolean("id_token_include_email")},
	}
	in.AccessToken = AccessToken{r.lifetime(), r.isGiven("access_token_lifetime"), r.scopes(), r.text("access_token_subject")}
	in.STS, in.IAMCredentials = r.googleEndpoint("sts", in.Universe, "/v1"), r.googleEndpoint("iamcredentials", in.Universe, "/v1")
	in.OAuth2, in.WWW = r.googleEndpoint("oauth2", in.Universe, ""), r.googleEndpoint("www", in.Universe, "")
	in.IAM = r.googleEndpoint("iam", in.Universe, "/v1")
	if in.Audience == "" {
		in.Audience = "https://iam." + in.Universe + "/" + in.Provider
	}
	if in.Key != nil && in.ServiceAccount == "" {
		in.ServiceAccount = in.Key.Email
	}
	if in.Key != nil && in.ProviderFile != "" {
		r.fault("google-provider", "is for workload_identity_provider; leave it out of a step with credentials_json")
	}
	in.ProjectID = cmp.Or(in.ProjectID, projectOf(in.ServiceAccount))
	if in.Key != nil {
		in.ProjectID = cmp.Or(in.ProjectID, in.Key.ProjectID)
	}
	in.TokenFormat = r.tokenFormat(in)
	return in
}

func (r *reader) universe() string {
	universe := r.textOr("universe", "googleapis.com")
	if !universeForm().MatchString(universe) {
		r.fault("universe", "%s is not the domain of a universe; Google's own is googleapis.com", quote(universe))
	}
	return universe
}

func (r *reader) inWorkspace() bool {
	place := r.text("credentials-location")
	if place != "" && place != "temp" && place != "workspace" {
		r.fault("credentials-location", "%s is not a location; use temp or workspace", quote(place))
	}
	return place == "workspace"
}

// delegates are given the form that the API takes.
func (r *reader) delegates() []string {
	const input, form = "delegates", "projects/-/serviceAccounts/"
	var delegates []string
	for _, delegate := range r.list(input) {
		account := strings.TrimPrefix(delegate, form)
		if !serviceAccountForm().MatchString(account) {
			r.fault(input, notAnAccount, quote(delegate))
		}
		delegates = append(delegates, form+account)
	}
	return delegates
}

// provider tells apart what people paste in place of a provider's name.
func (r *reader) provider(hasKey bool) string {
	const input = "workload_identity_provider"
	name := r.text(input)
	id := providerProject().FindStringSubmatch(name)
	switch {
	case name == "" && (hasKey || r.raw("credentials_json") != ""):
	case name == "":
		r.fault(input, "is missing; set it to %s", providerWanted)
	case hasKey:
		r.fault(input, "is given together with credentials_json; give one of them, and rather this one: it needs no stored key")
	case providerForm().MatchString(name):
	case strings.Contains(name, "${"):
		r.fault(input, "%s holds an expression that was not evaluated; write ${{ … }} with two braces", quote(name))
	case strings.HasPrefix(name, "principal"):
		r.fault(input, "%s is a member of an IAM binding; set it to the provider, %s", quote(name), providerWanted)
	case strings.Contains(name, "//"):
		r.fault(input, "%s is a URL; start it at projects/: %s", quote(name), providerWanted)
	case id != nil:
		r.fault(input, "%s names the project by its ID %s, but must use its number, which `gcloud projects describe %[2]s --format='value(projectNumber)'` prints", quote(name), quoteless(id[1]))
	case strings.Contains(name, "/workloadIdentityPools/") && !strings.Contains(name, "/providers/"):
		r.fault(input, "%s names a pool without a provider; set it to %s", quote(name), providerWanted)
	default:
		r.fault(input, "%s is not the name of a provider, %s, whose pool and provider have 4 to 32 of a-z, 0-9 and -", quote(name), providerWanted)
	}
	return name
}

// quoteless is a part of an input for a command that the reader may copy.
func quoteless(text string) string { return strings.Trim(quote(text), `"`) }

func (r *reader) serviceAccount() string {
	account := r.text("service_account")
	if account != "" && !serviceAccountForm().MatchString(account) {
		r.fault("service_account", notAnAccount, quote(account))
	}
	return account
}

func (r *reader) projectID() string {
	project := r.text("project_id")
	if project != "" && !projectForm().MatchString(project) {
		r.fault("project_id", "%s is not a project's ID; one looks like my-project", quote(project))
	}
	return project
}

// projectOf returns the project that a service account's address names, or nothing where it does not. Documented forms:
// NAME@PROJECT.iam.gserviceaccount.com, NAME@PROJECT.DOMAIN.iam.gserviceaccount.com of the domain-scoped project DOMAIN:PROJECT, and
// PROJECT@appspot.gserviceaccount.com. https://docs.cloud.google.com/iam/docs/service-account-types
func projectOf(account string) string {
	name, host, _ := strings.Cut(account, "@")
	if host == "appspot.gserviceaccount.com" {
		return name
	}
	project, ok := strings.CutSuffix(host, ".iam.gserviceaccount.com")
	if !ok || strings.HasPrefix(project, "gcp-sa-") { // a service agent's address names the service
		return ""
	}
	if id, domain, scoped := strings.Cut(project, "."); scoped {
		return domain + ":" + id
	}
	return project
}

func (r *reader) tokenFormat(in *Google) TokenFormat {
	format := TokenFormat(r.text("token_format"))
	if in.AccessToken.Subject != "" && format != AccessTokenFormat {
		r.fault("access_token_subject", "needs token_format access_token")
	}
	switch format {
	case NoToken:
		return format
	case AccessTokenFormat:
		if len(in.AccessToken.Scopes) == 0 {
			r.fault("access_token_scopes", "is empty; an access token needs at least one scope")
		}
		if in.AccessToken.Subject != "" && in.AccessToken.Lifetime > longestDelegation {
			r.fault("access_token_lifetime", "is longer than 1 hour, the most for a token with access_token_subject")
		}
	case IDTokenFormat:
		if in.IDToken.Audience == "" {
			r.fault("id_token_audience", "is missing; token_format id_token needs the audience of the token, such as the URL of your service")
		}
	default:
		r.fault("token_format", "%s is not a token format; use access_token, id_token, or leave it out", quote(string(format)))
		return format
	}
	if in.ServiceAccount == "" && r.raw("credentials_json") == "" {
		r.fault("service_account", "is missing; token_format %s needs the service account that the token is for", format)
	}
	return format
}

// scopes are those of access_token_scopes, or, where that is empty as an expression may be, its default.
func (r *reader) scopes() []string {
	const input = "access_token_scopes"
	if r.raw(input) == "" {
		return []string{declared[input].Default}
	}
	return r.list(input)
}

// lifetime reads 1h30m, 3600s or 3600, with blanks and commas anywhere, as google-github-actions/auth does.
func (r *reader) lifetime() time.Duration {
	const input = "access_token_lifetime"
	text := r.text(input)
	if text == "" {
		return 0
	}
	var lifetime time.Duration
	parts := durationForm().FindStringSubmatch(strings.NewReplacer(" ", "", ",", "").Replace(text))
	for i, unit := range []time.Duration{time.Hour, time.Minute, time.Second} {
		if parts == nil || parts[i+1] == "" {
			continue
		}
		count, err := strconv.ParseUint(parts[i+1], 10, 16)
		if err != nil {
			lifetime = longestLifetime + 1
			break
		}
		lifetime += time.Duration(count) * unit
	}
	switch {
	case parts == nil || lifetime == 0:
		r.fault(input, "%s is not a duration; write 1h30m, 3600s or 3600", quote(text))
	case lifetime > longestLifetime:
		r.fault(input, "%s is longer than 12 hours, the most that Google allows", quote(text))
	}
	return lifetime
}

// googleEndpoint reads the override that google-github-actions/auth reads. Its value ends in the API's version, where it has one.
func (r *reader) googleEndpoint(service, universe, version string) *url.URL {
	variable := "GHA_ENDPOINT_OVERRIDE_" + service
	address := r.endpoint(variable)
	if address == nil {
		return &url.URL{Scheme: "https", Host: service + "." + universe}
	}
	path, ok := strings.CutSuffix(address.Path, version)
	if !ok {
		r.fault("environment variable "+variable, "must end in %s", version)
	}
	address.Path = path
	return address
}

// Cleanup tells whether the end of the job removes Google's file, for a step of which nothing is known but its inputs.
func Cleanup(lookup Lookup) bool {
	return (&reader{lookup: lookup}).googleBoolean("cleanup_credentials")
}
