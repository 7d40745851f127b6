package sandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"gatepass/pkg/sandbox"
)

const wrongSignature = "The request signature we calculated does not match the signature you provided. " +
	"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

// callerTest asks who the bearer of an access key is, signed rightly but for what it says.
type callerTest struct {
	name    string
	key     aws.Credentials
	region  string        // eu-central-1 by default
	service string        // sts by default
	offset  time.Duration // of the signer's clock
	query   string
	change  func(*http.Request) // after it was signed
	wait    time.Duration       // before the request
	want    refusal
}

func (test callerTest) run(t *testing.T, f fixture) {
	f.wait(test.wait)
	form := url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}}
	r := f.request(t, form)
	r.URL.RawQuery = test.query
	region, service := test.region, test.service
	if region == "" {
		region = "eu-central-1"
	}
	if service == "" {
		service = "sts"
	}
	sign(t, test.key, r, form.Encode(), service, region, f.now().Add(test.offset))
	if test.change != nil {
		test.change(r)
	}
	answer, got := send(t, r), refusal{}
	if answer.status != http.StatusOK {
		got = awsRefusal(t, answer)
	}
	if got != test.want {
		t.Errorf("got  %v\nwant %v", got, test.want)
	}
	if want := f.now().Format(http.TimeFormat); answer.header.Get("Date") != want {
		t.Errorf("the answer is of %s, not %s", answer.header.Get("Date"), want)
	}
}

