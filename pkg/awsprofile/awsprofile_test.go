package awsprofile_test

import (
	"strings"
	"testing"

	"gatepass/pkg/awsprofile"
	"gatepass/pkg/secret"
)

func profile(name string) awsprofile.Profile {
	return awsprofile.Profile{
		Name: name, Region: "eu-central-1",
		AccessKeyID: secret.New("ASIANEW"), SecretAccessKey: secret.New("new/secret+key="), SessionToken: secret.New("new//token=="),
	}
}

func longTerm(name string) awsprofile.Profile {
	p := profile(name)
	p.SessionToken = secret.String{}
	return p
}

// renewing is a profile whose credentials a program gives.
func renewing(name string) awsprofile.Profile {
	return awsprofile.Profile{Name: name, Region: "eu-central-1", Process: "gatepass-aws-0123456789abcdef/gatepass credential-process"}
}

const (
	credentialsProcess = `credential_process = sh -c 'exec "${AWS_SHARED_CREDENTIALS_FILE%/*}"/gatepass-aws-0123456789abcdef/gatepass credential-process'` + "\n"
	configProcess      = `credential_process = sh -c 'exec "${AWS_CONFIG_FILE%/*}"/gatepass-aws-0123456789abcdef/gatepass credential-process'` + "\n"
)

// change is one text, what Add makes of it, and what Remove then makes of that.
type change struct {
	file                   awsprofile.File
	profile                awsprofile.Profile
	overwrite              bool
	before, after, removed string
}

func (c change) run(t *testing.T) {
	t.Parallel()
	after, err := c.file.Add([]byte(c.before), c.profile, c.overwrite)
	if err != nil {
		t.Fatal(err)
	}
	if string(after) != c.after {
		t.Errorf("Add: got\n%q\nwant\n%q", after, c.after)
	}
	removed, err := c.file.Remove(after, c.profile.Name)
	if err != nil {
		t.Fatal(err)
	}
	if string(removed) != c.removed {
		t.Errorf("Remove: got\n%q\nwant\n%q", removed, c.removed)
	}
	readsRight(t, c, string(after), string(removed))
}

const newKeys = "aws_access_key_id = ASIANEW\naws_secret_access_key = new/secret+key=\naws_session_token = new//token==\n"

// Whatever is in the files, a profile that was added goes without a trace.
var additions = map[string]change{
	"no file yet":         {awsprofile.Credentials, profile("dev"), false, "", "[dev]\n" + newKeys, ""},
	"no file yet, config": {awsprofile.Config, profile("dev"), false, "", "[profile dev]\nregion = eu-central-1\n", ""},
	"default":             {awsprofile.Credentials, profile("default"), false, "", "[default]\n" + newKeys, ""},
	"default, config":     {awsprofile.Config, profile("default"), false, "", "[default]\nregion = eu-central-1\n", ""},
	"long-term keys": {
		awsprofile.Credentials, longTerm("dev"), false, "", "[dev]\naws_access_key_id = ASIANEW\naws_secret_access_key = new/secret+key=\n", "",
	},
	"process":                {awsprofile.Credentials, renewing("dev"), false, "", "[dev]\n" + credentialsProcess, ""},
	"process, config":        {awsprofile.Config, renewing("dev"), false, odd, odd + "\n[profile dev]\nregion = eu-central-1\n" + configProcess, odd},
	"overwrite without need": {awsprofile.Credentials, profile("dev"), true, "", "[dev]\n" + newKeys, ""},
	"beside others": {
		awsprofile.Credentials, profile("dev"), false,
		"# mine\n[default]\naws_access_key_id=A\naws_secret_access_key=B\n\n[dev2]\naws_access_key_id = C\naws_secret_access_key = D\n",
		"# mine\n[default]\naws_access_key_id=A\naws_secret_access_key=B\n\n[dev2]\naws_access_key_id = C\naws_secret_access_key = D\n\n[dev]\n" + newKeys,
		"# mine\n[default]\naws_access_key_id=A\naws_secret_access_key=B\n\n[dev2]\naws_access_key_id = C\naws_secret_access_key = D\n",
	},
	"beside nested keys, sso-session, services, odd spacing, doubles and comments": {
		awsprofile.Config, profile("dev"), false, odd, odd + "\n[profile dev]\nregion = eu-central-1\n", odd,
	},
	"CR LF": {
		awsprofile.Config, profile("dev"), false,
		"[default]\r\nregion = us-east-1\r\n",
		"[default]\r\nregion = us-east-1\r\n\r\n[profile dev]\r\nregion = eu-central-1\r\n",
		"[default]\r\nregion = us-east-1\r\n",
	},
	"no line break at the end": {
		awsprofile.Config, profile("dev"), false,
		"[default]\nregion = us-east-1", "[default]\nregion = us-east-1\n[profile dev]\nregion = eu-central-1\n", "[default]\nregion = us-east-1",
	},
	"blank lines at the end": {
		awsprofile.Config, profile("dev"), false, "[default]\n\n\n", "[default]\n\n\n\n[profile dev]\nregion = eu-central-1\n", "[default]\n\n\n",
	},
	"nothing but a blank line": {awsprofile.Config, profile("dev"), false, "\n", "\n\n[profile dev]\nregion = eu-central-1\n", "\n"},
	"sections that are not this profile's": {
		awsprofile.Config, profile("dev"), false,
		"[dev]\nregion = a\n[profile Dev]\nregion = b\n[services dev]\nregion = c\n",
		"[dev]\nregion = a\n[profile Dev]\nregion = b\n[services dev]\nregion = c\n\n[profile dev]\nregion = eu-central-1\n",
		"[dev]\nregion = a\n[profile Dev]\nregion = b\n[services dev]\nregion = c\n",
	},
}

