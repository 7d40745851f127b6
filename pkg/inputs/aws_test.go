package inputs_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"gatepass/pkg/httpclient"
	"gatepass/pkg/inputs"
)

func TestFaultsOfAWS(t *testing.T) {
	t.Parallel()
	notARole := func(value string) string {
		return `role-to-assume: "` + value + `" is not the ARN of a role; one looks like arn:aws:iam::<account>:role/<name>, with the account's 12 digits`
	}
	keys := aws.and(with{"aws-access-key-id": "AKIAIOSFODNN7EXAMPLE", "aws-secret-access-key": "wJalrXUtnFEMI"})
	renewing := with{"aws-refresh": "true"}
	long := strings.Repeat("a", 65)
	for name, test := range map[string]fault{
		"missing region":      {with{"role-to-assume": role}, "aws-region: is missing; set it to the region that later steps work in, such as eu-central-1"},
		"account left empty":  {aws.and(with{"role-to-assume": "arn:aws:iam:::role/deploy"}), `role-to-assume: "arn:aws:iam:::role/deploy" names no account; the expression that is to give its 12 digits is empty`},
		"misspelt region":     {aws.and(with{"aws-region": "us-esat-1"}), `aws-region: "us-esat-1" is not a region; did you mean us-east-1?`},
		"region in capitals":  {aws.and(with{"aws-region": "EU-CENTRAL-1"}), `aws-region: "EU-CENTRAL-1" is not a region; did you mean eu-central-1?`},
		"zone in the region":  {aws.and(with{"aws-region": "eu-central-1a"}), `aws-region: "eu-central-1a" is not a region; did you mean eu-central-1?`},
		"region of no area":   {aws.and(with{"aws-region": "moon-north-1"}), `aws-region: "moon-north-1" is not a region; one looks like eu-central-1`},
		"region yet to come":  {aws.and(with{"aws-region": "ap-southeast-19"}), ""},
		"China":               {aws.and(with{"aws-region": "cn-north-1", "role-to-assume": "arn:aws-cn:iam::123456789012:role/deploy"}), ""},
		"GovCloud":            {aws.and(with{"aws-region": "us-gov-west-1", "role-to-assume": "arn:aws-us-gov:iam::123456789012:role/deploy"}), ""},
		"another partition":   {aws.and(with{"aws-region": "cn-north-1"}), `role-to-assume: "` + role + `" is in partition aws, but aws-region is in aws-cn`},
		"role with a path":    {aws.and(with{"role-to-assume": "arn:aws:iam::123456789012:role/ci/deploy"}), ""},
		"user":                {aws.and(with{"role-to-assume": "arn:aws:iam::123456789012:user/deploy"}), notARole("arn:aws:iam::123456789012:user/deploy")},
		"short account":       {aws.and(with{"role-to-assume": "arn:aws:iam::12345678901:role/deploy"}), notARole("arn:aws:iam::12345678901:role/deploy")},
		"session for a role":  {aws.and(with{"role-to-assume": "arn:aws:sts::123456789012:assumed-role/deploy/x"}), notARole("arn:aws:sts::123456789012:assumed-role/deploy/x")},
		"blank in the ARN":    {aws.and(with{"role-to-assume": "arn:aws:iam::123456789012:role/de ploy"}), notARole("arn:aws:iam::123456789012:role/de ploy")},
		"long path":           {aws.and(with{"role-to-assume": "arn:aws:iam::123456789012:role/" + strings.Repeat("a", 512)}), ""},
		"too long a path":     {aws.and(with{"role-to-assume": "arn:aws:iam::123456789012:role/" + strings.Repeat("a", 513)}), "role-to-assume: a text of 544 characters is not the ARN of a role; one looks like arn:aws:iam::<account>:role/<name>, with the account's 12 digits"},
		"role's name by OIDC": {aws.and(with{"role-to-assume": "deploy"}), `role-to-assume: "deploy" is a role's name; a sign-in with an ID token needs its whole ARN, arn:aws:iam::<account>:role/<name>`},
		"role's name by keys": {keys.and(with{"role-to-assume": "ci/deploy"}), ""},

		"long session name":     {aws.and(with{"role-session-name": long}), `role-session-name: "` + long + `" is not a session name; one has 2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -`},
		"colon in session name": {aws.and(with{"role-session-name": "a:b"}), `role-session-name: "a:b" is not a session name; one has 2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -`},
		"empty session name":    {aws.and(with{"role-session-name": ""}), ""},
		"899 seconds":           {aws.and(with{"role-duration-seconds": "899"}), `role-duration-seconds: "899" is not a number from 900 to 43200`},
		"900 seconds":           {aws.and(with{"role-duration-seconds": "900"}), ""},
		"43200 seconds":         {aws.and(with{"role-duration-seconds": "43200"}), ""},
		"43201 seconds":         {aws.and(with{"role-duration-seconds": "43201"}), `role-duration-seconds: "43201" is not a number from 900 to 43200`},
		"3600abc seconds":       {aws.and(with{"role-duration-seconds": "3600abc"}), `role-duration-seconds: "3600abc" is not a number from 900 to 43200`},
		"external ID":           {aws.and(with{"role-external-id": "a b"}), `role-external-id: "a b" is not an external ID; one has 2 to 1224 characters of A-Z a-z 0-9 _ + = , . @ : / -`},

		"policy that is no JSON":   {aws.and(with{"inline-session-policy": "{"}), `inline-session-policy: is not JSON; write a policy such as {"Version": "2012-10-17", "Statement": [...]}`},
		"policy over lines":        {aws.and(with{"inline-session-policy": "{\n  \"Statement\": []\n}"}), ""},
		"policies that are large":  {aws.and(with{"inline-session-policy": `{"x":"` + strings.Repeat("a", 2041) + `"}`}), "inline-session-policy: has 2049 characters together with managed-session-policies; AWS takes 2048"},
		"managed policy's name":    {aws.and(with{"managed-session-policies": "ReadOnlyAccess"}), `managed-session-policies: "ReadOnlyAccess" is not the ARN of a managed policy; one looks like arn:aws:iam::aws:policy/ReadOnlyAccess`},
		"eleven managed policies":  {aws.and(with{"managed-session-policies": strings.Repeat("arn:aws:iam::aws:policy/ReadOnlyAccess\n", 11)}), "managed-session-policies: has 11 policies; AWS takes 10"},
		"tags that are no object":  {keys.and(with{"custom-tags": "Team=payments"}), `custom-tags: is not a JSON object; write one such as {"Team": "payments"}`},
		"tags with more behind":    {keys.and(with{"custom-tags": `{} {}`}), `custom-tags: is not a JSON object; write one such as {"Team": "payments"}`},
		"tag that is a list":       {keys.and(with{"custom-tags": `{"Team": []}`}), `custom-tags: "Team": its value is neither a text nor a number nor a boolean`},
		"tag that is null":         {keys.and(with{"custom-tags": `{"Team": null}`}), `custom-tags: "Team": its value is neither a text nor a number nor a boolean`},
		"tag of every job":         {keys.and(with{"custom-tags": `{"Actor": "me"}`}), `custom-tags: "Actor": is a tag that every job has; choose another name`},
		"tag with a strange key":   {keys.and(with{"custom-tags": `{"a*": "b"}`}), `custom-tags: "a*": is not the key of a tag; one has 1 to 128 letters, digits, blanks or characters of _ . : / = + - @`},
		"tag with a strange value": {keys.and(with{"custom-tags": `{"a": "b*"}`}), `custom-tags: "a": its value b* is not the value of a tag; one has at most 256 letters, digits, blanks or characters of _ . : / = + - @`},

		"key without secret":       {aws.and(with{"aws-access-key-id": "AKIA"}), "aws-secret-access-key: is missing; aws-access-key-id needs it"},
		"secret without key":       {aws.and(with{"aws-secret-access-key": "x"}), "aws-access-key-id: is missing; aws-secret-access-key needs it"},
		"session without key":      {aws.and(with{"aws-session-token": "x"}), "aws-access-key-id: is missing; aws-session-token needs it"},
		"token file, no role":      {with{"aws-region": "eu-central-1", "web-identity-token-file": "token"}, "role-to-assume: is missing; web-identity-token-file needs the role to assume"},
		"chaining, no role":        {with{"aws-region": "eu-central-1", "role-chaining": "true"}, ""},
		"no OIDC and nothing else": {aws.and(with{"force-skip-oidc": "true"}), "force-skip-oidc: leaves nothing to assume the role with; give aws-access-key-id, web-identity-token-file or role-chaining, too"},
		"no OIDC, but chaining":    {aws.and(with{"force-skip-oidc": "true", "role-chaining": "true"}), ""},

		"policy of no role": {keys.and(with{"role-to-assume": "", "aws-trust-policy": "trust.json"}), "aws-trust-policy: is for a role; set role-to-assume to it"},

		"renewing":                       {aws.and(renewing), ""},
		"renewing a profile":             {aws.and(renewing).and(with{"aws-profile": "deploy", "output-env-credentials": "false"}), ""},
		"renewing keys":                  {keys.and(renewing), "aws-refresh: renews a role that is assumed with GitHub's ID token, and nothing else; leave out aws-access-key-id"},
		"renewing what a token file has": {aws.and(renewing).and(with{"web-identity-token-file": "token"}), "aws-refresh: renews a role that is assumed with GitHub's ID token, and nothing else; leave out web-identity-token-file"},
		"renewing what is there":         {aws.and(renewing).and(with{"role-chaining": "true", "use-existing-credentials": "true"}), "aws-refresh: renews a role that is assumed with GitHub's ID token, and nothing else; leave out role-chaining, use-existing-credentials"},
		"renewing no role":               {renewing.and(with{"aws-region": "eu-central-1"}), "role-to-assume: is missing; aws-refresh needs the role to assume"},
		"renewing what has no name":      {aws.and(renewing).and(with{"output-env-credentials": "false"}), "aws-profile: is missing; with aws-refresh and without output-env-credentials, it is the name by which a step finds the credentials"},
		"renewing through a password":    {aws.and(renewing).and(with{"http-proxy": "http://me:pass@proxy.example"}), "http-proxy: holds a password, and aws-refresh would have to keep it in a file; set HTTPS_PROXY for the job in its place"},
		"renewing through a job's proxy": {aws.and(renewing).and(with{"HTTPS_PROXY": "http://me:pass@proxy.example"}), ""},

		"web identity":                  {aws.and(with{"aws-web-identity": "true", "allowed-account-ids": "123456789012", "unset-current-credentials": "true"}), ""},
		"web identity of no role":       {with{"aws-region": "eu-central-1", "aws-web-identity": "true"}, "role-to-assume: is missing; aws-web-identity needs the role to assume"},
		"web identity, foreign account": {aws.and(with{"aws-web-identity": "true", "allowed-account-ids": "210987654321"}), "allowed-account-ids: the role is of account 123456789012, which is not among 210987654321"},
		"web identity, and a variable":  {aws.and(with{"aws-web-identity": "true", "ROLE_DURATION_SECONDS": "900"}), "aws-web-identity: leaves the exchange of GitHub's token to later steps, and hands over nothing else; leave out environment variable ROLE_DURATION_SECONDS"},
		"web identity that is hidden":   {aws.and(with{"aws-web-identity": "true", "output-env-credentials": "false"}), "aws-web-identity: leaves the exchange of GitHub's token to later steps, and hands over nothing else; leave out output-env-credentials"},
		"web identity, and a session": {aws.and(with{
			"aws-web-identity": "true", "aws-profile": "deploy", "aws-refresh": "true", "role-duration-seconds": "1200", "inline-session-policy": "{}",
			"managed-session-policies": "arn:aws:iam::aws:policy/ReadOnlyAccess", "custom-tags": `{"a": "b"}`, "output-credentials": "true", "sts-endpoint": "https://sts.example",
		}), "aws-web-identity: leaves the exchange of GitHub's token to later steps, and hands over nothing else; leave out role-duration-seconds, inline-session-policy, managed-session-policies, custom-tags, aws-profile, sts-endpoint, aws-refresh, output-credentials"},
		"web identity, and keys": {keys.and(with{"aws-web-identity": "true", "role-chaining": "true"}), "aws-web-identity: leaves the exchange of GitHub's token to later steps, and hands over nothing else; leave out aws-access-key-id, aws-secret-access-key, role-chaining"},

		"accounts":              {aws.and(with{"allowed-account-ids": ",123456789012, 210987654321"}), ""},
		"account with hyphens":  {aws.and(with{"allowed-account-ids": "1234-5678-9012"}), `allowed-account-ids: "1234-5678-9012" is not an account; one has 12 digits`},
		"accounts of commas":    {aws.and(with{"allowed-account-ids": ","}), "allowed-account-ids: names no account"},
		"profile with a blank":  {aws.and(with{"aws-profile": "a b"}), `aws-profile: "a b" has white space in it`},
		"no tries":              {aws.and(with{"retry-max-attempts": "0"}), `retry-max-attempts: "0" is not a number from 1 to 100`},
		"timeout in words":      {aws.and(with{"action-timeout-s": "1m"}), `action-timeout-s: "1m" is not a number from 0 to 604800`},
		"boolean yes":           {aws.and(with{"output-credentials": "yes"}), `output-credentials: "yes" is neither true nor false`},
		"FIPS of a kind":        {aws.and(with{"AWS_USE_FIPS_ENDPOINT": "1"}), `environment variable AWS_USE_FIPS_ENDPOINT: "1" is neither true nor false`},
		"FIPS":                  {aws.and(with{"AWS_USE_FIPS_ENDPOINT": "True"}), ""},
		"endpoint":              {aws.and(with{"sts-endpoint": "sts.example"}), "sts-endpoint: is not a URL"},
		"proxy that is none":    {aws.and(with{"http-proxy": "http://"}), "http-proxy: is not the address of a proxy; one looks like http://proxy.example:3128"},
		"job's proxy is none":   {aws.and(with{"HTTP_PROXY": "http://"}), "environment variable HTTPS_PROXY or HTTP_PROXY: is not the address of a proxy; one looks like http://proxy.example:3128"},
		"proxy without a cloud": {with{"http-proxy": "http://proxy.example:3128"}, "nothing to sign in to: set role-to-assume and aws-region for AWS, workload_identity_provider for Google Cloud, oidc-token-audience for GitHub's token itself, or all of them. An expression such as ${{ secrets.ROLE }} is empty where the secret does not exist, as in runs from forks and of Dependabot"},
	} {
		t.Run(name, test.run)
	}
}

