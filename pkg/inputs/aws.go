package inputs

import (
	"net/url"
	"slices"
	"strings"

	"gatepass/pkg/awsprofile"
	"gatepass/pkg/lazyregexp"
	"gatepass/pkg/secret"
	"gatepass/pkg/untrusted"
)

// AWS asks for credentials of AWS.
type AWS struct {
	Region    string
	Partition string   // the region's
	Endpoint  *url.URL // the STS endpoint; nil for the region's own
	FIPS      bool     // of the region's own endpoints, the one that complies with FIPS 140

	// Source says whose credentials come first, and Role what is assumed with them; nil for nothing.
	Source    AWSSource
	Audience  string  // FromGitHub: the aud of GitHub's ID token
	TokenFile string  // FromTokenFile: its path
	Keys      AWSKeys // FromKeys and FromProfile
	Role      *AWSRole

	// WithoutGitHub says that the step wants no ID token of GitHub's to be used.
	WithoutGitHub bool

	TrustPolicyFile string // the role's trust policy; empty where the step does not tell

	Unused []string // inputs that were given, but that an ID token leaves no use for

	// Roles are the sign-ins of aws-roles, each with a profile of its own; none where the step has one sign-in. All else is then that of
	// the one among them whose session goes to the environment.
	Roles []AWS
	// Line is the line of aws-roles that a sign-in is from, or 0.
	Line int
	// ChainFrom is the profile of another line, whose session assumes the role; empty for GitHub's ID token.
	ChainFrom string

	// KeepExisting says that credentials of the job that work already are kept.
	KeepExisting bool
	// AllowedAccounts are the accounts that may be signed in to; none allows all.
	AllowedAccounts []string
	// WithoutSpecialCharacters asks for keys of letters and digits alone.
	WithoutSpecialCharacters bool

	// ForgetCurrent says that the credentials in the environment are neither used nor left there.
	ForgetCurrent bool
	MaskAccountID bool

	ExportEnvironment bool
	OutputCredentials bool
	Profile           string // to be written; empty for none
	OverwriteProfile  bool
	// Refresh says that later steps renew the credentials, by a profile that is written for that.
	Refresh bool
	// WebIdentity says that later steps exchange GitHub's token themselves, and this one does not.
	WebIdentity bool
}

// AWSSource says where the credentials come from that a sign-in starts with.
type AWSSource string

// The sources.
const (
	FromGitHub    AWSSource = "GitHub's ID token"
	FromTokenFile AWSSource = "web-identity-token-file"
	FromKeys      AWSSource = "aws-access-key-id"
	// FromProfile is the session of another line of aws-roles. Its keys are known only once AWS has opened it.
	FromProfile AWSSource = "chain-from"
	// FromJob is what the job has already: variables, a profile, or the role of the machine that it runs on.
	FromJob AWSSource = "the job's own credentials"
)

// AWSKeys are an access key.
type AWSKeys struct {
	AccessKeyID     secret.String
	SecretAccessKey secret.String
	SessionToken    secret.String // empty for a long-lived key
}

var accountForm = lazyregexp.New(`^[0-9]{12}$`)

func (r *reader) aws() *AWS {
	in := &AWS{
		Region:                   r.region(),
		Endpoint:                 r.stsEndpoint(),
		FIPS:                     r.fips(),
		Keys:                     r.keys(),
		TokenFile:                r.file("web-identity-token-file"),
		TrustPolicyFile:          r.file("aws-trust-policy"),
		KeepExisting:             r.awsBoolean("use-existing-credentials"),
		AllowedAccounts:          r.allowedAccounts(),
		WithoutSpecialCharacters: r.awsBoolean("special-characters-workaround"),
		MaskAccountID:            r.awsBoolean("mask-aws-account-id"),
		OutputCredentials:        r.awsBoolean("output-credentials"),
		Profile:                  r.profile(),
		OverwriteProfile:         r.awsBoolean("overwrite-aws-profile"),
		Refresh:                  r.awsBoolean("aws-refresh"),
		WebIdentity:              r.awsBoolean("aws-web-identity"),
	}
	in.ExportEnvironment = r.awsBooleanOr("output-env-credentials", in.Profile == "")
	in.ForgetCurrent = r.awsBoolean("unset-current-credentials") && in.ExportEnvironment
	in.WithoutGitHub = r.awsBoolean("role-chaining") || r.awsBoolean("force-skip-oidc")
	if r.raw("aws-roles") != "" {
		r.manyRoles(in)
	} else {
		r.oneRole(in)
	}
	if in.Refresh {
		r.refreshProxy()
	}
	return in
}

// oneRole is for a step with one sign-in, which need not assume a role.
func (r *reader) oneRole(in *AWS) {
	in.Partition = PartitionOf(in.Region)
	in.Source = r.source(in)
	if r.text("role-to-assume") != "" {
		in.Role = r.role(in.Source, in.Partition)
		if in.Source == FromGitHub || in.Source == FromTokenFile {
			in.Unused = r.unused()
		}
	}
	if in.Role == nil && in.TrustPolicyFile != "" {
		r.fault("aws-trust-policy", "is for a role; set role-to-assume to it")
	}
	in.Audience = r.textOr("audience", AWSAudience(in.Partition))
	if in.Refresh {
		r.refresh(in)
	}
	if in.WebIdentity {
		r.webIdentity(in)
	}
}