const odd = `
; the team's settings
[default]   # mine
region=us-east-1   # inline

[ profile	ops ]
  region : eu-west-1
s3 =
  max_concurrent_requests = 20
    # deep
  region = nested

  use_accelerate_endpoint=true
output = json
output = text
[profile ops]
unknown_key = "quoted"
credential_process = "/opt/a b" --x=1
  --more
[sso-session my-sso]
sso_region = us-east-1
[services local]
dynamodb =
  endpoint_url = http://localhost:8000
; the end`

// Add replaces and takes out keys, so that Remove cannot give back what was there.
var replacements = map[string]change{
	"keys are replaced where they stand, others and comments stay": {
		awsprofile.Credentials, profile("dev"), true,
		"[a]\nx = 1\n\n# about dev\n[dev] # here\nAWS_ACCESS_KEY_ID=OLD # who\n# note\naws_secret_access_key: OLD\noutput = json\naws_session_token = OLD\n\n# about b\n[b]\ny = 1\n",
		"[a]\nx = 1\n\n# about dev\n[dev] # here\n# who\naws_access_key_id = ASIANEW\n# note\naws_secret_access_key = new/secret+key=\noutput = json\naws_session_token = new//token==\n\n# about b\n[b]\ny = 1\n",
		"[a]\nx = 1\n\n# about dev\n[dev] # here\n# who\n# note\noutput = json\n\n# about b\n[b]\ny = 1\n",
	},
	"what is missing comes below the last key": {
		awsprofile.Config, profile("dev"), true,
		"[profile dev]\r\ns3 =\r\n  region = nested\r\n\r\n# next\r\n[profile b]\r\nregion = x\r\n",
		"[profile dev]\r\ns3 =\r\n  region = nested\r\nregion = eu-central-1\r\n\r\n# next\r\n[profile b]\r\nregion = x\r\n",
		"[profile dev]\r\ns3 =\r\n  region = nested\r\n\r\n# next\r\n[profile b]\r\nregion = x\r\n",
	},
	"an empty section": {
		awsprofile.Config, profile("dev"), true, "[profile dev]", "[profile dev]\nregion = eu-central-1\n", "",
	},
	"an old session token does not go with long-term keys": {
		awsprofile.Credentials, longTerm("dev"), true,
		"[dev]\naws_access_key_id = A\naws_secret_access_key = B\naws_session_token = C\naws_security_token = C\n",
		"[dev]\naws_access_key_id = ASIANEW\naws_secret_access_key = new/secret+key=\n",
		"",
	},
	"keys would go before a process": {
		awsprofile.Credentials, renewing("dev"), true,
		"[dev]\naws_access_key_id = A\naws_secret_access_key = B\noutput = json\naws_session_token = C\n",
		"[dev]\noutput = json\n" + credentialsProcess,
		"[dev]\noutput = json\n",
	},
	"keys in the config file, too": {
		awsprofile.Config, renewing("dev"), true,
		"[profile dev]\nregion = us-east-1\naws_access_key_id = A\naws_secret_access_key = B\nsource_profile = dev\nrole_arn = arn:aws:iam::111122223333:role/x\n",
		"[profile dev]\nregion = eu-central-1\n" + configProcess,
		"",
	},
	"a process is replaced by another": {
		awsprofile.Config, renewing("dev"), true,
		"[profile dev]\ncredential_process = /opt/old # who\nregion = us-east-1\n",
		"[profile dev]\n# who\n" + configProcess + "region = eu-central-1\n",
		"# who\n",
	},
	"a process is replaced by keys": {
		awsprofile.Credentials, profile("dev"), true, "[dev]\n" + credentialsProcess, "[dev]\n" + newKeys, "",
	},
	"a role would go before the keys": {
		awsprofile.Config, profile("dev"), true,
		"[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = base\nregion = us-east-1\ncli_pager =\n[profile base]\nregion = us-west-1\n",
		"[profile dev]\nregion = eu-central-1\ncli_pager =\n[profile base]\nregion = us-west-1\n",
		"[profile dev]\ncli_pager =\n[profile base]\nregion = us-west-1\n",
	},
	"doubles": {
		awsprofile.Config, profile("dev"), true,
		"[profile dev]\nregion = a\nregion = b\n[profile x]\nregion = c\n[profile dev]\noutput = json\n",
		"[profile dev]\nregion = eu-central-1\n[profile x]\nregion = c\n[profile dev]\noutput = json\nregion = eu-central-1\n",
		"[profile x]\nregion = c\n[profile dev]\noutput = json\n",
	},
	"doubles with a blank line between them": {
		awsprofile.Config, profile("dev"), true,
		"[profile dev]\noutput = json\n\n[profile dev]\n",
		"[profile dev]\noutput = json\nregion = eu-central-1\n\n[profile dev]\nregion = eu-central-1\n",
		"[profile dev]\noutput = json\n",
	},
	"default under both of its names": {
		awsprofile.Config, profile("default"), true,
		"[profile default]\nregion = a\n\n[default]\noutput = json\n",
		"[profile default]\nregion = eu-central-1\n\n[default]\noutput = json\nregion = eu-central-1\n",
		"\n[default]\noutput = json\n",
	},
	"quotes, which only some tools drop": {
		awsprofile.Config, profile("dev"), true,
		"[profile  \"dev\"] # \"dev\"\nregion = a\noutput = json\n",
		"[profile  dev] # \"dev\"\nregion = eu-central-1\noutput = json\n",
		"[profile  dev] # \"dev\"\noutput = json\n",
	},
	"a value of several lines": {
		awsprofile.Config, profile("dev"), true,
		"[profile dev]\nregion = a\n  b\noutput = json\n",
		"[profile dev]\nregion = eu-central-1\noutput = json\n",
		"[profile dev]\noutput = json\n",
	},
	"everything indented": {
		awsprofile.Config, profile("dev"), true,
		"[profile dev]\n  region = a\n  output = json\n",
		"[profile dev]\n  region = eu-central-1\n  output = json\n",
		"[profile dev]\n  output = json\n",
	},
}

