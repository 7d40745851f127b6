package inputs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatepass/pkg/awsprofile"
	"gatepass/pkg/inputs"
)

// many are the lines of aws-roles in a step that is for them.
func many(lines ...string) with {
	return with{"aws-region": "eu-central-1", "aws-roles": strings.Join(lines, "\n"), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token"}
}

func deployIn(account string) string { return "arn:aws:iam::" + account + ":role/deploy" }

func TestFaultsOfManyRoles(t *testing.T) {
	t.Parallel()
	deploy, dev := deployIn("123456789012"), "dev = arn:aws:iam::123456789012:role/deploy"
	const form = "a line is written profile = role ARN [region=…] [duration=…] [chain-from=profile]"
	says := "aws-roles: says which roles are assumed with GitHub's ID token, and as which profiles; leave out "
	for name, test := range map[string]fault{
		"one role":               {many(dev), ""},
		"blanks":                 {many("", "  dev="+deploy+"  ", "", "\tprod\t=\t"+deploy+"\tduration=900\r"), ""},
		"all options":            {many(dev, "prod = "+deploy+" chain-from=dev duration=900 region=us-east-1"), ""},
		"= in a role's name":     {many("dev = " + deploy + "=x"), ""},
		"source in a later line": {many("prod = "+deploy+" chain-from=dev", dev), ""},
		"no profile":             {many(deploy), `aws-roles: line 1, "` + deploy + `": ` + form},
		"no role":                {many("dev ="), `aws-roles: line 1, "dev =": ` + form},
		"no =":                   {many("dev " + deploy + " region=us-east-1"), `aws-roles: line 1, "dev ` + deploy + ` region=us-east-1": ` + form},
		"a comment":              {many(dev + " # for tests"), `aws-roles: line 1, "` + dev + ` # for tests": "#" is not an option; there are region=…, duration=… and chain-from=profile`},
		"an unknown option":      {many(dev + " zone=a"), `aws-roles: line 1, "` + dev + ` zone=a": "zone=a" is not an option; there are region=…, duration=… and chain-from=profile`},
		"blanks around =":        {many(dev + " region = us-east-1"), `aws-roles: line 1, "` + dev + ` region = us-east-1": region has no value; write region=… without blanks`},
		"an option twice":        {many(dev + " duration=900 duration=901"), `aws-roles: line 1, "` + dev + ` duration=900 duration=901": duration is there twice`},
		"a name, not an ARN":     {many("dev = deploy"), `aws-roles: line 1, "dev = deploy": "deploy" is not the ARN of a role; one looks like arn:aws:iam::<account>:role/<name>, with the account's 12 digits`},
		"another partition":      {many(dev + " region=cn-north-1"), `aws-roles: line 1, "` + dev + ` region=cn-north-1": "` + deploy + `" is in partition aws, but its region is in aws-cn`},
		"a profile's bracket":    {many("a]b = " + deploy), `aws-roles: line 1, "a]b = ` + deploy + `": the profile "a]b" has a bracket in it`},
		"a profile twice":        {many(dev, "", dev), `aws-roles: line 3, "` + dev + `": the profile is in line 1 already`},
		"a misspelt region":      {many(dev + " region=us-esat-1"), `aws-roles: line 1, "` + dev + ` region=us-esat-1": region: "us-esat-1" is not a region; did you mean us-east-1?`},
		"an empty region":        {many(dev + " region="), `aws-roles: line 1, "` + dev + ` region=": region: "" is not a region; one looks like eu-central-1`},
		"no region":              {many(dev, "prod = "+deploy).and(with{"aws-region": ""}), "aws-region: is missing; set it, or region=… in every line of aws-roles"},
		"a region of its own":    {many(dev + " region=us-east-1").and(with{"aws-region": ""}), ""},
		"a duration in words":    {many(dev + " duration=1h"), `aws-roles: line 1, "` + dev + ` duration=1h": duration: "1h" is not a number from 900 to 43200`},
		"a short duration":       {many(dev + " duration=899"), `aws-roles: line 1, "` + dev + ` duration=899": duration: "899" is not a number from 900 to 43200`},
		"a chain of two hours":   {many(dev, "prod = "+deploy+" chain-from=dev duration=7200"), `aws-roles: line 2, "prod = ` + deploy + ` chain-from=dev duration=7200": duration: 7200 is more than 3600, which is all that AWS gives a session that another one opens`},
		"two hours for all, which is not for chained ones": {many(dev, "prod = "+deploy+" chain-from=dev").and(with{"role-duration-seconds": "7200"}), ""},
		"an unknown source": {many(dev + " chain-from=test"), `aws-roles: line 1, "` + dev + ` chain-from=test": chain-from: no line has the profile "test"`},
		"its own source":    {many(dev + " chain-from=dev"), `aws-roles: line 1, "` + dev + ` chain-from=dev": chain-from: the chain has no beginning: dev from dev`},
		"a circle, and one behind it": {many("a = "+deploy+" chain-from=b", "b = "+deploy+" chain-from=a", "c = "+deploy+" chain-from=a"),
			`aws-roles: line 1, "a = ` + deploy + ` chain-from=b": chain-from: the chain has no beginning: a from b from a` + "\n" +
				`aws-roles: line 2, "b = ` + deploy + ` chain-from=a": chain-from: the chain has no beginning: b from a from b`},
		"a source in another partition": {many(dev, "cn = arn:aws-cn:iam::123456789012:role/deploy region=cn-north-1 chain-from=dev"),
			`aws-roles: line 2, "cn = arn:aws-cn:iam::123456789012:role/deploy region=cn-north-1 chain-from=dev": chain-from: "dev" is in partition aws, whose sessions can assume no role in aws-cn`},
		"an account that is not allowed": {many(dev, "prod = "+deployIn("210987654321")).and(with{"allowed-account-ids": "123456789012"}),
			`aws-roles: line 2, "prod = arn:aws:iam::210987654321:role/deploy": the account 210987654321 is not among allowed-account-ids`},

		"role-to-assume, too":       {aws.and(many(dev)), says + "role-to-assume"},
		"ROLE_TO_ASSUME of the job": {many(dev).and(with{"ROLE_TO_ASSUME": role}), says + "environment variable ROLE_TO_ASSUME"},
		"keys":                      {many(dev).and(with{"aws-access-key-id": "AKIA", "aws-secret-access-key": "x"}), says + "aws-access-key-id"},
		"what is for one role":      {many(dev).and(with{"aws-profile": "dev", "web-identity-token-file": "token", "aws-trust-policy": "trust.json"}), says + "web-identity-token-file, aws-profile, aws-trust-policy"},
		"other ways to sign in":     {many(dev).and(with{"role-chaining": "true", "force-skip-oidc": "true", "use-existing-credentials": "True"}), says + "role-chaining, force-skip-oidc, use-existing-credentials"},
		"other ways, refused":       {many(dev).and(with{"role-chaining": "false", "force-skip-oidc": "false", "use-existing-credentials": "False"}), ""},

		"renewing": {many(dev).and(with{"aws-refresh": "true", "output-env-credentials": "false"}), ""},
		"renewing through a password": {many(dev).and(with{"aws-refresh": "true", "http-proxy": "http://me:pass@proxy.example"}),
			"http-proxy: holds a password, and aws-refresh would have to keep it in a file; set HTTPS_PROXY for the job in its place"},
		"all that is wrong": {many("dev deploy", "x = y region=z duration=1 chain-from=w").and(with{"aws-region": "us-esat-1", "aws-profile": "p", "role-session-name": "?", "token_format": "jwt"}),
			`aws-region: "us-esat-1" is not a region; did you mean us-east-1?` + "\n" +
				`role-session-name: "?" is not a session name; one has 2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -` + "\n" +
				says + "aws-profile\n" +
				`aws-roles: line 1, "dev deploy": ` + form + "\n" +
				`aws-roles: line 2, "x = y region=z duration=1 chain-from=w": region: "z" is not a region; one looks like eu-central-1` + "\n" +
				`aws-roles: line 2, "x = y region=z duration=1 chain-from=w": "y" is not the ARN of a role; one looks like arn:aws:iam::<account>:role/<name>, with the account's 12 digits` + "\n" +
				`aws-roles: line 2, "x = y region=z duration=1 chain-from=w": duration: "1" is not a number from 900 to 43200` + "\n" +
				`aws-roles: line 2, "x = y region=z duration=1 chain-from=w": chain-from: no line has the profile "w"` + "\n" +
				"workload_identity_provider: is missing; set it to projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>\n" +
				`token_format: "jwt" is not a token format; use access_token, id_token, or leave it out`},
	} {
		t.Run(name, test.run)
	}
}

// signIn is a sign-in of aws-roles in a line.
func signIn(in inputs.AWS) string {
	var tags []string
	for _, tag := range in.Role.Tags {
		tags = append(tags, tag.Key)
	}
	return fmt.Sprintf("line %d, %s: %s in %s, %v, by %s %s, tags %v of which %v, for %s", in.Line, in.Profile, in.Role.ARN, in.Region, in.Role.Duration, in.Source, in.ChainFrom, tags, in.Role.TransitiveTagKeys, in.Audience)
}

func TestManyRoles(t *testing.T) {
	t.Parallel()
	in, err := many(
		"test = arn:aws:iam::111111111111:role/ci/deploy",
		"",
		"china = arn:aws-cn:iam::222222222222:role/deploy region=cn-north-1 duration=900",
		"prod = arn:aws:iam::333333333333:role/deploy chain-from=test",
		"default = arn:aws:iam::444444444444:role/deploy chain-from=prod region=us-east-1 duration=1800",
	).and(with{"role-duration-seconds": "7200", "custom-tags": `{"Team": "payments"}`, "transitive-tag-keys": "Team"}).parse()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"line 1, test: arn:aws:iam::111111111111:role/ci/deploy in eu-central-1, 2h0m0s, by GitHub's ID token , tags [GitHub Team] of which [Team], for sts.amazonaws.com",
		"line 3, china: arn:aws-cn:iam::222222222222:role/deploy in cn-north-1, 15m0s, by GitHub's ID token , tags [GitHub Team] of which [Team], for sts.amazonaws.com.cn",
		"line 4, prod: arn:aws:iam::333333333333:role/deploy in eu-central-1, 1h0m0s, by chain-from test, tags [GitHub Team] of which [Team], for sts.amazonaws.com",
		"line 5, default: arn:aws:iam::444444444444:role/deploy in us-east-1, 30m0s, by chain-from prod, tags [GitHub] of which [], for sts.amazonaws.com",
	}
	for i, role := range in.AWS.SignIns() {
		if got := signIn(role); i >= len(want) || got != want[i] {
			t.Errorf("got  %s", got)
		}
	}
	if got := signIn(*in.AWS); got != want[3] {
		t.Errorf("to the environment goes %s, want %s", got, want[3])
	}
	if !in.NeedsIDToken || !in.AWS.ExportEnvironment || len(in.AWS.Unused) > 0 {
		t.Errorf("ID token %v, environment %v, unused %v; want true, true, none", in.NeedsIDToken, in.AWS.ExportEnvironment, in.AWS.Unused)
	}
}

