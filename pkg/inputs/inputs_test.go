package inputs_test

import (
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"gatepass/pkg/inputs"
)

const (
	role     = "arn:aws:iam::123456789012:role/deploy"
	provider = "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo"
	account  = "deploy@my-project.iam.gserviceaccount.com"
)

// with holds the inputs of a step, and variables by their whole names.
type with map[string]string

func (w with) and(more with) with {
	all := maps.Clone(w)
	maps.Copy(all, more)
	return all
}

func (w with) parse() (inputs.Inputs, error) {
	environment := map[string]string{}
	for name, value := range w {
		if strings.ToUpper(name) == name || strings.HasPrefix(name, "GHA_") {
			environment[name] = value // a variable
		} else {
			environment[inputs.Variable(name)] = value
		}
	}
	return inputs.Parse(func(name string) (string, bool) {
		value, ok := environment[name]
		return value, ok
	})
}

var (
	aws    = with{"aws-region": "eu-central-1", "role-to-assume": role, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token"}
	google = with{"workload_identity_provider": provider}
)

type fault struct {
	with with
	want string // the whole error; empty for none
}

func (f fault) run(t *testing.T) {
	t.Parallel()
	in, err := f.with.parse()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if got != f.want {
		t.Errorf("got  %s\nwant %s", got, f.want)
	}
	if err != nil && (in.AWS != nil || in.Google != nil) {
		t.Error("inputs came with the error")
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]fault{
		"AWS":    {aws, ""},
		"Google": {google, ""},
		"both":   {aws.and(google), ""},
		"neither cloud": {with{},
			"nothing to sign in to: set role-to-assume and aws-region for AWS, workload_identity_provider for Google Cloud, oidc-token-audience for GitHub's token itself, or all of them. An expression such as ${{ secrets.ROLE }} is empty where the secret does not exist, as in runs from forks and of Dependabot"},
		"neither cloud, after a sign-in to AWS": {with{"AWS_REGION": "eu-central-1", "workload_identity_provider": ""},
			"nothing to sign in to: set role-to-assume and aws-region for AWS, workload_identity_provider for Google Cloud, oidc-token-audience for GitHub's token itself, or all of them. An expression such as ${{ secrets.ROLE }} is empty where the secret does not exist, as in runs from forks and of Dependabot"},
		"neither cloud, all defaults set by the runner": {with{"role-duration-seconds": "", "create_credentials_file": "true", "universe": "googleapis.com"},
			"nothing to sign in to: set role-to-assume and aws-region for AWS, workload_identity_provider for Google Cloud, oidc-token-audience for GitHub's token itself, or all of them. An expression such as ${{ secrets.ROLE }} is empty where the secret does not exist, as in runs from forks and of Dependabot"},
		"all faults at once": {with{"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x", "role-to-assume": "deploy", "role-duration-seconds": "1h", "token_format": "jwt", "service_account": "deploy"},
			"aws-region: is missing; set it to the region that later steps work in, such as eu-central-1\n" +
				`role-to-assume: "deploy" is a role's name; a sign-in with an ID token needs its whole ARN, arn:aws:iam::<account>:role/<name>` + "\n" +
				`role-duration-seconds: "1h" is not a number from 900 to 43200` + "\n" +
				"workload_identity_provider: is missing; set it to projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>\n" +
				`service_account: "deploy" is not a service account; one is an e-mail address such as deploy@my-project.iam.gserviceaccount.com, or a numeric ID` + "\n" +
				`token_format: "jwt" is not a token format; use access_token, id_token, or leave it out`},
		"audience for one cloud": {aws.and(with{"audience": "sts.amazonaws.com.cn"}), ""},
		"audience for both clouds": {aws.and(google).and(with{"audience": "x"}),
			"audience: is given in a step for both clouds, which need different ones; leave it out, or use one step for each cloud"},
		"audience for no cloud": {with{"audience": "x", "oidc-token-audience": "https://vault.example"},
			"audience: is for a sign-in to a cloud, and the step has none; leave it out, as the output's audience is oidc-token-audience"},
		"explain on failure":         {aws.and(with{"explain": "failure"}), ""},
		"explain at some other time": {aws.and(with{"explain": "true"}), `explain: "true" is not a time to explain; use failure, always or never`},
		"line break": {aws.and(with{"role-session-name": "a\nAWS_PROFILE=x"}),
			"role-session-name: holds a line break or another control character; it must be a single line"},
		"line break in a required input": {aws.and(with{"aws-region": "eu-central-1\rx"}),
			"aws-region: holds a line break or another control character; it must be a single line"},
		"line break at the end is trimmed": {aws.and(with{"aws-region": "eu-central-1\n"}), ""},
		"heredoc delimiter": {aws.and(with{"aws-region": "eu-central-1<<EOF"}),
			`aws-region: "eu-central-1<<EOF" is not a region; one looks like eu-central-1`},
		"workflow command in a value": {aws.and(with{"aws-region": "::stop-commands::x"}),
			`aws-region: ": :stop-commands::x" is not a region; one looks like eu-central-1`},
		"line break in a variable": {aws.and(with{"ROLE_SESSION_NAME": "a\nb"}),
			"environment variable ROLE_SESSION_NAME: holds a line break or another control character; it must be a single line"},
		"variable behind an input": {aws.and(with{"role-session-name": "a:b", "ROLE_SESSION_NAME": "a"}),
			`role-session-name: "a:b" is not a session name; one has 2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -`},
		"endpoint without https": {aws.and(with{"AWS_ENDPOINT_URL_STS": "http://sts.example"}),
			"environment variable AWS_ENDPOINT_URL_STS: must start with https://; http:// is for localhost, private IP addresses and names without a dot"},
		"endpoint without a version": {google.and(with{"GHA_ENDPOINT_OVERRIDE_sts": "https://sts.europe-west3.rep.googleapis.com"}),
			"environment variable GHA_ENDPOINT_OVERRIDE_sts: must end in /v1"},
	} {
		t.Run(name, test.run)
	}
}

func TestFaultsOfGoogle(t *testing.T) {
	t.Parallel()
	const form = "projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>"
	named := func(value string) with { return with{"workload_identity_provider": value} }
	for name, test := range map[string]fault{
		"project ID": {named("projects/my-project/locations/global/workloadIdentityPools/github/providers/octo-repo"),
			`workload_identity_provider: "projects/my-project/locations/global/workloadIdentityPools/github/providers/octo-repo" names the project by its ID my-project, but must use its number, which ` + "`gcloud projects describe my-project --format='value(projectNumber)'` prints"},
		"pool": {named("projects/123456789012/locations/global/workloadIdentityPools/github"),
			`workload_identity_provider: "projects/123456789012/locations/global/workloadIdentityPools/github" names a pool without a provider; set it to ` + form},
		"//iam prefix": {named("//iam.googleapis.com/" + provider),
			`workload_identity_provider: "//iam.googleapis.com/` + provider + `" is a URL; start it at projects/: ` + form},
		"https prefix": {named("https://iam.googleapis.com/" + provider),
			`workload_identity_provider: "https://iam.googleapis.com/` + provider + `" is a URL; start it at projects/: ` + form},
		"principalSet": {named("principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/github/*"),
			`workload_identity_provider: "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/github/*" is a member of an IAM binding; set it to the provider, ` + form},
		"expression": {named("${ secrets.PROVIDER }"),
			`workload_identity_provider: "${ secrets.PROVIDER }" holds an expression that was not evaluated; write ${{ … }} with two braces`},
		"no provider at all": {with{"service_account": account},
			"workload_identity_provider: is missing; set it to " + form},
		"trailing slash": {named(provider + "/"),
			`workload_identity_provider: "` + provider + `/" is not the name of a provider, ` + form + ", whose pool and provider have 4 to 32 of a-z, 0-9 and -"},
		"capitals": {named("projects/1/locations/global/workloadIdentityPools/GitHub/providers/octo-repo"),
			`workload_identity_provider: "projects/1/locations/global/workloadIdentityPools/GitHub/providers/octo-repo" is not the name of a provider, ` + form + ", whose pool and provider have 4 to 32 of a-z, 0-9 and -"},
		"unknown token format": {google.and(with{"token_format": "jwt"}), `token_format: "jwt" is not a token format; use access_token, id_token, or leave it out`},
		"ID token without audience": {google.and(with{"token_format": "id_token", "service_account": account}),
			"id_token_audience: is missing; token_format id_token needs the audience of the token, such as the URL of your service"},
		"access token without a service account": {google.and(with{"token_format": "access_token"}),
			"service_account: is missing; token_format access_token needs the service account that the token is for"},
		"no scopes": {google.and(with{"token_format": "access_token", "service_account": account, "access_token_scopes": " , "}),
			"access_token_scopes: is empty; an access token needs at least one scope"},
		"service account by unique ID": {google.and(with{"service_account": "112233445566778899001"}), ""},
		"service account with a path":  {google.and(with{"service_account": "x/y@p.iam.gserviceaccount.com"}), `service_account: "x/y@p.iam.gserviceaccount.com" is not a service account; one is an e-mail address such as deploy@my-project.iam.gserviceaccount.com, or a numeric ID`},
		"project":                      {google.and(with{"project_id": "My Project"}), `project_id: "My Project" is not a project's ID; one looks like my-project`},
		"domain-scoped project":        {google.and(with{"project_id": "example.com:my-project"}), ""},
		"boolean":                      {google.and(with{"create_credentials_file": "yes"}), `create_credentials_file: "yes" is neither true nor false`},
		"lifetime in words":            {google.and(with{"access_token_lifetime": "1 hour"}), `access_token_lifetime: "1 hour" is not a duration; write 1h30m, 3600s or 3600`},
		"lifetime of zero":             {google.and(with{"access_token_lifetime": "0"}), `access_token_lifetime: "0" is not a duration; write 1h30m, 3600s or 3600`},
		"lifetime too long":            {google.and(with{"access_token_lifetime": "43201"}), `access_token_lifetime: "43201" is longer than 12 hours, the most that Google allows`},
		"delegate":                     {google.and(with{"delegates": "a@p.iam.gserviceaccount.com, projects/-/serviceAccounts/b@p.iam.gserviceaccount.com\n123456789"}), ""},
		"delegate that is none":        {google.and(with{"delegates": "a"}), `delegates: "a" is not a service account; one is an e-mail address such as deploy@my-project.iam.gserviceaccount.com, or a numeric ID`},
		"universe":                     {google.and(with{"universe": "https://cloud.example"}), `universe: "https://cloud.example" is not the domain of a universe; Google's own is googleapis.com`},
		"empty universe":               {google.and(with{"universe": ""}), ""},
		"location":                     {google.and(with{"credentials-location": "home"}), `credentials-location: "home" is not a location; use temp or workspace`},
		"delegation for a day":         {google.and(with{"token_format": "access_token", "service_account": account, "access_token_subject": "user@example.com", "access_token_lifetime": "3601"}), "access_token_lifetime: is longer than 1 hour, the most for a token with access_token_subject"},
		"delegation without a token":   {google.and(with{"service_account": account, "access_token_subject": "user@example.com"}), "access_token_subject: needs token_format access_token"},
		"reason over lines":            {google.and(with{"request_reason": "a\nb"}), "request_reason: holds a line break or another control character; it must be a single line"},
		"provider of a key":            {with{"credentials_json": "{}", "google-provider": "provider.json"}, "credentials_json: is a credential of another kind; it must be a key of a service account\ngoogle-provider: is for workload_identity_provider; leave it out of a step with credentials_json"},
		"lifetime far too long":        {google.and(with{"access_token_lifetime": "99999999999h"}), `access_token_lifetime: "99999999999h" is longer than 12 hours, the most that Google allows`},
	} {
		t.Run(name, test.run)
	}
}

func TestWhenToExplain(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]inputs.Explain{"": inputs.OnFailure, "failure": inputs.OnFailure, "always": inputs.Always, "never": inputs.Never} {
		if in, err := aws.and(with{"explain": given}).parse(); err != nil || in.Explain != want {
			t.Errorf("%q: got %s, error %v; want %s", given, in.Explain, err, want)
		}
	}
}