func TestAddAndRemove(t *testing.T) {
	t.Parallel()
	for name, c := range additions {
		if c.removed != c.before {
			t.Errorf("%s: the profile leaves a trace", name)
		}
		t.Run(name, c.run)
	}
	for name, c := range replacements {
		t.Run(name, c.run)
	}
}

func TestProfilesGoInAnyOrder(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"", "[default]\nregion = us-east-1\n", "# no line break", "\r\n", odd} {
		for _, order := range [][]string{{"a", "b", "c"}, {"c", "b", "a"}, {"b", "a", "c"}, {"b", "c", "a"}} {
			text := []byte(before)
			var err error
			for _, name := range []string{"a", "b", "c"} {
				if text, err = awsprofile.Config.Add(text, profile(name), false); err != nil {
					t.Fatal(err)
				}
			}
			for _, name := range order {
				if text, err = awsprofile.Config.Remove(text, name); err != nil {
					t.Fatal(err)
				}
			}
			if string(text) != before {
				t.Errorf("%v: got %q, want %q", order, text, before)
			}
		}
	}
}

func TestWhatIsNotThereIsNotRemoved(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"", odd, "[profile dev]\n", "[profile dev]\noutput = json\n"} {
		if after, err := awsprofile.Config.Remove([]byte(before), "dev"); err != nil || string(after) != before {
			t.Errorf("got %q, error %v; want %q", after, err, before)
		}
	}
}

