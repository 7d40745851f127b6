package explain

import (
	"strings"
	"testing"
	"time"

	"gatepass/pkg/inputs"
	"gatepass/pkg/trust"
	"gatepass/pkg/untrusted"
)

// Whatever a service answers and a token says: there is no panic, and no line of what is said about it is a command to the runner.
func FuzzExplain(f *testing.F) {
	f.Add(AWSSTS, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403, "repo:o/r:ref:refs/heads/main", "https://token.actions.githubusercontent.com")
	f.Add(AWSSTS, "AccessDenied", "User: a is not authorized to perform: sts:AssumeRole", 403, "", "")
	f.Add(AWSSTS, "InvalidClientTokenId", "", 403, "", "")
	f.Add(AWSSTS, "ExpiredTokenException", "Token expired: current date/time 9 must be before the expiration date/time 99999999999", 400, "", "")
	f.Add(AWSSTS, Unreached, "no such host", 0, "", "")
	f.Add(GoogleSTS, "unauthorized_client", "The given credential is rejected by the attribute condition.", 400, "repo:o@1/r@2:environment:e", ":")
	f.Add(IAMCredentials, "PERMISSION_DENIED", "Permission 'iam.serviceAccounts.getAccessToken' denied", 403, "", "")
	f.Add(GoogleOAuth, "invalid_grant", "Invalid JWT Signature.", 400, "", "")
	f.Add(GitHub, "", "Can't issue ID_TOKEN for job in 'Pending' state.", 403, "", "")
	f.Fuzz(func(t *testing.T, service, code, message string, status int, sub, iss string) {
		for _, with := range everyWay {
			c := Case{
				Refusal: Refusal{
					Service: service, Code: untrusted.Line(code), Message: untrusted.Line(message), Status: status, RequestID: untrusted.Line(sub),
					Skew: time.Duration(status) * time.Minute,
				},
				Claims: trust.Claims{"sub": untrusted.Line(sub), "iss": untrusted.Line(iss), "repository": untrusted.Line(code), "aud": []any{"x"}},
			}
			in, err := inputs.Parse(func(name string) (string, bool) { value, ok := with[name]; return value, ok })
			if err != nil {
				t.Fatal(err)
			}
			c.AWS, c.Google = in.AWS, in.Google
			if isGoogle := anyGoogle(c) != no; service == AWSSTS && in.AWS == nil || isGoogle && in.Google == nil {
				continue // one cloud does not answer for the other
			}
			explanation, _ := Explain(c)
			for line := range strings.SplitSeq(explanation.Text(), "\n") {
				if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") || strings.ContainsAny(line, "\r\x1b") {
					t.Errorf("a live line: %q", line)
				}
			}
			_ = Summary([]Case{c}, asIs)
		}
	})
}

// everyWay are the ways to sign in, as the runner hands them over.
var everyWay = []map[string]string{
	{"INPUT_AWS-REGION": "eu-central-1", "INPUT_ROLE-TO-ASSUME": "arn:aws:iam::123456789012:role/deploy", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x"},
	{"INPUT_AWS-REGION": "cn-north-1", "INPUT_ROLE-TO-ASSUME": "deploy", "INPUT_ROLE-CHAINING": "true"},
	{"INPUT_AWS-REGION": "eu-central-1", "INPUT_AWS-ACCESS-KEY-ID": "ASIA", "INPUT_AWS-SECRET-ACCESS-KEY": "x"},
	{"INPUT_AWS-REGION": "eu-central-1"},
	{"INPUT_AWS-REGION": "eu-central-1", "INPUT_ROLE-TO-ASSUME": "arn:aws:iam::123456789012:role/deploy", "INPUT_WEB-IDENTITY-TOKEN-FILE": "token"},
	{"INPUT_WORKLOAD_IDENTITY_PROVIDER": "projects/1/locations/global/workloadIdentityPools/pool/providers/provider"},
	{
		"INPUT_WORKLOAD_IDENTITY_PROVIDER": "projects/1/locations/global/workloadIdentityPools/pool/providers/provider",
		"INPUT_SERVICE_ACCOUNT":            "deploy@my-project.iam.gserviceaccount.com", "INPUT_TOKEN_FORMAT": "access_token",
		"INPUT_DELEGATES": "a@my-project.iam.gserviceaccount.com",
	},
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		time.Second: "1 second", 90 * time.Second: "90 seconds", time.Minute: "1 minute", 30 * time.Minute: "30 minutes", time.Hour: "1 hour",
		90 * time.Minute: "90 minutes", 12 * time.Hour: "12 hours", 24 * time.Hour: "1 day", 73 * time.Hour: "3 days",
	} {
		if got := span(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}
