package aws_test

import (
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gatepass/pkg/aws"
	"gatepass/pkg/inputs"
	"gatepass/pkg/secret"
)

const (
	assumeStart = "Action=AssumeRole&DurationSeconds=900"
	assumeEnd   = "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fci%2Fdeploy&RoleSessionName=GitHubActions"
	identify    = "Action=GetCallerIdentity&Version=2011-06-15"
)

func assumedByKeys() string {
	return strings.ReplaceAll(assumed(credentials+user), "AssumeRoleWithWebIdentity", "AssumeRole")
}

// flow is a sign-in that is granted: what it asks, and who signs it.
type flow struct {
	change  func(*inputs.AWS)
	answers []string
	bodies  []string
	signers []string // access keys; empty for none
	arn     string
}

func (f flow) run(t *testing.T) {
	in := withKeys()
	f.change(&in)
	s := &server{}
	for _, body := range f.answers {
		s.answers = append(s.answers, answer{200, body})
	}
	got, err := signIn(t, s, new(masks), in)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.bodies, f.bodies) {
		t.Errorf("got requests\n%s\nwant\n%s", strings.Join(s.bodies, "\n"), strings.Join(f.bodies, "\n"))
	}
	for i, r := range s.requests {
		_, signer, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
		if signer, _, _ = strings.Cut(signer, "/"); signer != f.signers[i] {
			t.Errorf("request %d is signed by %q, want %q", i+1, signer, f.signers[i])
		}
	}
	if got.ARN != f.arn {
		t.Errorf("got %s, want %s", got.ARN, f.arn)
	}
}

func TestFlows(t *testing.T) {
	ciUser := strings.ReplaceAll(identity, session, "arn:aws:iam::123456789012:user/ci")
	chinese := strings.ReplaceAll(identity, "arn:aws:", "arn:aws-cn:")
	for name, test := range map[string]flow{
		"keys": {func(in *inputs.AWS) { in.Role = nil }, []string{ciUser}, []string{identify}, []string{"AKIAEXAMPLE"}, "arn:aws:iam::123456789012:user/ci"},
		"keys and role": {func(*inputs.AWS) {}, []string{assumedByKeys()},
			[]string{assumeStart + assumeEnd + "&Version=2011-06-15"}, []string{"AKIAEXAMPLE"}, session},
		"role with everything": {func(in *inputs.AWS) {
			in.Role.ExternalID, in.Role.Policy, in.Role.PolicyARNs = "ext", "{}", []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}
			in.Role.Tags, in.Role.TransitiveTagKeys = []inputs.Tag{{Key: "Team", Value: "a b"}}, []string{"Team"}
		}, []string{assumedByKeys()},
			[]string{assumeStart + "&ExternalId=ext&Policy=%7B%7D&PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FReadOnlyAccess" + assumeEnd + "&Tags.member.1.Key=Team&Tags.member.1.Value=a+b&TransitiveTagKeys.member.1=Team&Version=2011-06-15"},
			[]string{"AKIAEXAMPLE"}, session},
		"role's name, completed": {func(in *inputs.AWS) { in.Role.ARN = "ci/deploy" }, []string{ciUser, assumedByKeys()},
			[]string{identify, assumeStart + assumeEnd + "&Version=2011-06-15"}, []string{"AKIAEXAMPLE", "AKIAEXAMPLE"}, session},
		"role's name in China": {func(in *inputs.AWS) { in.Role.ARN, in.Region = "ci/deploy", "cn-north-1" }, []string{chinese, assumedByKeys()},
			[]string{identify, strings.Replace(assumeStart+assumeEnd, "arn%3Aaws%3A", "arn%3Aaws-cn%3A", 1) + "&Version=2011-06-15"}, []string{"AKIAEXAMPLE", "AKIAEXAMPLE"}, session},
		"ID token with policies": {func(in *inputs.AWS) {
			in.Source, in.Role.Policy = inputs.FromGitHub, "{}"
			in.Role.Tags = []inputs.Tag{{Key: "Team", Value: "x"}} // not sent
		}, []string{assumed(credentials + user)},
			[]string{"Action=AssumeRoleWithWebIdentity&DurationSeconds=900&Policy=%7B%7D" + assumeEnd + "&Version=2011-06-15&WebIdentityToken=" + idToken}, []string{""}, session},
		"without special characters": {func(in *inputs.AWS) { in.Source, in.WithoutSpecialCharacters = inputs.FromGitHub, true },
			[]string{assumed(credentials + user), assumed(credentials + user), assumed(strings.Replace(credentials, "s3cr3t/+=", "s3cr3t", 1) + user)},
			slices.Repeat([]string{"Action=AssumeRoleWithWebIdentity&DurationSeconds=900" + assumeEnd + "&Version=2011-06-15&WebIdentityToken=" + idToken}, 3), []string{"", "", ""}, session},
	} {
		t.Run(name, test.run)
	}
}

func TestTagsThatAreTooLargeAreSentAgainWithoutTheDroppableOnes(t *testing.T) {
	in := withKeys()
	in.Role.Tags = []inputs.Tag{{Key: "Team", Value: "x"}, {Key: "Job", Value: "y", Droppable: true}}
	in.Role.TransitiveTagKeys = []string{"Team", "Job"}
	s := &server{answers: []answer{{400, refused("PackedPolicyTooLarge", "Packed size of session tags consumes 142% of allotted space.")}, {200, assumedByKeys()}}}
	if _, err := signIn(t, s, new(masks), in); err != nil {
		t.Fatal(err)
	}
	want := []string{
		assumeStart + assumeEnd + "&Tags.member.1.Key=Team&Tags.member.1.Value=x&Tags.member.2.Key=Job&Tags.member.2.Value=y&TransitiveTagKeys.member.1=Team&TransitiveTagKeys.member.2=Job&Version=2011-06-15",
		assumeStart + assumeEnd + "&Tags.member.1.Key=Team&Tags.member.1.Value=x&TransitiveTagKeys.member.1=Team&Version=2011-06-15",
	}
	if !slices.Equal(s.bodies, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(s.bodies, "\n     "), strings.Join(want, "\n     "))
	}
}