// The first role goes to the environment where none is called default. What only chained sessions take is of no use without one.
func TestManyRolesWithoutDefault(t *testing.T) {
	t.Parallel()
	in, err := many("dev = "+deployIn("111111111111"), "prod = "+deployIn("222222222222")).and(with{"role-external-id": "octo"}).parse()
	if err != nil {
		t.Fatal(err)
	}
	if in.AWS.Profile != "dev" || len(in.AWS.Roles) != 2 || fmt.Sprint(in.AWS.Unused) != "[role-external-id]" {
		t.Errorf("got profile %s of %d, unused %v; want dev of 2, role-external-id", in.AWS.Profile, len(in.AWS.Roles), in.AWS.Unused)
	}
}

// Whatever the lines are, there are faults that name the input, or roles with profiles of their own whose chains begin with GitHub's token.
func FuzzManyRoles(f *testing.F) {
	for _, seed := range []string{
		"dev = arn:aws:iam::123456789012:role/deploy", "a=arn:aws:iam::123456789012:role/a\nb=arn:aws:iam::123456789012:role/b chain-from=a duration=900",
		"a = b", "=", "\n\n[x] = arn:aws:iam::123456789012:role/a region=cn-north-1", "a=arn:aws:iam::123456789012:role/a chain-from=a duration=99999999999999999999",
		"a=arn:aws-cn:iam::123456789012:role/a region=cn-north-1\r\ndefault=arn:aws:iam::123456789012:role/::debug::x\x00", "a = ##[error]\x1b[31m chain-from=##[x]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		in, err := many(text).parse()
		if err != nil {
			checkFaults(t, err)
			return
		}
		if in.AWS.Roles == nil && strings.TrimSpace(text) == "" {
			return // a step without the input
		}
		known := map[string]inputs.AWS{}
		for _, role := range in.AWS.SignIns() {
			known[role.Profile] = role
			if awsprofile.CheckName(role.Profile) != nil || role.Role.Account() == "" || inputs.PartitionOf(role.Region) != role.Partition || role.Partition == "" {
				t.Errorf("got %s", signIn(role))
			}
			if d := role.Role.Duration; d < 15*time.Minute || d > 12*time.Hour || role.Source == inputs.FromProfile && d > time.Hour {
				t.Errorf("a session of %v by %s", d, role.Source)
			}
		}
		if len(known) != len(in.AWS.Roles) {
			t.Errorf("%d profiles of %d roles", len(known), len(in.AWS.Roles))
		}
		for _, role := range in.AWS.Roles {
			for range in.AWS.Roles {
				if role.Source == inputs.FromProfile {
					role = known[role.ChainFrom]
				}
			}
			if role.Source != inputs.FromGitHub {
				t.Errorf("the chain of %s begins with %q", role.Profile, role.Source)
			}
		}
	})
}
