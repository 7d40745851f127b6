package sandbox_test

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"gatepass/pkg/sandbox"
)

const (
	own     = "arn:aws:iam::111111111111:role/"
	partner = "arn:aws:iam::222222222222:role/"
)

func assumeRoleForm(role string) url.Values {
	return url.Values{"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {role}, "RoleSessionName": {"ci-1"}}
}

// tagged returns the parameters of tags, key and value in turn.
func tagged(keysAndValues ...string) map[string]string {
	form := map[string]string{}
	for i := 0; i < len(keysAndValues); i += 2 {
		form[fmt.Sprintf("Tags.member.%d.Key", i/2+1)] = keysAndValues[i]
		form[fmt.Sprintf("Tags.member.%d.Value", i/2+1)] = keysAndValues[i+1]
	}
	return form
}

// assumeRoleTest asks as the user ci for the role by-user, but for what it says.
type assumeRoleTest struct {
	name   string
	key    aws.Credentials
	region string
	role   string
	form   map[string]string // parameters; an empty RoleArn is left out
	want   refusal
}

func (test assumeRoleTest) run(t *testing.T, f fixture) {
	key, form := test.key, assumeRoleForm(test.role)
	if key.AccessKeyID == "" {
		key = ciKey
	}
	if test.role == "" {
		form.Set("RoleArn", own+"by-user")
	}
	for name, value := range test.form {
		form.Set(name, value)
	}
	if form.Get("RoleArn") == "" {
		form.Del("RoleArn")
	}
	answer, got := f.signedForm(t, key, test.region, form), refusal{}
	if answer.status != http.StatusOK {
		got = awsRefusal(t, answer)
	}
	if got != test.want {
		t.Errorf("got  %v\nwant %v", got, test.want)
	}
}

// denied is how STS refuses an action on a role.
func denied(caller, action, role, reason string) refusal {
	return refusal{403, "AccessDenied", "User: " + caller + " is not authorized to perform: " + action + " on resource: " + role + reason}
}

func TestAssumeRoleTrust(t *testing.T) {
	t.Parallel()
	f := newAccounts(t, nil, nil)
	const (
		ci       = "arn:aws:iam::111111111111:user/ci"
		free     = "arn:aws:iam::111111111111:user/team/free"
		untagged = "arn:aws:iam::111111111111:user/untagged"
		session  = "arn:aws:sts::111111111111:assumed-role/federated/"
		assume   = "sts:AssumeRole"
		tag      = "sts:TagSession"
		identity = " because no identity-based policy allows the "
	)
	federated, second := f.federated(t, "ci-1"), f.federated(t, "ci-2")
	limited := f.federated(t, "ci-3", `{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`)
	known := map[string]string{"ExternalId": "octo:partner/1"}
	with := func(form map[string]string, name, value string) map[string]string {
		form[name] = value
		return form
	}
	granted := refusal{}
	for _, test := range []assumeRoleTest{
		{name: "by the user's ARN", want: granted},
		{name: "by the ARN of a user with a path", key: freeKey, want: granted},
		{name: "other user", key: untaggedKey, want: denied(untagged, assume, own+"by-user", "")},
		{name: "no such role", role: own + "none", want: denied(ci, assume, own+"none", "")},
		{name: "by account, and the user may", role: own + "account", key: freeKey, want: granted},
		{name: "by account, and the user may by a pattern", role: own + "account", key: untaggedKey, want: granted},
		{name: "by account, and the user may not", role: own + "account", want: denied(ci, assume, own+"account", identity+assume+" action")},
		{name: "by the account's number", role: own + "account-number", key: freeKey, want: granted},
		{name: "by anyone", role: own + "anyone", want: granted},
		{name: "by anyone but one", role: own + "anyone", key: untaggedKey, want: denied(untagged, assume, own+"anyone", "")},
		{name: "other account by anyone, and the user may", role: partner + "anyone", key: freeKey, want: granted},
		{name: "other account by anyone, and the user may not", role: partner + "anyone", want: denied(ci, assume, partner+"anyone", "")},
		{name: "role of a token", role: own + "chained", want: denied(ci, assume, own+"chained", "")},

		{name: "external ID", role: partner + "partner", key: freeKey, form: known, want: granted},
		{name: "no external ID", role: partner + "partner", key: freeKey, want: denied(free, assume, partner+"partner", "")},
		{name: "other external ID", role: partner + "partner", key: freeKey, form: map[string]string{"ExternalId": "octo"}, want: denied(free, assume, partner+"partner", "")},
		{name: "external ID of a user who may not", role: partner + "partner", form: known, want: denied(ci, assume, partner+"partner", "")},
		{name: "other session name", role: partner + "partner", key: freeKey, form: map[string]string{"ExternalId": "octo:partner/1", "RoleSessionName": "cd-1"},
			want: denied(free, assume, partner+"partner", "")},

		{name: "tags", form: tagged("a", "b"), want: granted},
		{name: "tags that the policy does not allow", role: own + "anyone", form: tagged("a", "b"), want: denied(ci, tag, own+"anyone", "")},
		{name: "tags that the user may not pass", role: own + "account", key: untaggedKey, form: tagged("a", "b"),
			want: denied(untagged, tag, own+"account", identity+tag+" action")},
		{name: "tags that the user may not pass to another account", role: partner + "partner", key: untaggedKey, form: with(tagged("a", "b"), "ExternalId", "octo:partner/1"),
			want: denied(untagged, tag, partner+"partner", "")},
		{name: "tag that is asked for", role: own + "tagged", form: tagged("repository", "octo-org/octo-repo"), want: granted},
		{name: "tag of another value", role: own + "tagged", form: tagged("Repository", "octo-org/other"), want: denied(ci, assume, own+"tagged", "")},
		{name: "no tag", role: own + "tagged", want: denied(ci, assume, own+"tagged", "")},

		{name: "chained by the role's ARN", key: federated, role: own + "chained", want: granted},
		{name: "chained by the session's ARN", key: federated, role: own + "by-session", want: granted},
		{name: "chained by the ARN of another session", key: second, role: own + "by-session", want: denied(session+"ci-2", assume, own+"by-session", "")},
		{name: "chained by account, and the role may", key: federated, role: own + "account", want: granted},
		{name: "chained by account, and the role may not tag", key: federated, role: own + "account", form: tagged("a", "b"),
			want: denied(session+"ci-1", tag, own+"account", identity+tag+" action")},
		{name: "chained with a session policy", key: limited, role: own + "chained",
			want: denied(session+"ci-3", assume, own+"chained", " because no session policy allows the sts:AssumeRole action")},

		{name: "other partition", key: cnKey, region: "cn-north-1", role: "arn:aws-cn:iam::333333333333:role/cn", want: granted},
		{name: "government", key: govKey, region: "us-gov-west-1", role: "arn:aws-us-gov:iam::444444444444:role/gov", want: granted},
		{name: "across partitions", key: freeKey, role: "arn:aws-cn:iam::333333333333:role/cn",
			want: denied(free, assume, "arn:aws-cn:iam::333333333333:role/cn", "")},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, f) })
	}
}