func TestSignature(t *testing.T) {
	t.Parallel()
	f := newAccounts(t, func(a *sandbox.AWS) { a.DisabledRegions = []string{"ap-east-1"} }, nil)
	session := f.federated(t, "ci-1")
	with := func(change func(*aws.Credentials)) aws.Credentials {
		key := session
		change(&key)
		return key
	}
	authorization := func(from, to string) func(*http.Request) {
		return func(r *http.Request) {
			value := r.Header.Get("Authorization")
			if !strings.Contains(value, from) {
				t.Errorf("no %q in %s", from, value)
			}
			r.Header.Set("Authorization", strings.ReplaceAll(value, from, to))
		}
	}
	mismatch := func(message string) refusal { return refusal{403, "SignatureDoesNotMatch", message} }
	incomplete := func(message string) refusal { return refusal{400, "IncompleteSignature", message} }
	unknown := refusal{403, "InvalidClientTokenId", "The security token included in the request is invalid."}
	granted := refusal{}
	const second = time.Second

	for _, test := range []callerTest{
		{name: "user", key: ciKey, want: granted},
		{name: "session", key: session, want: granted},
		{name: "session to its end", key: session, wait: time.Hour - second, want: granted},
		{name: "query, unsorted and encoded", key: ciKey, query: "b=2&a=%20%2B/~&a=", want: granted},
		{name: "other partition", key: cnKey, region: "cn-north-1", want: granted},
		{name: "government", key: govKey, region: "us-gov-west-1", want: granted},
		{name: "clock behind", key: ciKey, offset: -15 * time.Minute, want: granted},
		{name: "clock ahead", key: ciKey, offset: 15 * time.Minute, want: granted},

		{name: "no authorization", key: ciKey, change: func(r *http.Request) { r.Header.Del("Authorization") },
			want: refusal{403, "MissingAuthenticationToken", "Request is missing Authentication Token"}},
		{name: "bearer", key: ciKey, change: func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") },
			want: incomplete("Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. " +
				"Authorization header requires 'SignedHeaders' parameter.")},
		{name: "no date", key: ciKey, change: func(r *http.Request) { r.Header.Del("X-Amz-Date") },
			want: incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")},
		{name: "date of another form", key: ciKey, change: func(r *http.Request) { r.Header.Set("X-Amz-Date", "2026-11-22T12:00:00Z") },
			want: incomplete("Date must be in ISO-8601 'basic format'. Got '2026-11-22T12:00:00Z'. See http://en.wikipedia.org/wiki/ISO_8601")},
		{name: "other algorithm", key: ciKey, change: authorization("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
			want: incomplete("Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'")},
		{name: "credential without a region", key: ciKey, change: authorization("/eu-central-1", ""),
			want: incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term")},
		{name: "host not signed", key: ciKey, change: authorization(";host", ""),
			want: mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")},
		{name: "session token not signed", key: session, change: authorization(";x-amz-security-token", ""),
			want: mismatch("'X-Amz-Security-Token' must be a 'SignedHeader' in the AWS Authorization.")},

		{name: "clock too far behind", key: ciKey, offset: -15*time.Minute - second,
			want: mismatch("Signature expired: 20261122T114459Z is now earlier than 20261122T114500Z (20261122T120000Z - 15 min.)")},
		{name: "clock too far ahead", key: ciKey, offset: 15*time.Minute + second,
			want: mismatch("Signature not yet current: 20261122T121501Z is still later than 20261122T121500Z (20261122T120000Z + 15 min.)")},
		{name: "other scope", key: ciKey, region: "Frankfurt", service: "iam", change: authorization("20261122/Frankfurt/iam/aws4_request", "20261121/Frankfurt/iam/aws5_request"),
			want: mismatch("Credential should be scoped to a valid region, not 'Frankfurt'. Credential should be scoped to correct service: 'sts'. " +
				"Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. " +
				"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261121' != '20261122', from '20261122T120000Z'.")},

		{name: "unknown key", key: aws.Credentials{AccessKeyID: "AKIANOBODY0000000000", SecretAccessKey: "x"}, want: unknown},
		{name: "key of another partition", key: ciKey, region: "cn-north-1", want: unknown},
		{name: "user with a session token", key: aws.Credentials{AccessKeyID: ciKey.AccessKeyID, SecretAccessKey: ciKey.SecretAccessKey, SessionToken: "stale"}, want: unknown},
		{name: "session without its token", key: with(func(c *aws.Credentials) { c.SessionToken = "" }), want: unknown},
		{name: "session with another token", key: with(func(c *aws.Credentials) { c.SessionToken = "x" }), want: unknown},
		{name: "expired session", key: session, wait: time.Hour, want: refusal{403, "ExpiredToken", "The security token included in the request is expired"}},

		{name: "wrong secret", key: with(func(c *aws.Credentials) { c.SecretAccessKey += " " }), want: mismatch(wrongSignature)},
		{name: "changed signature", key: ciKey, change: authorization("Signature=", "Signature=0"), want: mismatch(wrongSignature)},
		{name: "changed region", key: ciKey, change: authorization("eu-central-1", "eu-west-1"), want: mismatch(wrongSignature)},
		{name: "changed header", key: ciKey, change: func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, want: mismatch(wrongSignature)},
		{name: "changed query", key: ciKey, change: func(r *http.Request) { r.URL.RawQuery = "a=1" }, want: mismatch(wrongSignature)},
		{name: "changed path", key: ciKey, change: func(r *http.Request) { r.URL.Path = "/aws" }, want: mismatch(wrongSignature)},
		{name: "changed body", key: ciKey, change: func(r *http.Request) {
			other := f.request(t, url.Values{"Version": {"2011-06-15"}, "Action": {"GetCallerIdentity"}, "a": {"1"}})
			r.Body, r.ContentLength = other.Body, other.ContentLength
		}, want: mismatch(wrongSignature)},

		{name: "region that is not activated", key: ciKey, region: "ap-east-1", want: refusal{403, "RegionDisabledException",
			"STS is not activated in this region for account:111111111111. Your account administrator can activate STS in this region using the IAM Console."}},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, f) })
	}
}

// TestCallers asks with the SDK's own client who its credentials are of.
func TestCallers(t *testing.T) {
	t.Parallel()
	var asked recorder
	f := newAccounts(t, nil, asked.observe)
	session := f.federated(t, "ci-1")
	for _, test := range []struct {
		region       string
		key          aws.Credentials
		arn, account string
		idPrefix     string
	}{
		{"eu-central-1", ciKey, "arn:aws:iam::111111111111:user/ci", "111111111111", "AIDA"},
		{"eu-central-1", freeKey, "arn:aws:iam::111111111111:user/team/free", "111111111111", "AIDA"},
		{"eu-central-1", session, "arn:aws:sts::111111111111:assumed-role/federated/ci-1", "111111111111", "AROA"},
		{"cn-northwest-1", cnKey, "arn:aws-cn:iam::333333333333:user/cn", "333333333333", "AIDA"},
		{"us-gov-east-1", govKey, "arn:aws-us-gov:iam::444444444444:user/gov", "444444444444", "AIDA"},
	} {
		asked.take()
		got, err := f.client(test.region, test.key).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		if err != nil {
			t.Errorf("%s: %v", test.arn, err)
			continue
		}
		if *got.Arn != test.arn || *got.Account != test.account || !strings.HasPrefix(*got.UserId, test.idPrefix) {
			t.Errorf("%s: got %s of %s, %s", test.arn, *got.Arn, *got.Account, *got.UserId)
		}
		if seen := asked.take(); len(seen) != 1 || seen[0].Caller != test.arn || !strings.HasPrefix(seen[0].UserAgent, "aws-sdk-go-v2/") {
			t.Errorf("%s: observed %+v", test.arn, seen)
		}
	}
}