// unused are the inputs that AssumeRoleWithWebIdentity has no parameter for.
func (r *reader) unused() []string {
	var given []string
	for _, input := range []string{"role-external-id", "custom-tags", "transitive-tag-keys"} {
		if r.raw(input) != "" {
			given = append(given, input)
		}
	}
	return given
}

// AWSAudience is the audience that AWS's guides have an identity provider accept. China's STS has a name of its own.
func AWSAudience(partition string) string {
	if partition == "aws-cn" {
		return "sts.amazonaws.com.cn"
	}
	return "sts.amazonaws.com"
}

// source chooses as aws-actions/configure-aws-credentials does, but refuses what contradicts itself.
func (r *reader) source(in *AWS) AWSSource {
	hasRole := r.text("role-to-assume") != ""
	hasKeys, hasFile := !in.Keys.AccessKeyID.IsEmpty(), in.TokenFile != ""
	chaining, noOIDC := r.awsBoolean("role-chaining"), r.awsBoolean("force-skip-oidc")
	mayAskGitHub, _ := r.lookup("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
	switch {
	case hasFile && !hasRole:
		r.fault("role-to-assume", "is missing; web-identity-token-file needs the role to assume")
	case hasRole && noOIDC && !hasKeys && !hasFile && !chaining:
		r.fault("force-skip-oidc", "leaves nothing to assume the role with; give aws-access-key-id, web-identity-token-file or role-chaining, too")
	}
	switch {
	case hasFile:
		return FromTokenFile
	case hasKeys:
		return FromKeys
	case hasRole && !in.WithoutGitHub && (mayAskGitHub != "" || in.Refresh || in.WebIdentity):
		return FromGitHub
	}
	return FromJob
}

func (r *reader) keys() AWSKeys {
	id, key, token := r.text("aws-access-key-id"), r.text("aws-secret-access-key"), r.text("aws-session-token")
	switch {
	case id != "" && key == "":
		r.fault("aws-secret-access-key", "is missing; aws-access-key-id needs it")
	case id == "" && key != "":
		r.fault("aws-access-key-id", "is missing; aws-secret-access-key needs it")
	case id == "" && token != "":
		r.fault("aws-access-key-id", "is missing; aws-session-token needs it")
	}
	if id == "" {
		return AWSKeys{}
	}
	return AWSKeys{secret.New(id), secret.New(key), secret.New(token)}
}

func (r *reader) allowedAccounts() []string {
	const input = "allowed-account-ids"
	accounts := r.list(input)
	if i := slices.IndexFunc(accounts, func(a string) bool { return !accountForm().MatchString(a) }); i >= 0 {
		r.fault(input, "%s is not an account; one has 12 digits", quote(accounts[i]))
	}
	if len(accounts) == 0 && strings.TrimSpace(r.raw(input)) != "" {
		r.fault(input, "names no account")
	}
	return accounts
}

var accountInside = lazyregexp.New(`\b[0-9]{12}\b`)

// AccountsIn finds the IDs of accounts in a text, also where its ARNs are none.
func AccountsIn(text string) []secret.String {
	var accounts []secret.String
	for _, account := range accountInside().FindAllString(text, -1) {
		accounts = append(accounts, secret.New(account))
	}
	return accounts
}

func (r *reader) maskedAccounts() []secret.String {
	if !r.awsBoolean("mask-aws-account-id") {
		return nil
	}
	return AccountsIn(r.raw("role-to-assume") + "\n" + r.raw("aws-roles") + "\n" + r.raw("managed-session-policies"))
}

func (r *reader) profile() string {
	const input = "aws-profile"
	name := r.text(input)
	if name != "" {
		if err := awsprofile.CheckName(name); err != nil {
			r.fault(input, "%s", untrusted.Line(strings.TrimPrefix(err.Error(), input+" ")))
		}
	}
	return name
}

// stsEndpoint is the input's before the SDKs' variables.
func (r *reader) stsEndpoint() *url.URL {
	specific, general := r.endpoint("AWS_ENDPOINT_URL_STS"), r.endpoint("AWS_ENDPOINT_URL")
	switch address := r.text("sts-endpoint"); {
	case address != "":
		return r.url("sts-endpoint", address)
	case specific != nil:
		return specific
	}
	return general
}

// fips reads the variable of AWS's SDKs: https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html
func (r *reader) fips() bool {
	const variable = "AWS_USE_FIPS_ENDPOINT"
	value, _ := r.lookup(variable)
	if value != "" && !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
		r.fault("environment variable "+variable, "%s is neither true nor false", quote(value))
	}
	return strings.EqualFold(value, "true")
}