func TestTheUniverseReachesEveryAddress(t *testing.T) {
	t.Parallel()
	in, err := google.and(with{"universe": "cloud.example", "GHA_ENDPOINT_OVERRIDE_oauth2": "https://oauth.example/", "GHA_ENDPOINT_OVERRIDE_iam": "https://iam.example/v1"}).parse()
	if err != nil {
		t.Fatal(err)
	}
	g := in.Google
	got := strings.Join([]string{g.Audience, g.STS.String(), g.IAMCredentials.String(), g.OAuth2.String(), g.IAM.String(), g.WWW.String()}, " ")
	want := "https://iam.cloud.example/" + provider + " https://sts.cloud.example https://iamcredentials.cloud.example https://oauth.example https://iam.example https://www.cloud.example"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAnEmptyBooleanIsFalseForGoogle(t *testing.T) {
	t.Parallel()
	in, err := google.and(with{"create_credentials_file": "", "cleanup_credentials": "0", "id_token_include_email": "T"}).parse()
	if err != nil {
		t.Fatal(err)
	}
	if g := in.Google; g.CreateCredentialsFile || g.Cleanup || !g.IDToken.IncludeEmail {
		t.Errorf("got %+v", g)
	}
}

func TestLifetime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"": 0, "3600": time.Hour, "3600s": time.Hour, "1h30m": 90 * time.Minute, "11h, 10m 55s": 11*time.Hour + 10*time.Minute + 55*time.Second,
		"1h30": time.Hour + 30*time.Second, "1": time.Second, "43,200": 12 * time.Hour,
	} {
		in, err := google.and(with{"access_token_lifetime": text}).parse()
		if err != nil || in.Google.AccessToken.Lifetime != want {
			t.Errorf("%q: got %+v, error %v; want %v", text, in.Google, err, want)
		}
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"a, b\r\n\nc\\,d,b": {"a", "b", "c,d", "b"},
		"":                  {"https://www.googleapis.com/auth/cloud-platform"}, // an expression may be
	} {
		in, err := google.and(with{"access_token_scopes": text}).parse()
		if err != nil || !reflect.DeepEqual(in.Google.AccessToken.Scopes, want) {
			t.Errorf("%q: got %+v, error %v; want %q", text, in.Google, err, want)
		}
	}
}

