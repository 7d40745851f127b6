package cli_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode"

	"gatepass/pkg/sandbox/job"
)

const (
	// What someone would write who wants to be obeyed, and what is left of it.
	hostile = "no\r\n::set-output name=a::b\n##[set-env name=PATH]/evil\n\u202e:\u200b:error::c\u2028::debug::d"
	cleaned = "no ::set-output name=a::b ## [set-env name=PATH]/evil ::error::c ::debug::d"
	// XML has no control characters, JSON has.
	hostileJSON = hostile + "\x1b[31m\x00\u0085::debug::e"
	cleanedJSON = cleaned + " [31m ::debug::e"
)

// clouds are what GitHub and the clouds answer: a status and a body each, or a right answer where there is no body.
type clouds struct {
	github, aws, sts, iam answer
	claims                map[string]string // of GitHub's token
}

type answer struct {
	status int
	body   string
}

func (a answer) or(otherwise string) answer {
	if a.body == "" {
		return answer{http.StatusOK, otherwise}
	}
	return a
}

func (c clouds) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var a answer
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/github"):
		a = c.github.or(object("value", c.token()))
	case strings.HasPrefix(path, "/aws"):
		a = c.aws.or(assumed("ASIAEXAMPLE", "arn:aws:sts::123456789012:assumed-role/deploy/GitHubActions"))
	case strings.HasPrefix(path, "/google/sts"):
		a = c.sts.or(`{"access_token": "federated", "expires_in": 300}`)
	default:
		a = c.iam.or(`{"accessToken": "access", "expireTime": "2026-11-22T06:00:00Z"}`)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write([]byte(a.body))
}

func (c clouds) token() string {
	claims := map[string]string{"iss": "https://token.actions.githubusercontent.com", "sub": "repo:octo-org/octo-repo:ref:refs/heads/main", "aud": "x"}
	maps.Copy(claims, c.claims)
	payload, _ := json.Marshal(claims) // cannot fail: strings
	return "e30." + base64.RawURLEncoding.EncodeToString(payload) + ".c2ln"
}

func object(namesAndValues ...string) string {
	values := map[string]string{}
	for i := 0; i < len(namesAndValues); i += 2 {
		values[namesAndValues[i]] = namesAndValues[i+1]
	}
	text, _ := json.Marshal(values) // cannot fail: strings
	return string(text)
}

// assumed is AWS's answer with credentials, escaped as XML.
func assumed(key, arn string) string {
	return fmt.Sprintf(`<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>`+
		`<AccessKeyId>%s</AccessKeyId><SecretAccessKey>s3cr3t</SecretAccessKey><SessionToken>t0k3n</SessionToken><Expiration>2026-11-22T06:00:00Z</Expiration></Credentials>`+
		`<AssumedRoleUser><Arn>%s</Arn></AssumedRoleUser></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`, xml(key), xml(arn))
}

func refused(code, message, requestID string) string {
	return fmt.Sprintf(`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>`,
		xml(code), xml(message), xml(requestID))
}

var xml = strings.NewReplacer("&", "&amp;", "<", "&lt;", "\r", "&#13;", "\n", "&#10;").Replace

// attack is a sign-in to both clouds in which someone else has the say over a text.
type attack struct {
	clouds clouds
	inputs map[string]string
	env    map[string]string
	want   string // how the error begins: its first paragraph
}

