package sandbox_test

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const roles = "arn:aws:iam::123456789012:role/"

// refusal is a refusal as it came over HTTP.
type refusal struct {
	status        int
	code, message string
}

func webIdentityForm(role, token string) url.Values {
	return url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"},
		"RoleArn": {role}, "RoleSessionName": {"session"}, "WebIdentityToken": {token},
	}
}

// awsSession is the answer to AssumeRoleWithWebIdentity, as AWS documents it.
type awsSession struct {
	XMLName         xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ AssumeRoleWithWebIdentityResponse"`
	Subject         string   `xml:"AssumeRoleWithWebIdentityResult>SubjectFromWebIdentityToken"`
	Audience        string   `xml:"AssumeRoleWithWebIdentityResult>Audience"`
	Provider        string   `xml:"AssumeRoleWithWebIdentityResult>Provider"`
	RoleARN         string   `xml:"AssumeRoleWithWebIdentityResult>AssumedRoleUser>Arn"`
	RoleID          string   `xml:"AssumeRoleWithWebIdentityResult>AssumedRoleUser>AssumedRoleId"`
	AccessKeyID     string   `xml:"AssumeRoleWithWebIdentityResult>Credentials>AccessKeyId"`
	SecretAccessKey string   `xml:"AssumeRoleWithWebIdentityResult>Credentials>SecretAccessKey"`
	SessionToken    string   `xml:"AssumeRoleWithWebIdentityResult>Credentials>SessionToken"`
	Expiration      string   `xml:"AssumeRoleWithWebIdentityResult>Credentials>Expiration"`
	RequestID       string   `xml:"ResponseMetadata>RequestId"`
}

func (f fixture) assumeForm(t *testing.T, form url.Values) (awsSession, refusal) {
	t.Helper()
	r := f.postForm(t, "/aws/", form)
	if r.status != http.StatusOK {
		return awsSession{}, awsRefusal(t, r)
	}
	var session awsSession
	if err := xml.Unmarshal([]byte(r.body), &session); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	if session.RequestID == "" || session.RequestID != r.header.Get("x-amzn-RequestId") {
		t.Errorf("request id %q in the body, %q in the header", session.RequestID, r.header.Get("x-amzn-RequestId"))
	}
	return session, refusal{}
}

func (f fixture) assume(t *testing.T, role, token string) awsSession {
	t.Helper()
	session, refused := f.assumeForm(t, webIdentityForm(role, token))
	if refused != (refusal{}) {
		t.Errorf("refused: %v", refused)
	}
	return session
}

func awsRefusal(t *testing.T, r response) refusal {
	t.Helper()
	var answer struct {
		XMLName xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ ErrorResponse"`
		Error   struct{ Type, Code, Message string }
		ID      string `xml:"RequestId"`
	}
	if err := xml.Unmarshal([]byte(r.body), &answer); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	fault := "Sender"
	if r.status >= http.StatusInternalServerError {
		fault = "Receiver"
	}
	if answer.Error.Type != fault || answer.ID == "" || answer.ID != r.header.Get("x-amzn-RequestId") {
		t.Errorf("type %q, request id %q: %s", answer.Error.Type, answer.ID, r.body)
	}
	return refusal{r.status, answer.Error.Code, answer.Error.Message}
}

