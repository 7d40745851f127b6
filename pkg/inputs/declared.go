package inputs

// declaration is one input of action.yml. A test compares this list with that file.
type declaration struct {
	cloud cloud
	// Default is what action.yml declares. An input that still holds it counts as not given.
	Default string
	// fallback is the variable that is read where the input is empty, as aws-actions/configure-aws-credentials does.
	fallback string
}

type cloud int

const (
	both cloud = iota // of the whole step
	onAWS
	onGoogle
)

// declared are the inputs by their names in a workflow. The internal ones, which arrive as arguments, are not among them.
var declared = map[string]declaration{
	"audience":            {},
	"oidc-token-audience": {},
	"http-proxy":          {},
	"no-proxy":            {},
	"action-timeout-s":    {},
	"disable-retry":       {fallback: "DISABLE_RETRY"},
	"retry-max-attempts":  {fallback: "RETRY_MAX_ATTEMPTS"},
	"explain":             {Default: "failure"},

	"aws-region":                    {cloud: onAWS, fallback: "AWS_REGION"},
	"role-to-assume":                {cloud: onAWS, fallback: "ROLE_TO_ASSUME"},
	"aws-roles":                     {cloud: onAWS},
	"role-session-name":             {cloud: onAWS, fallback: "ROLE_SESSION_NAME"},
	"role-duration-seconds":         {cloud: onAWS, fallback: "ROLE_DURATION_SECONDS"},
	"output-credentials":            {cloud: onAWS, fallback: "OUTPUT_CREDENTIALS"},
	"output-env-credentials":        {cloud: onAWS},
	"aws-access-key-id":             {cloud: onAWS},
	"aws-secret-access-key":         {cloud: onAWS},
	"aws-session-token":             {cloud: onAWS},
	"web-identity-token-file":       {cloud: onAWS, fallback: "WEB_IDENTITY_TOKEN_FILE"},
	"role-chaining":                 {cloud: onAWS, fallback: "ROLE_CHAINING"},
	"force-skip-oidc":               {cloud: onAWS},
	"use-existing-credentials":      {cloud: onAWS, fallback: "USE_EXISTING_CREDENTIALS"},
	"unset-current-credentials":     {cloud: onAWS, fallback: "UNSET_CURRENT_CREDENTIALS"},
	"aws-profile":                   {cloud: onAWS},
	"overwrite-aws-profile":         {cloud: onAWS, fallback: "OVERWRITE_AWS_PROFILE"},
	"aws-refresh":                   {cloud: onAWS},
	"aws-web-identity":              {cloud: onAWS},
	"role-external-id":              {cloud: onAWS, fallback: "ROLE_EXTERNAL_ID"},
	"inline-session-policy":         {cloud: onAWS, fallback: "INLINE_SESSION_POLICY"},
	"managed-session-policies":      {cloud: onAWS, fallback: "MANAGED_SESSION_POLICIES"},
	"role-skip-session-tagging":     {cloud: onAWS, fallback: "ROLE_SKIP_SESSION_TAGGING"},
	"custom-tags":                   {cloud: onAWS},
	"transitive-tag-keys":           {cloud: onAWS, fallback: "TRANSITIVE_TAG_KEYS"},
	"mask-aws-account-id":           {cloud: onAWS, fallback: "MASK_AWS_ACCOUNT_ID"},
	"allowed-account-ids":           {cloud: onAWS},
	"special-characters-workaround": {cloud: onAWS, fallback: "SPECIAL_CHARACTERS_WORKAROUND"},
	"sts-endpoint":                  {cloud: onAWS},
	"aws-trust-policy":              {cloud: onAWS},

	"workload_identity_provider":   {cloud: onGoogle},
	"service_account":              {cloud: onGoogle},
	"project_id":                   {cloud: onGoogle},
	"token_format":                 {cloud: onGoogle},
	"access_token_lifetime":        {cloud: onGoogle, Default: "3600s"},
	"access_token_scopes":          {cloud: onGoogle, Default: "https://www.googleapis.com/auth/cloud-platform"},
	"id_token_audience":            {cloud: onGoogle},
	"id_token_include_email":       {cloud: onGoogle, Default: "false"},
	"create_credentials_file":      {cloud: onGoogle, Default: "true"},
	"export_environment_variables": {cloud: onGoogle, Default: "true"},
	"cleanup_credentials":          {cloud: onGoogle, Default: "true"},
	"credentials_json":             {cloud: onGoogle},
	"access_token_subject":         {cloud: onGoogle},
	"delegates":                    {cloud: onGoogle},
	"credentials-location":         {cloud: onGoogle},
	"universe":                     {cloud: onGoogle, Default: "googleapis.com"},
	"request_reason":               {cloud: onGoogle},
	"google-provider":              {cloud: onGoogle},
}