// Whatever a server, a claim or a branch is called, the log shows it on one line as the text that it is, and the job gets no variable of
// it.
func TestTextFromOutsideIsObeyedByNobody(t *testing.T) {
	t.Parallel()
	const (
		toAWS    = "::error::AWS, role arn:aws:iam::123456789012:role/deploy: "
		toGoogle = "::error::Google Cloud, deploy@my-project.iam.gserviceaccount.com by projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo: "
		garbled  = "the answer is not one of AWS STS; a proxy or the endpoint may be wrong"
		fromThem = "the answer is not one of Google's; a proxy or the endpoint may be wrong"
		onGitHub = toGoogle + `GitHub's ID token for audience "https://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo": `
	)
	googleAlone := map[string]string{"role-to-assume": "", "aws-region": ""}
	for name, test := range map[string]attack{
		"code, message and request ID of AWS": {clouds: clouds{aws: answer{403, refused(hostile, hostile, hostile)}},
			want: toAWS + "AWS STS answered " + cleaned + ": " + cleaned + " (HTTP 403, request " + cleaned + ")"},
		"control character of AWS": {clouds: clouds{aws: answer{403, refused("AccessDenied", "\x1b[31m", "1")}}, want: toAWS + garbled},
		"page in the place of AWS": {clouds: clouds{aws: answer{403, hostileJSON}}, want: toAWS + garbled},
		"ARN of AWS":               {clouds: clouds{aws: answer{200, assumed("ASIAEXAMPLE", "arn:aws:sts::123456789012:assumed-role/"+hostile)}}, want: toAWS + garbled},
		"key of AWS":               {clouds: clouds{aws: answer{200, assumed(hostile, "arn:aws:sts::123456789012:assumed-role/deploy/x")}}, want: toAWS + garbled},

		"code and description of Google STS": {clouds: clouds{sts: answer{400, object("error", hostileJSON, "error_description", hostileJSON)}},
			want: toGoogle + "Google STS answered " + cleanedJSON + ": " + cleanedJSON + " (HTTP 400)"},
		"page in the place of Google STS": {clouds: clouds{sts: answer{400, hostileJSON}}, want: toGoogle + "Google STS answered " + cleanedJSON + " (HTTP 400)"},
		"token of Google STS":             {clouds: clouds{sts: answer{200, object("access_token", hostileJSON)}}, want: toGoogle + fromThem},
		"status and message of IAM Credentials": {clouds: clouds{iam: answer{403, `{"error": ` + object("status", hostileJSON, "message", hostileJSON) + `}`}},
			want: toGoogle + "Google's IAM Credentials API answered " + cleanedJSON + ": " + cleanedJSON + " (HTTP 403)"},
		"token of IAM Credentials": {clouds: clouds{iam: answer{200, object("accessToken", hostileJSON, "expireTime", hostileJSON)}}, want: toGoogle + fromThem},

		"message of GitHub":           {clouds: clouds{github: answer{403, object("message", hostileJSON)}}, inputs: googleAlone, want: onGitHub + "GitHub answered 403 Forbidden: " + cleanedJSON},
		"page in the place of GitHub": {clouds: clouds{github: answer{403, hostileJSON}}, inputs: googleAlone, want: onGitHub + "GitHub answered 403 Forbidden: " + cleanedJSON},
		"token of GitHub":             {clouds: clouds{github: answer{200, object("value", hostileJSON)}}, inputs: googleAlone, want: onGitHub + "the answer holds no token"},
		"claims of the token": {clouds: clouds{claims: map[string]string{"iss": hostileJSON, "sub": hostileJSON, "aud": hostileJSON, "environment": hostileJSON, "ref": hostileJSON},
			aws: answer{403, refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", "1")}},
			want: toAWS + "AWS STS answered AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity (HTTP 403, request 1)"},

		"branch in the session's tags": {clouds: clouds{aws: answer{403, refused("AccessDenied", hostile, "1")}},
			inputs: map[string]string{"aws-access-key-id": "AKIAIOSFODNN7EXAMPLE", "aws-secret-access-key": "wJalrXUtnFEMI"},
			want:   toAWS + "AWS STS answered AccessDenied: " + cleaned + " (HTTP 403, request 1)"},
		"branch in an input": {inputs: map[string]string{"role-session-name": "::debug::refs/heads/##[debug]topic"},
			want: `::error::role-session-name: ": :debug::refs/heads/## [debug]topic" is not a session name; one has 2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -`},
		"branch over lines": {inputs: map[string]string{"role-session-name": "refs/heads/" + hostile},
			want: "::error::role-session-name: holds a line break or another control character; it must be a single line"},
		"path in an input": {inputs: map[string]string{"web-identity-token-file": "/no/such/##[debug]\u202efile"},
			want: toAWS + "web-identity-token-file: there is no file /no/such/## [debug]file in the folders that this action's container sees: the checkout and the runner's temporary folder"},
		"runner's operating system": {env: map[string]string{"RUNNER_OS": hostileJSON},
			want: "::error::environment variable RUNNER_OS: is " + cleanedJSON + ", but this action works on Linux runners only. Do what needs the clouds in a job with runs-on: ubuntu-latest, or use aws-actions/configure-aws-credentials and google-github-actions/auth here"},
	} {
		t.Run(name, test.run)
	}
}

func (test attack) run(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(test.clouds)
	defer server.Close()
	j, err := job.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(j.Env, map[string]string{
		"ACTIONS_ID_TOKEN_REQUEST_URL": server.URL + "/github", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token", "AWS_ENDPOINT_URL_STS": server.URL + "/aws",
		"GHA_ENDPOINT_OVERRIDE_sts": server.URL + "/google/sts/v1", "GHA_ENDPOINT_OVERRIDE_iamcredentials": server.URL + "/google/iamcredentials/v1",
		"AWS_EC2_METADATA_DISABLED": "true", "HOME": t.TempDir(),
	})
	maps.Copy(j.Env, test.env)
	inputs := toAWS("disable-retry", "true")
	inputs["workload_identity_provider"] = "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo"
	inputs["service_account"], inputs["token_format"] = "deploy@my-project.iam.gserviceaccount.com", "access_token"
	maps.Copy(inputs, test.inputs)
	before := maps.Clone(j.Env)
	step := j.Step("sign-in", inputs)
	env, err := step.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"GITHUB_REF", "GITHUB_HEAD_REF", "GITHUB_WORKFLOW", "GITHUB_ACTOR", "GITHUB_ACTION"} {
		env[name] = hostileJSON
	}
	maps.Copy(env, test.env)

	log, code := run(t.Context(), env, "/sign-in")
	if code != 1 {
		t.Errorf("got exit code %d, want 1", code)
	}
	test.check(t, strings.Split(strings.TrimSuffix(log, "\n"), "\n"))
	if err := step.End(); err != nil {
		t.Fatal(err)
	}
	nothingLeft(t, j, step, before)
}

// check wants the error, what explains it, and nothing else that the runner would obey.
func (test attack) check(t *testing.T, lines []string) {
	t.Helper()
	first := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "::error::") })
	if first < 0 {
		t.Fatalf("there is no error in\n%s", strings.Join(lines, "\n"))
	}
	if rest, ok := strings.CutPrefix(lines[first], test.want); !ok || rest != "" && !strings.HasPrefix(rest, "%0A%0A") {
		t.Errorf("got  %s\nwant %s", lines[first], test.want)
	}
	for i, line := range lines {
		commands := job.Commands(line)
		if len(commands) == 1 && commands[0].Name == "add-mask" { // is not shown, and must be exact
			continue
		}
		if i >= first && len(commands) == 1 && commands[0].Name == "error" {
			line, commands = commands[0].Message, job.Commands(commands[0].Message) // which may be printed again
		}
		if len(commands) > 0 {
			t.Errorf("the runner obeys %q", line)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }) {
			t.Errorf("the log holds %q, in which something cannot be seen", line)
		}
	}
}