func TestAssumeRoleWithWebIdentity(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	form := webIdentityForm(roles+"ci/deploy", f.idToken(t, "sts.amazonaws.com"))
	form.Set("DurationSeconds", "7200")
	got, refused := f.assumeForm(t, form)
	if refused != (refusal{}) {
		t.Fatal(refused)
	}
	if got.RoleARN != "arn:aws:sts::123456789012:assumed-role/deploy/session" ||
		!strings.HasPrefix(got.RoleID, "AROA") || !strings.HasSuffix(got.RoleID, ":session") ||
		!strings.HasPrefix(got.AccessKeyID, "ASIA") || len(got.AccessKeyID) != 20 || len(got.SecretAccessKey) != 40 ||
		got.Expiration != "2026-11-22T14:00:00Z" || got.Subject != subject || got.Audience != "sts.amazonaws.com" ||
		got.Provider != "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" {
		t.Errorf("the session is %+v", got)
	}
	// The duration defaults to an hour, whatever the role allows; the URL may lack the last slash.
	form.Del("DurationSeconds")
	if got := f.postForm(t, "/aws", form); !strings.Contains(got.body, "<Expiration>2026-11-22T13:00:00Z<") {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}

// assumeTest asks for the role ci/deploy with a good token, but for what it says.
type assumeTest struct {
	name     string
	role     string
	audience string
	token    string            // in place of the issuer's
	change   [2]string         // rewrites the token's claims under its signature
	form     map[string]string // parameters; an empty one is left out
	wait     time.Duration
	want     refusal
}

func (test assumeTest) run(t *testing.T, f fixture) {
	f.wait(0)
	token := test.token
	if token == "" {
		audience := test.audience
		if audience == "" {
			audience = "sts.amazonaws.com"
		}
		token = f.idToken(t, audience)
	}
	if test.change[0] != "" {
		token = rewrite(t, token, test.change[0], test.change[1])
	}
	role := test.role
	if role == "" {
		role = roles + "ci/deploy"
	}
	form := webIdentityForm(role, token)
	for name, value := range test.form {
		form.Set(name, value)
		if value == "" {
			form.Del(name)
		}
	}
	f.wait(test.wait)
	if _, got := f.assumeForm(t, form); got != test.want {
		t.Errorf("got  %v\nwant %v", got, test.want)
	}
}

// unsigned returns a token of the form of a JWT, with a signature of nobody's.
func unsigned(t *testing.T, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"x"}`)) + "." +
		base64.RawURLEncoding.EncodeToString(payload) + ".c2lnbmF0dXJl"
}

func TestAssumeRoleWithWebIdentityRefusals(t *testing.T) {
	t.Parallel()
	f, other := newFixture(t, nil), newFixture(t, nil)
	claims := func(issuer string) map[string]any {
		return map[string]any{"iss": issuer, "sub": "x", "aud": "sts.amazonaws.com", "iat": start.Unix(), "exp": start.Unix() + 300}
	}
	invalidToken := func(message string) refusal { return refusal{400, "InvalidIdentityToken", message} }
	invalid := func(message string) refusal { return refusal{400, "ValidationError", message} }
	const one = "1 validation error detected: "
	noKey := invalidToken("Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements")
	noJWT := invalidToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	denied := refusal{403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"}
	granted := refusal{}

	for _, test := range []assumeTest{
		{name: "granted", want: granted},
		{name: "granted by a pattern", role: roles + "like", want: granted},
		{name: "granted for a second audience", role: roles + "like", audience: "second", want: granted},

		{name: "no role ARN", form: map[string]string{"RoleArn": ""},
			want: invalid(one + "Value null at 'roleArn' failed to satisfy constraint: Member must not be null")},
		{name: "no token", form: map[string]string{"WebIdentityToken": ""},
			want: invalid(one + "Value null at 'webIdentityToken' failed to satisfy constraint: Member must not be null")},
		{name: "short token is not repeated", token: "abc",
			want: invalid(one + "Value at 'webIdentityToken' failed to satisfy constraint: Member must have length greater than or equal to 4")},
		{name: "short role ARN", role: "arn:aws:iam::1:role",
			want: invalid(one + "Value 'arn:aws:iam::1:role' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20")},
		{name: "short session name", form: map[string]string{"RoleSessionName": "x"},
			want: invalid(one + "Value 'x' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2")},
		{name: "long session name", form: map[string]string{"RoleSessionName": strings.Repeat("x", 65)},
			want: invalid(one + "Value '" + strings.Repeat("x", 65) + "' at 'roleSessionName' failed to satisfy constraint: Member must have length less than or equal to 64")},
		{name: "session name of other characters", form: map[string]string{"RoleSessionName": "a b"},
			want: invalid(one + `Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`)},
		{name: "short duration", form: map[string]string{"DurationSeconds": "899"},
			want: invalid(one + "Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900")},
		{name: "long duration", form: map[string]string{"DurationSeconds": "43201"},
			want: invalid(one + "Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200")},
		{name: "several violations", form: map[string]string{"RoleSessionName": "?", "DurationSeconds": "1"},
			want: invalid("3 validation errors detected: Value '?' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2; " +
				`Value '?' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*; ` +
				"Value '1' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900")},
		{name: "duration that is no number", form: map[string]string{"DurationSeconds": "1h"}, want: refusal{400, "MalformedInput", ""}},
		{name: "name in place of an ARN", role: "a-role-name-without-arn", want: invalid("Request ARN is invalid")},
		{name: "user ARN", role: "arn:aws:iam::123456789012:user/deploy", want: invalid("Request ARN is invalid")},

		{name: "no JWT", token: "ya29.access-token", want: noJWT},
		{name: "JWT and more", token: f.idToken(t, "sts.amazonaws.com") + "\nx", want: noJWT},
		{name: "issuer without https", token: unsigned(t, claims("kubernetes/serviceaccount")), want: invalidToken("Issuer must be a valid URL")},
		{name: "no provider in the role's account", role: "arn:aws:iam::210987654321:role/deploy",
			want: invalidToken("No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com")},
		{name: "no provider in the role's partition", role: "arn:aws-cn:iam::123456789012:role/deploy",
			want: invalidToken("No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com")},
		{name: "enterprise's issuer", token: unsigned(t, claims(githubIssuer+"/acme")),
			want: invalidToken("No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com/acme")},
		{name: "issuer out of reach", token: unsigned(t, claims("https://unreachable.example")), want: noKey},
		{name: "key of another", token: other.idToken(t, "sts.amazonaws.com"), want: noKey},
		{name: "changed token", change: [2]string{"octo-repo", "octo-rep0"}, want: invalidToken("The web identity token provided could not be validated")},
		{name: "within the grace", wait: 10*time.Minute - time.Second, want: granted},
		{name: "expired", wait: 10 * time.Minute, want: refusal{400, "ExpiredTokenException",
			"Token expired: current date/time 1795349400 must be before the expiration date/time 1795349100"}},
		{name: "audience of another", audience: "sts.amazonaws.com.cn", want: invalidToken("Incorrect token audience")},
		{name: "audience of another account's provider", role: "arn:aws:iam::333333333333:role/deploy", want: invalidToken("Incorrect token audience")},

		{name: "no such role", role: roles + "none", want: denied},
		{name: "role without its path", role: roles + "deploy", want: denied},
		{name: "audience that the policy does not take", audience: "second", want: denied},
		{name: "star in StringEquals", role: roles + "literal-star", want: denied},
		{name: "other case", role: roles + "other-case", want: denied},
		{name: "explicit deny", role: roles + "denied", want: denied},
		{name: "provider of another account", role: roles + "other-provider", want: denied},
		{name: "other action", role: roles + "other-action", want: denied},
		{name: "claim that is no condition key", role: roles + "no-condition-key", want: denied},
		{name: "condition on another issuer", role: roles + "issuer-of-another", want: denied},
		{name: "before the end", role: roles + "until", wait: 59 * time.Second, want: granted},
		{name: "at the end", role: roles + "until", wait: time.Minute, want: denied},
		{name: "what only AWS could tell", role: roles + "undecided",
			want: refusal{403, "AccessDenied", "The sandbox cannot tell whether the trust policy of " + roles + "undecided allows sts:AssumeRoleWithWebIdentity: " +
				`Statement[0].Principal: the policy has "*", the request "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com": ` +
				"AWS does not say that * stands for a token's provider, too"}},
		{name: "tags", form: map[string]string{"Tags.member.1.Key": "a", "Tags.member.1.Value": "b"},
			want: invalid("The sandbox does not take the parameter Tags in AssumeRoleWithWebIdentity")},
		{name: "external ID", form: map[string]string{"ExternalId": "octo"},
			want: invalid("The sandbox does not take the parameter ExternalId in AssumeRoleWithWebIdentity")},
		{name: "session policies", form: map[string]string{"Policy": `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`,
			"PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}, want: granted},
		{name: "session policy that is no JSON", form: map[string]string{"Policy": "{"},
			want: refusal{400, "MalformedPolicyDocument", "This policy contains invalid Json"}},
		{name: "longer than the role's maximum", form: map[string]string{"DurationSeconds": "7201"},
			want: invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")},

		{name: "other action of STS", form: map[string]string{"Action": "GetSessionToken"},
			want: refusal{400, "InvalidAction", "Could not find operation GetSessionToken for version 2011-06-15"}},
		{name: "no version", form: map[string]string{"Version": ""},
			want: refusal{400, "InvalidAction", "Could not find operation AssumeRoleWithWebIdentity for version NO_VERSION_SPECIFIED"}},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, f) })
	}
}

func TestMissingClaims(t *testing.T) {
	t.Parallel()
	for _, claim := range []string{"iss", "sub", "aud", "iat", "exp"} {
		f := newFixture(t, map[string]*string{claim: nil})
		want := refusal{400, "InvalidIdentityToken", "Missing a required claim: " + claim}
		if _, got := f.assumeForm(t, webIdentityForm(roles+"ci/deploy", f.idToken(t, "sts.amazonaws.com"))); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}