// source is a row of the table by which a step chooses what it signs in with.
type source struct {
	with with
	want inputs.AWSSource
}

func (s source) run(t *testing.T) {
	t.Parallel()
	in, err := s.with.parse()
	if err != nil {
		t.Fatal(err)
	}
	if in.AWS.Source != s.want {
		t.Errorf("got %s, want %s", in.AWS.Source, s.want)
	}
}

func TestSource(t *testing.T) {
	t.Parallel()
	region := with{"aws-region": "eu-central-1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token"}
	keys := with{"aws-access-key-id": "AKIA", "aws-secret-access-key": "x"}
	for name, test := range map[string]source{
		"role":                             {aws, inputs.FromGitHub},
		"role without the permission":      {aws.and(with{"ACTIONS_ID_TOKEN_REQUEST_TOKEN": ""}), inputs.FromJob},
		"role and keys":                    {aws.and(keys), inputs.FromKeys},
		"role, keys and chaining":          {aws.and(keys).and(with{"role-chaining": "true"}), inputs.FromKeys},
		"keys":                             {region.and(keys), inputs.FromKeys},
		"role and token file":              {aws.and(with{"web-identity-token-file": "token"}), inputs.FromTokenFile},
		"role, keys and token file":        {aws.and(keys).and(with{"web-identity-token-file": "token"}), inputs.FromTokenFile},
		"role and chaining":                {aws.and(with{"role-chaining": "true"}), inputs.FromJob},
		"region alone":                     {region, inputs.FromJob},
		"role to renew, no permission":     {aws.and(with{"aws-refresh": "true", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": ""}), inputs.FromGitHub}, // or the fault would be another
		"web identity, no permission":      {aws.and(with{"aws-web-identity": "true", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": ""}), inputs.FromGitHub},
		"role of the environment":          {region.and(with{"aws-region": "", "AWS_REGION": "eu-central-1", "ROLE_TO_ASSUME": role}), inputs.FromGitHub},
		"role that the input has in front": {aws.and(with{"ROLE_TO_ASSUME": "x"}), inputs.FromGitHub},
	} {
		t.Run(name, test.run)
	}
}

func TestFilesAreRelativeToTheCheckout(t *testing.T) {
	t.Parallel()
	in, err := aws.and(google).and(with{"aws-trust-policy": "infra/trust.json", "google-provider": "/github/workspace/../provider.json", "GITHUB_WORKSPACE": "/github/workspace"}).parse()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := in.AWS.TrustPolicyFile, "/github/workspace/infra/trust.json"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := in.Google.ProviderFile, "/github/workspace/../provider.json"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDefaultsOfAWS(t *testing.T) {
	t.Parallel()
	in, err := aws.parse()
	if err != nil {
		t.Fatal(err)
	}
	want := &inputs.AWS{
		Region: "eu-central-1", Partition: "aws", Source: inputs.FromGitHub, Audience: "sts.amazonaws.com", ExportEnvironment: true,
		Role: &inputs.AWSRole{ARN: role, SessionName: "GitHubActions", Duration: time.Hour, Tags: []inputs.Tag{{Key: "GitHub", Value: "Actions"}}},
	}
	if !reflect.DeepEqual(in.AWS, want) {
		t.Errorf("got  %+v\nwant %+v", in.AWS, want)
	}
	if in.Attempts != 12 || in.Timeout != 0 {
		t.Errorf("got %d attempts within %v, want 12 within 0s", in.Attempts, in.Timeout)
	}
}

// What aws-actions/configure-aws-credentials reads from the environment where an input is empty.
func TestFallbacksToTheEnvironment(t *testing.T) {
	t.Parallel()
	in, err := with{
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token", "AWS_REGION": "us-east-1", "ROLE_TO_ASSUME": role, "ROLE_DURATION_SECONDS": "1200", "ROLE_SESSION_NAME": "from-environment",
		"ROLE_EXTERNAL_ID": "external", "ROLE_SKIP_SESSION_TAGGING": "true", "INLINE_SESSION_POLICY": "{}", "MANAGED_SESSION_POLICIES": "arn:aws:iam::aws:policy/ReadOnlyAccess",
		"MASK_AWS_ACCOUNT_ID": "true", "OUTPUT_CREDENTIALS": "true", "UNSET_CURRENT_CREDENTIALS": "true", "DISABLE_RETRY": "true", "SPECIAL_CHARACTERS_WORKAROUND": "true",
		"USE_EXISTING_CREDENTIALS": "true", "AWS_USE_FIPS_ENDPOINT": "true", "OVERWRITE_AWS_PROFILE": "true", "HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "10.0.0.0/8 .example",
	}.parse()
	if err != nil {
		t.Fatal(err)
	}
	a := in.AWS
	if a.Region != "us-east-1" || a.Role.ARN != role || a.Role.Duration != 20*time.Minute || a.Role.SessionName != "from-environment" || a.Role.ExternalID != "external" || a.Role.Tags != nil || a.Role.Policy != "{}" || len(a.Role.PolicyARNs) != 1 {
		t.Errorf("got %+v, role %+v", a, a.Role)
	}
	if !a.MaskAccountID || !a.OutputCredentials || !a.ForgetCurrent || !a.WithoutSpecialCharacters || !a.KeepExisting || !a.FIPS || !a.OverwriteProfile || in.Attempts != 1 {
		t.Errorf("got %+v, %d attempts", a, in.Attempts)
	}
	if in.Proxy.HTTPS != "http://proxy.example:3128" || in.Proxy.Not != "10.0.0.0/8,.example" {
		t.Errorf("got proxy %+v", in.Proxy)
	}
}

// What keeps a proxy beyond the step must know which part of it was given for the step.
func TestTheProxyThatInputsGive(t *testing.T) {
	t.Parallel()
	job := aws.and(with{"HTTPS_PROXY": "http://job.example", "HTTP_PROXY": "http://plain.example", "NO_PROXY": "10.0.0.0/8"})
	for name, test := range map[string]struct {
		with        with
		all, inputs httpclient.Proxy
	}{
		"none":       {aws, httpclient.Proxy{}, httpclient.Proxy{}},
		"the job's":  {job, httpclient.Proxy{HTTP: "http://plain.example", HTTPS: "http://job.example", Not: "10.0.0.0/8"}, httpclient.Proxy{}},
		"the step's": {job.and(with{"http-proxy": "http://step.example"}), httpclient.Proxy{HTTP: "http://step.example", HTTPS: "http://step.example", Not: "10.0.0.0/8"}, httpclient.Proxy{HTTP: "http://step.example", HTTPS: "http://step.example"}},
		"hosts":      {job.and(with{"no-proxy": "a b"}), httpclient.Proxy{HTTP: "http://plain.example", HTTPS: "http://job.example", Not: "a,b"}, httpclient.Proxy{Not: "a,b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, err := test.with.parse()
			if err != nil || in.Proxy != test.all || in.GivenProxy != test.inputs {
				t.Errorf("got %+v of which %+v, error %v\nwant %+v of which %+v", in.Proxy, in.GivenProxy, err, test.all, test.inputs)
			}
		})
	}
}

func TestFurtherFallbacks(t *testing.T) {
	t.Parallel()
	in, err := with{"aws-region": "us-east-1", "ROLE_TO_ASSUME": role, "ROLE_CHAINING": "true", "TRANSITIVE_TAG_KEYS": "GitHub", "RETRY_MAX_ATTEMPTS": "3"}.parse()
	if err != nil {
		t.Fatal(err)
	}
	if in.AWS.Source != inputs.FromJob || !slices.Equal(in.AWS.Role.TransitiveTagKeys, []string{"GitHub"}) || in.Attempts != 3 {
		t.Errorf("got %+v, role %+v, %d attempts", in.AWS, in.AWS.Role, in.Attempts)
	}
	in, err = with{"aws-region": "us-east-1", "ROLE_TO_ASSUME": role, "WEB_IDENTITY_TOKEN_FILE": "token", "GITHUB_WORKSPACE": "/github/workspace"}.parse()
	if err != nil || in.AWS.Source != inputs.FromTokenFile || in.AWS.TokenFile != "/github/workspace/token" {
		t.Errorf("got %+v, error %v", in.AWS, err)
	}
}

func TestSessionTags(t *testing.T) {
	t.Parallel()
	job := with{
		"GITHUB_REPOSITORY": "octo-org/octo-repo", "GITHUB_WORKFLOW": "Deploy (prod)", "GITHUB_ACTION": "__run", "GITHUB_ACTOR": "renovate[bot]", "GITHUB_SHA": "6c7e9f0", "GITHUB_REF": "refs/heads/" + strings.Repeat("é", 300),
		"GITHUB_EVENT_NAME": "push", "GITHUB_RUN_ID": "1", "GITHUB_JOB": "deploy", "GITHUB_TRIGGERING_ACTOR": "octocat", "GITHUB_BASE_REF": "",
		"custom-tags": `{"Team": "payments", "Cost": 12.50, "Live": true}`, "transitive-tag-keys": "Team\nRepository\nNone",
	}
	in, err := aws.and(job).parse()
	if err != nil {
		t.Fatal(err)
	}
	want := []inputs.Tag{
		{Key: "GitHub", Value: "Actions"},
		{Key: "Repository", Value: "octo-org/octo-repo"},
		{Key: "Workflow", Value: "Deploy _prod_"},
		{Key: "Action", Value: "__run"},
		{Key: "Actor", Value: "renovate_bot_"},
		{Key: "Commit", Value: "6c7e9f0"},
		{Key: "Branch", Value: "refs/heads/" + strings.Repeat("é", 245)},
		{Key: "EventName", Value: "push", Droppable: true},
		{Key: "RunId", Value: "1", Droppable: true},
		{Key: "Job", Value: "deploy", Droppable: true},
		{Key: "TriggeringActor", Value: "octocat", Droppable: true},
		{Key: "Cost", Value: "12.5"},
		{Key: "Live", Value: "true"},
		{Key: "Team", Value: "payments"},
	}
	if got := in.AWS.Role.Tags; !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got, want := in.AWS.Role.TransitiveTagKeys, []string{"Repository", "Team"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheAudienceIsThatOfTheRegion(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{"eu-central-1": "sts.amazonaws.com", "us-gov-west-1": "sts.amazonaws.com", "cn-north-1": "sts.amazonaws.com.cn"} {
		in, err := with{"aws-region": region}.parse()
		if err != nil || in.AWS.Audience != want {
			t.Errorf("%s: got %+v, error %v; want %s", region, in.AWS, err, want)
		}
	}
}