func TestAssumeRoleParameters(t *testing.T) {
	t.Parallel()
	f := newAccounts(t, func(a *sandbox.AWS) { a.PackedPolicyLimit = 7 }, nil)
	const one = "1 validation error detected: "
	invalid := func(message string) refusal { return refusal{400, "ValidationError", message} }
	malformed := func(message string) refusal { return refusal{400, "MalformedPolicyDocument", message} }
	tag := func(message string) refusal { return refusal{400, "InvalidParameterValue", message} }
	policy := func(text string) map[string]string { return map[string]string{"Policy": text} }
	many := map[string]string{}
	for i := range 51 {
		many[fmt.Sprintf("Tags.member.%d.Key", i+1)] = fmt.Sprint(i)
		many[fmt.Sprintf("Tags.member.%d.Value", i+1)] = ""
	}
	manyPolicies := map[string]string{}
	for i := range 11 {
		manyPolicies[fmt.Sprintf("PolicyArns.member.%d.arn", i+1)] = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	}
	long := `{"Statement":{"Effect":"Allow","Action":"` + strings.Repeat("a", 1985) + `","Resource":"*"}}`
	granted := refusal{}

	for _, test := range []assumeRoleTest{
		{name: "no role ARN", form: map[string]string{"RoleArn": ""},
			want: invalid(one + "Value null at 'roleArn' failed to satisfy constraint: Member must not be null")},
		{name: "name in place of an ARN", role: "a-role-name-without-arn", want: invalid("Request ARN is invalid")},
		{name: "session name of other characters", form: map[string]string{"RoleSessionName": "ci/1"},
			want: invalid(one + `Value 'ci/1' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`)},
		{name: "short duration", form: map[string]string{"DurationSeconds": "60"},
			want: invalid(one + "Value '60' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900")},
		{name: "duration that is no number", form: map[string]string{"DurationSeconds": "3600abc"}, want: refusal{400, "MalformedInput", ""}},
		{name: "longest duration", form: map[string]string{"DurationSeconds": "43200"}, want: granted},
		{name: "longer than the role's maximum", role: own + "tagged", form: map[string]string{"DurationSeconds": "3601", "Tags.member.1.Key": "Repository", "Tags.member.1.Value": "octo-org/octo-repo"},
			want: invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")},

		{name: "short external ID", form: map[string]string{"ExternalId": "x"},
			want: invalid(one + "Value 'x' at 'externalId' failed to satisfy constraint: Member must have length greater than or equal to 2")},
		{name: "long external ID", form: map[string]string{"ExternalId": strings.Repeat("x", 1225)},
			want: invalid(one + "Value '" + strings.Repeat("x", 1225) + "' at 'externalId' failed to satisfy constraint: Member must have length less than or equal to 1224")},
		{name: "external ID of other characters", form: map[string]string{"ExternalId": "a b"},
			want: invalid(one + `Value 'a b' at 'externalId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@:\/-]*`)},
		{name: "external ID that nobody asked for", form: map[string]string{"ExternalId": `octo:partner/1`}, want: granted},

		{name: "tag without a value", form: map[string]string{"Tags.member.1.Key": "a"},
			want: invalid(one + "Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null")},
		{name: "tag with an empty value", form: tagged("a", ""), want: granted},
		{name: "tag without a key", form: tagged("", "b"),
			want: invalid("2 validation errors detected: Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
				`Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+`)},
		{name: "long key", form: tagged("a", "b", strings.Repeat("é", 129), "b"),
			want: invalid(one + "Value '" + strings.Repeat("é", 129) + "' at 'tags.2.member.key' failed to satisfy constraint: Member must have length less than or equal to 128")},
		{name: "long value", form: tagged("a", strings.Repeat("x", 257)),
			want: invalid(one + "Value '" + strings.Repeat("x", 257) + "' at 'tags.1.member.value' failed to satisfy constraint: Member must have length less than or equal to 256")},
		{name: "value of other characters", form: tagged("a", "x[bot]"),
			want: invalid(one + `Value 'x[bot]' at 'tags.1.member.value' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*`)},
		{name: "many tags", form: many, want: invalid(one + "Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50")},
		{name: "tag twice", form: tagged("a", "1", "A", "2"), want: tag("Duplicate tag keys found. Please note that Tag keys are case insensitive.")},
		{name: "tag of AWS", form: tagged("aws:a", "1"), want: tag("'aws:' prefixed tag key names are not allowed for external use.")},
		{name: "transitive key without its tag", form: map[string]string{"TransitiveTagKeys.member.1": "a"},
			want: tag("The specified transitive tag key must be included in the requested tags.")},
		{name: "transitive key of other characters", form: map[string]string{"TransitiveTagKeys.member.1": "*"},
			want: invalid(one + `Value '*' at 'transitiveTagKeys.1.member' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+`)},
		{name: "tags up to the limit", form: tagged("abc", "1234"), want: granted},
		{name: "tags over the limit", form: tagged("abc", "123", "de", "12"),
			want: refusal{400, "PackedPolicyTooLarge", "Packed size of session tags consumes 142% of allotted space."}},

		{name: "policies", form: map[string]string{
			"Policy":                  `{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "NotAction": "s3:*", "NotResource": ["*"]}]}`,
			"PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
			"PolicyArns.member.2.arn": "arn:aws:iam::111111111111:policy/ci/limit"}, want: granted},
		{name: "empty policy", form: policy(""),
			want: invalid("2 validation errors detected: Value '' at 'policy' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
				`Value '' at 'policy' failed to satisfy constraint: Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+`)},
		{name: "policy of other characters", form: policy("{…}"),
			want: invalid(one + `Value '{…}' at 'policy' failed to satisfy constraint: Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+`)},
		{name: "long policy", form: policy(strings.Repeat("x", 2049)),
			want: invalid(one + "Value '" + strings.Repeat("x", 2049) + "' at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048")},
		{name: "policy that is no JSON", form: policy(`{"Statement": [],}`), want: malformed("This policy contains invalid Json")},
		{name: "policy of another version", form: policy(`{"Version": "2026-11-22", "Statement": []}`), want: malformed("The policy must contain a valid version string.")},
		{name: "policy without a statement", form: policy(`{"Version": "2012-10-17"}`), want: malformed("Syntax errors in policy.")},
		{name: "policy of neither effect", form: policy(`{"Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]}`), want: malformed("Syntax errors in policy.")},
		{name: "policy with a principal", form: policy(`{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}`),
			want: malformed("Policy document should not specify a principal.")},
		{name: "policy without actions", form: policy(`{"Statement": [{"Effect": "Allow", "Resource": "*"}]}`), want: malformed("Policy statement must contain actions.")},
		{name: "policy without resources", form: policy(`{"Statement": [{"Effect": "Allow", "Action": "*"}]}`), want: malformed("Policy statement must contain resources.")},
		{name: "managed policy of another account", form: map[string]string{"PolicyArns.member.1.arn": "arn:aws:iam::222222222222:policy/limit"},
			want: malformed("ARN arn:aws:iam::222222222222:policy/limit is not valid.")},
		{name: "managed policy by its name", form: map[string]string{"PolicyArns.member.1.arn": "ReadOnlyAccess"},
			want: invalid(one + "Value 'ReadOnlyAccess' at 'policyArns.1.member.arn' failed to satisfy constraint: Member must have length greater than or equal to 20")},
		{name: "many managed policies", form: manyPolicies, want: invalid(one + "Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10")},
		{name: "policies that are long together", form: map[string]string{"Policy": long, "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
			want: refusal{400, "PackedPolicyTooLarge", "Packed policy consumes 101% of allotted space, please use smaller policy."}},

		{name: "source identity", form: map[string]string{"SourceIdentity": "octocat"}, want: invalid("The sandbox does not take the parameter SourceIdentity in AssumeRole")},
		{name: "no authorization goes before bad parameters", key: aws.Credentials{AccessKeyID: "AKIANOBODY0000000000", SecretAccessKey: "x"}, form: map[string]string{"RoleArn": ""},
			want: refusal{403, "InvalidClientTokenId", "The security token included in the request is invalid."}},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, f) })
	}
}