func TestTheProjectIsTakenFromTheServiceAccountOnlyWhenItsAddressNamesIt(t *testing.T) {
	t.Parallel()
	for account, want := range map[string]string{
		"deploy@my-project.iam.gserviceaccount.com":                  "my-project",
		"deploy@my-project.example.com.iam.gserviceaccount.com":      "example.com:my-project",
		"my-project@appspot.gserviceaccount.com":                     "my-project",
		"123456789012-compute@developer.gserviceaccount.com":         "",
		"service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com": "",
		"123456789012@cloudbuild.gserviceaccount.com":                "",
		"112233445566778899001":                                      "",
	} {
		in, err := google.and(with{"service_account": account}).parse()
		if err != nil || in.Google.ProjectID != want {
			t.Errorf("%s: got %+v, error %v; want %q", account, in.Google, err, want)
		}
	}
	in, err := google.and(with{"service_account": account, "project_id": "other-project"}).parse()
	if err != nil || in.Google.ProjectID != "other-project" {
		t.Errorf("the input does not come first: %+v, error %v", in.Google, err)
	}
}

// ROLE_TO_ASSUME may be there for other steps of the job. It makes neither a step for Google nor one for GitHub's token one for AWS.
func TestAVariableOfTheJobSignsNobodyInUnasked(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]with{"Google": google, "GitHub's token": {"oidc-token-audience": "https://vault.example"}} {
		in, err := test.and(with{"ROLE_TO_ASSUME": role, "AWS_REGION": "eu-central-1"}).parse()
		if err != nil || in.AWS != nil {
			t.Errorf("%s: got %+v, error %v; want no sign-in to AWS", name, in.AWS, err)
		}
	}
}