func TestALaterKeyStaysWithItsSection(t *testing.T) {
	t.Parallel()
	after, err := awsprofile.Config.Remove([]byte("[profile dev]\nregion = eu-central-1\noutput = json\n"), "dev")
	if want := "[profile dev]\noutput = json\n"; err != nil || string(after) != want {
		t.Errorf("got %q, error %v; want %q", after, err, want)
	}
}

const hidden = "hiddenvalue"

func TestAddRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ before, want string }{
		"the profile is there":     {"[dev]\naws_access_key_id = " + hidden + "\n", `the profile "dev" is in AWS's credentials file already. Set overwrite-aws-profile to true to replace it, or choose another name`},
		"the section is there":     {"[dev]\n", "overwrite-aws-profile"},
		"a key without a section":  {"\naws_secret_access_key = " + hidden + "\n[a]\n", "AWS's credentials file: line 2 stands before the first section"},
		"a line without a key":     {"[a]\n\n" + hidden + "\n", "line 3 is neither a section, nor a key with its value, nor a comment"},
		"an indented one":          {"[a]\n  " + hidden + "\n", "line 2 is neither"},
		"an empty key":             {"[a]\n=" + hidden + "\n", "line 2 has no key"},
		"an open header":           {"[a]\n[" + hidden + "\n", "line 2 is not the header of a section"},
		"text behind a header":     {"[a] " + hidden + "\n", "line 1 is not the header of a section"},
		"a comment in a header":    {"[a#" + hidden + "]\n", "line 1 is not the header of a section"},
		"no name":                  {"[ ]\n", "line 1 is not the header of a section"},
		"a single quote":           {"[a]\nx = \"\n", "line 2 has a quote that is not closed"},
		"a nested single quote":    {"[a]\nx =\n  y = '\n", "line 3 has a quote that is not closed"},
		"CR alone":                 {"[a]\nx = 1\r[b]\n", "line 2 has a control character in it"},
		"CR at the end":            {"[a]\r\nx = 1\r", "line 2 has a control character in it"},
		"NUL":                      {"[a]\nx = 1\x00\n", "line 2 has a control character in it"},
		"not UTF-8":                {"[a]\nx = \xff\n", "AWS's credentials file is not UTF-8"},
		"too many lines":           {strings.Repeat("\n", 20_001), "AWS's credentials file has more than 20000 lines"},
		"byte order mark":          {"\ufeff[a]\n", "byte order mark"},
		"an open quote":            {"[a]\nx = `" + hidden + "\n", "AWS's credentials file has a quote that is not closed"},
		"a quote across sections":  {"[a]\nx = `\n[b]\ny = `\n", "not all of AWS's tools read alike"},
		"a bracket in a comment":   {"[a] # [b]\n", "not all of AWS's tools read alike"},
		"nested under blank quote": {"[a]\ns3 =\n  [b]\n", "not all of AWS's tools read alike"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after, err := awsprofile.Credentials.Add([]byte(test.before), profile("dev"), false)
			if err == nil || after != nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %q, error %v; want error %q", after, err, test.want)
			}
			if strings.Contains(err.Error(), hidden) {
				t.Errorf("the error shows what is in the file: %v", err)
			}
			if strings.Contains(test.want, "overwrite") {
				return
			}
			if _, err := awsprofile.Credentials.Remove([]byte(test.before), "dev"); err == nil {
				t.Error("Remove reads it")
			}
		})
	}
}