// TestRoleChaining goes from a user to a role, to a second and to a third with the SDK's own client.
func TestRoleChaining(t *testing.T) {
	t.Parallel()
	var asked recorder
	f := newAccounts(t, nil, asked.observe)
	assume := func(key aws.Credentials, role string, change func(*sts.AssumeRoleInput)) (*sts.AssumeRoleOutput, aws.Credentials, refusal) {
		input := &sts.AssumeRoleInput{RoleArn: aws.String(role), RoleSessionName: aws.String("ci-1")}
		if change != nil {
			change(input)
		}
		output, err := f.client("eu-central-1", key).AssumeRole(t.Context(), input)
		if err != nil {
			return nil, aws.Credentials{}, clientRefusal(t, err)
		}
		c := output.Credentials
		return output, aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken}, refusal{}
	}
	tags := func(keysAndValues ...string) (list []types.Tag) {
		for pair := range slices.Chunk(keysAndValues, 2) {
			list = append(list, types.Tag{Key: aws.String(pair[0]), Value: aws.String(pair[1])})
		}
		return list
	}

	output, first, refused := assume(ciKey, own+"federated", func(i *sts.AssumeRoleInput) {
		i.DurationSeconds = aws.Int32(7200)
		i.Tags, i.TransitiveTagKeys = tags("Repository", "octo-repo", "Branch", "main"), []string{"repository"}
	})
	if refused != (refusal{}) {
		t.Fatal(refused)
	}
	if *output.AssumedRoleUser.Arn != "arn:aws:sts::111111111111:assumed-role/federated/ci-1" || !output.Credentials.Expiration.Equal(start.Add(2*time.Hour)) ||
		!strings.HasSuffix(*output.AssumedRoleUser.AssumedRoleId, ":ci-1") {
		t.Errorf("the session is %s, %s until %s", *output.AssumedRoleUser.Arn, *output.AssumedRoleUser.AssumedRoleId, output.Credentials.Expiration)
	}
	for _, secret := range []string{first.AccessKeyID, first.SecretAccessKey, first.SessionToken, ciKey.AccessKeyID, ciKey.SecretAccessKey} {
		if !slices.Contains(f.Secrets(), secret) {
			t.Errorf("Secrets lacks %q", secret)
		}
	}
	wantParameters := url.Values{
		"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {own + "federated"}, "RoleSessionName": {"ci-1"}, "DurationSeconds": {"7200"},
		"Tags.member.1.Key": {"Repository"}, "Tags.member.1.Value": {"octo-repo"}, "Tags.member.2.Key": {"Branch"}, "Tags.member.2.Value": {"main"},
		"TransitiveTagKeys.member.1": {"repository"},
	}
	seen := asked.take()
	if !reflect.DeepEqual(seen[0].Parameters, wantParameters) || seen[0].Caller != "arn:aws:iam::111111111111:user/ci" {
		t.Errorf("observed %v by %s", seen[0].Parameters, seen[0].Caller)
	}

	_, chained, refused := assume(first, own+"chained", func(i *sts.AssumeRoleInput) { i.Tags = tags("Branch", "other") })
	if refused != (refusal{}) {
		t.Fatal(refused)
	}
	const session = "arn:aws:sts::111111111111:assumed-role/federated/ci-1"
	conflict := refusal{400, "InvalidParameterValue", "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session."}
	override := func(i *sts.AssumeRoleInput) { i.Tags = tags("REPOSITORY", "other") }
	for name, test := range map[string]struct {
		key    aws.Credentials
		role   string
		change func(*sts.AssumeRoleInput)
		want   refusal
	}{
		"an hour":                          {first, own + "chained", func(i *sts.AssumeRoleInput) { i.DurationSeconds = aws.Int32(3600) }, refusal{}},
		"over an hour":                     {first, own + "chained", func(i *sts.AssumeRoleInput) { i.DurationSeconds = aws.Int32(3601) }, refusal{400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."}},
		"inherited tag":                    {first, own + "chained-untagged", nil, denied(session, "sts:TagSession", own+"chained-untagged", "")},
		"override":                         {first, own + "chained", override, conflict},
		"third, override":                  {chained, own + "chained", override, conflict},
		"third, tag that is not inherited": {chained, own + "chained", func(i *sts.AssumeRoleInput) { i.Tags = tags("Branch", "third") }, refusal{}},
	} {
		if _, _, got := assume(test.key, test.role, test.change); got != test.want {
			t.Errorf("%s: got  %v\nwant %v", name, got, test.want)
		}
	}
}

// TestWebIdentityInOtherPartition signs in with a token in China, and asks who that is.
func TestWebIdentityInOtherPartition(t *testing.T) {
	t.Parallel()
	f := newAccounts(t, nil, nil)
	session := f.assume(t, "arn:aws-cn:iam::333333333333:role/cn", f.idToken(t, "sts.amazonaws.com.cn"))
	if session.RoleARN != "arn:aws-cn:sts::333333333333:assumed-role/cn/session" ||
		session.Provider != "arn:aws-cn:iam::333333333333:oidc-provider/token.actions.githubusercontent.com" {
		t.Errorf("the session is %+v", session)
	}
	key := aws.Credentials{AccessKeyID: session.AccessKeyID, SecretAccessKey: session.SecretAccessKey, SessionToken: session.SessionToken}
	for region, want := range map[string]refusal{
		"cn-north-1": {},
		"us-east-1":  {403, "InvalidClientTokenId", "The security token included in the request is invalid."},
	} {
		_, err := f.client(region, key).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		if got := clientRefusal(t, err); got != want {
			t.Errorf("%s: got %v, want %v", region, got, want)
		}
	}
}

// TestDefaultKeys goes the ways that the default configuration is there to try.
func TestDefaultKeys(t *testing.T) {
	t.Parallel()
	config := sandbox.DefaultConfig()
	f := serve(t, config, nil)
	user := config.AWS.Users[0]
	key := aws.Credentials{AccessKeyID: user.AccessKeyID, SecretAccessKey: user.SecretAccessKey}
	deployed := f.assume(t, roles+"deploy", f.idToken(t, "sts.amazonaws.com"))
	deploy := aws.Credentials{AccessKeyID: deployed.AccessKeyID, SecretAccessKey: deployed.SecretAccessKey, SessionToken: deployed.SessionToken}
	for _, test := range []assumeRoleTest{
		{name: "partner", key: key, role: roles + "partner", form: map[string]string{"ExternalId": "octo-partner", "Tags.member.1.Key": "GitHub", "Tags.member.1.Value": "Actions"}},
		{name: "partner without the external ID", key: key, role: roles + "partner", want: denied(user.ARN, "sts:AssumeRole", roles+"partner", "")},
		{name: "admin", key: deploy, role: roles + "admin", form: tagged("GitHub", "Actions")},
		{name: "admin by the user", key: key, role: roles + "admin", want: denied(user.ARN, "sts:AssumeRole", roles+"admin", "")},
		{name: "deploy by the user", key: key, role: roles + "deploy", want: denied(user.ARN, "sts:AssumeRole", roles+"deploy", "")},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, f) })
	}
}
