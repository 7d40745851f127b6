package inputs

// declaration is one input of action.yml. A test compares this list with that file.
type declaration struct {
	// Default is what action.yml declares. An input that still holds it counts as not given.
	Default string
	cloud   cloud
	// unsupported inputs are accepted at their default only.
	unsupported bool
}

type cloud int

const (
	both cloud = iota
	onAWS
	onGoogle
)

// declared are the inputs by their names in a workflow. The internal ones, which arrive as arguments, are not among them.
var declared = map[string]declaration{
	"audience": {"", both, false},

	"aws-region":            {"", onAWS, false},
	"role-to-assume":        {"", onAWS, false},
	"role-session-name":     {"GitHubActions", onAWS, false},
	"role-duration-seconds": {"3600", onAWS, false},
	"output-credentials":    {"false", onAWS, false},

	"aws-access-key-id":             {"", onAWS, true},
	"aws-secret-access-key":         {"", onAWS, true},
	"aws-session-token":             {"", onAWS, true},
	"aws-profile":                   {"", onAWS, true},
	"overwrite-aws-profile":         {"false", onAWS, true},
	"web-identity-token-file":       {"", onAWS, true},
	"role-chaining":                 {"false", onAWS, true},
	"role-external-id":              {"", onAWS, true},
	"role-skip-session-tagging":     {"false", onAWS, true},
	"transitive-tag-keys":           {"", onAWS, true},
	"custom-tags":                   {"", onAWS, true},
	"inline-session-policy":         {"", onAWS, true},
	"managed-session-policies":      {"", onAWS, true},
	"mask-aws-account-id":           {"false", onAWS, true},
	"output-env-credentials":        {"", onAWS, true},
	"unset-current-credentials":     {"false", onAWS, true},
	"use-existing-credentials":      {"false", onAWS, true},
	"allowed-account-ids":           {"", onAWS, true},
	"force-skip-oidc":               {"false", onAWS, true},
	"disable-retry":                 {"false", onAWS, true},
	"retry-max-attempts":            {"12", onAWS, true},
	"special-characters-workaround": {"false", onAWS, true},
	"action-timeout-s":              {"0", onAWS, true},
	"http-proxy":                    {"", onAWS, true},
	"no-proxy":                      {"", onAWS, true},
	"sts-endpoint":                  {"", onAWS, true},

	"workload_identity_provider":   {"", onGoogle, false},
	"service_account":              {"", onGoogle, false},
	"project_id":                   {"", onGoogle, false},
	"token_format":                 {"", onGoogle, false},
	"access_token_lifetime":        {"3600s", onGoogle, false},
	"access_token_scopes":          {"https://www.googleapis.com/auth/cloud-platform", onGoogle, false},
	"id_token_audience":            {"", onGoogle, false},
	"id_token_include_email":       {"false", onGoogle, false},
	"create_credentials_file":      {"true", onGoogle, false},
	"export_environment_variables": {"true", onGoogle, false},
	"cleanup_credentials":          {"true", onGoogle, false},
	"credentials_json":             {"", onGoogle, true},
	"access_token_subject":         {"", onGoogle, true},
	"delegates":                    {"", onGoogle, true},
	"universe":                     {"googleapis.com", onGoogle, true},
	"request_reason":               {"", onGoogle, true},
}