func TestSpecialCharactersAreNotAvoidedForever(t *testing.T) {
	t.Parallel()
	in := input()
	in.WithoutSpecialCharacters = true
	s := &server{answers: []answer{{200, assumed(credentials + user)}}}
	_, err := signIn(t, s, new(masks), in)
	if err == nil || err.Error() != "special-characters-workaround: 32 sessions in a row had keys with special characters" || len(s.requests) != 32 {
		t.Errorf("got %v after %d requests", err, len(s.requests))
	}
}

func TestAnAccountThatIsNotAllowedIsAnError(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*inputs.AWS){
		"role": func(*inputs.AWS) {},
		"keys": func(in *inputs.AWS) { *in = withKeys(); in.Role = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := input()
			change(&in)
			in.AllowedAccounts = []string{"210987654321", "333333333333"}
			s := &server{answers: []answer{{200, assumed(credentials + user)}}}
			if in.Role == nil {
				s.answers[0].body = identity
			}
			got, err := signIn(t, s, new(masks), in)
			if want := "allowed-account-ids: the credentials are of account 123456789012, which is not among 210987654321, 333333333333"; err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
			if !got.AccessKeyID.IsEmpty() {
				t.Error("credentials came with the error")
			}
		})
	}
}

// A refusal costs one request and no wait, whatever retry-max-attempts says.
func TestARefusalIsNotWaitedFor(t *testing.T) {
	for _, code := range []string{"AccessDenied", "ValidationError", "MalformedPolicyDocument", "RegionDisabledException", "InvalidClientTokenId", "ExpiredTokenException", "SignatureDoesNotMatch", "PackedPolicyTooLarge"} {
		synctest.Test(t, func(t *testing.T) {
			s, start := &server{answers: []answer{{403, refused(code, "x")}}, retryAfter: "10"}, time.Now()
			if _, err := signIn(t, s, new(masks), withKeys()); err == nil || len(s.requests) != 1 || time.Since(start) != 0 {
				t.Errorf("%s: %d requests in %v, error %v", code, len(s.requests), time.Since(start), err)
			}
		})
	}
}

func TestRetryAfterIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, start := &server{answers: []answer{{429, refused("TooManyRequestsException", "x")}, {200, assumedByKeys()}}, retryAfter: "30"}, time.Now()
		if _, err := signIn(t, s, new(masks), withKeys()); err != nil || time.Since(start) < 30*time.Second || time.Since(start) > 50*time.Second {
			t.Errorf("waited %v, want 30s and at most 20s; error %v", time.Since(start), err)
		}
	})
}

// net/http may still look for the end of a request's body when its answer is there, and closes the connection if that is a fault.
func TestTheEndOfABodyIsNoFaultAfterTheAnswer(t *testing.T) {
	t.Parallel()
	s := &server{answers: []answer{{200, assumed(credentials + user)}}}
	if _, err := signIn(t, s, new(masks), input()); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, s.requests[0].Body); err != nil {
		t.Errorf("got %v, want the end of the body", err)
	}
}

func TestThePartitionsEndpoint(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"us-east-1 FIPS":     "https://sts-fips.us-east-1.amazonaws.com/",
		"us-gov-west-1 FIPS": "https://sts.us-gov-west-1.amazonaws.com/",
		"eu-central-1":       "https://sts.eu-central-1.amazonaws.com/",
		"cn-north-1":         "https://sts.cn-north-1.amazonaws.com.cn/",
		"us-gov-west-1":      "https://sts.us-gov-west-1.amazonaws.com/",
		"eusc-de-east-1":     "https://sts.eusc-de-east-1.amazonaws.eu/",
	} {
		in, s := input(), &server{answers: []answer{{200, assumed(credentials + user)}}}
		in.Region, in.FIPS = strings.TrimSuffix(region, " FIPS"), strings.HasSuffix(region, " FIPS")
		if _, err := signIn(t, s, new(masks), in); err != nil {
			t.Fatal(err)
		}
		if got := s.requests[0].URL.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if ahead, err := aws.Endpoint(t.Context(), in); err != nil || ahead.String()+"/" != want {
			t.Errorf("%s is told ahead, want %s; error %v", ahead, want, err)
		}
	}
}

func TestUserAgentNamesTheRun(t *testing.T) {
	t.Parallel()
	env := map[string]string{"GITHUB_ACTION": "sign-in", "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "x y\r\nEvil: 1"}
	got := aws.UserAgent(func(name string) string { return env[name] })
	if want := [][2]string{{"action", "sign-in"}, {"run_id", "7"}}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheKeysThatWereGivenAreMasked(t *testing.T) {
	t.Parallel()
	in, m := withKeys(), &masks{}
	in.Keys.SessionToken = secret.New("k3yt0k3n")
	s := &server{answers: []answer{{200, assumedByKeys()}}}
	if _, err := signIn(t, s, m, in); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(m.all, " "), "k3y k3yt0k3n AKIAEXAMPLE s3cr3t/+= t0k3n ASIAEXAMPLE"; got != want {
		t.Errorf("masked %q, want %q", got, want)
	}
}