func TestOverwriteRefusesWhatItWouldBreak(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]string{
		"a key that would become a nested one":          "[profile dev]\ns3 =\n  a = b\nrole_arn = " + hidden + "\n  output = json\n",
		"a key that the AWS CLI takes for the region's": "[profile dev]\nregion = " + hidden + "\n\n  # x\n  output = json\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after, err := awsprofile.Config.Add([]byte(before), profile("dev"), true)
			if err == nil || after != nil || !strings.Contains(err.Error(), "left as it is") || strings.Contains(err.Error(), hidden) {
				t.Errorf("got %q, error %v", after, err)
			}
		})
	}
}

func TestAddMakesNothingThatRemoveRefuses(t *testing.T) {
	t.Parallel()
	for _, n := range []int{19_995, 19_996} { // lines, besides which there are a blank one, a header and three keys
		after, err := awsprofile.Credentials.Add([]byte(strings.Repeat("\n", n)), profile("dev"), false)
		if (err == nil) != (n == 19_995) {
			t.Fatalf("%d lines: error %v", n, err)
		}
		if err != nil {
			continue
		}
		if after, err := awsprofile.Credentials.Remove(after, "dev"); err != nil || len(after) != n {
			t.Errorf("%d lines: %d bytes left, error %v", n, len(after), err)
		}
	}
}

func TestAddRefusesProfile(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*awsprofile.Profile)
		want   string
	}{
		"no region":              {func(p *awsprofile.Profile) { p.Region = "" }, "the profile has no region"},
		"no key ID":              {func(p *awsprofile.Profile) { p.AccessKeyID = secret.String{} }, "the profile has no access key ID"},
		"no secret":              {func(p *awsprofile.Profile) { p.SecretAccessKey = secret.New("") }, "the profile has no secret access key"},
		"a line break":           {func(p *awsprofile.Profile) { p.Region = "x\n[default]" }, "the region has characters that a profile cannot hold"},
		"a space":                {func(p *awsprofile.Profile) { p.SecretAccessKey = secret.New(hidden + " #") }, "the secret access key has characters"},
		"a quote":                {func(p *awsprofile.Profile) { p.SessionToken = secret.New("`" + hidden) }, "the session token has characters"},
		"a letter of no key":     {func(p *awsprofile.Profile) { p.AccessKeyID = secret.New("ä" + hidden) }, "the access key ID has characters"},
		"a command for a shell":  {func(p *awsprofile.Profile) { p.Process = "x; y" }, `"x; y" has characters that the command of a profile cannot hold`},
		"a quote in a command":   {func(p *awsprofile.Profile) { p.Process = "x' y" }, "has characters that the command"},
		"a path from the root":   {func(p *awsprofile.Profile) { p.Process = "/bin/sh" }, "has characters that the command"},
		"a name of two sections": {func(p *awsprofile.Profile) { p.Name = "a]\n[b" }, "aws-profile"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := profile("dev")
			test.change(&p)
			for _, file := range []awsprofile.File{awsprofile.Credentials, awsprofile.Config} {
				after, err := file.Add(nil, p, true)
				if err == nil || after != nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), hidden) {
					t.Errorf("got %q, error %v; want %q", after, err, test.want)
				}
			}
		})
	}
}

func TestCheckName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"default", "dev", "a.b", "a-b_c", "ops@prod", "a:b", "a=b", "DEFAULT", "profile", "名前"} {
		if err := awsprofile.CheckName(name); err != nil {
			t.Error(err)
		}
	}
	for name, want := range map[string]string{
		"": "empty", " ": "white space", "a b": "white space", "a\tb": "white space", "a\n": "white space", "a\u00a0b": "white space",
		"\ufeffa": "white space", "a\x00": "control character", "[a": "bracket", "a]": "bracket", "a/b": "path separator", `a\b`: "path separator",
		"a#b": "comment sign or a quote", "a;b": "comment sign or a quote", `"a"`: "comment sign or a quote", "a'b": "comment sign or a quote",
		"__proto__": "JavaScript", "\xff": "UTF-8",
	} {
		if err := awsprofile.CheckName(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want %q", name, err, want)
		}
		if _, err := awsprofile.Config.Remove(nil, name); err == nil {
			t.Errorf("%q: Remove takes it", name)
		}
	}
}
