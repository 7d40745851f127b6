package aws_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gatepass/pkg/aws"
	"gatepass/pkg/inputs"
	"gatepass/pkg/retry"
	"gatepass/pkg/secret"
)

const (
	idToken = "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"
	role    = "arn:aws:iam::123456789012:role/ci/deploy"
	session = "arn:aws:sts::123456789012:assumed-role/deploy/GitHubActions"

	credentials = `<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>s3cr3t/+=</SecretAccessKey><SessionToken>t0k3n</SessionToken><Expiration>2026-11-22T06:00:00Z</Expiration></Credentials>`
	user        = `<AssumedRoleUser><AssumedRoleId>AROA:GitHubActions</AssumedRoleId><Arn>` + session + `</Arn></AssumedRoleUser>`
	identity    = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>` + session + `</Arn><UserId>AROA:GitHubActions</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`
)

func assumed(result string) string {
	return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>` + result + `</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`
}

func refused(code, message string) string {
	return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>` + code + `</Code><Message>` + message + `</Message></Error><RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId></ErrorResponse>`
}

// input is a sign-in with GitHub's ID token at the region's own endpoint.
func input() inputs.AWS {
	return inputs.AWS{Region: "eu-central-1", Source: inputs.FromGitHub, Role: &inputs.AWSRole{ARN: role, SessionName: "GitHubActions", Duration: 15 * time.Minute}}
}

// withKeys is a sign-in with an access key.
func withKeys() inputs.AWS {
	in := input()
	in.Source, in.Keys = inputs.FromKeys, inputs.AWSKeys{AccessKeyID: secret.New("AKIAEXAMPLE"), SecretAccessKey: secret.New("k3y")}
	return in
}

// signIn signs in at a server, with five tries for each request.
func signIn(t *testing.T, s *server, m *masks, in inputs.AWS) (aws.Credentials, error) {
	t.Helper()
	client := aws.Client{HTTP: &http.Client{Transport: s}, Retry: retry.Patient(5), Mask: m.mask, Info: func(string, ...any) {}, Now: time.Now, UserAgent: [][2]string{{"run_id", "7"}}}
	return client.SignIn(t.Context(), in, func(context.Context) (secret.String, error) { return secret.New(idToken), nil })
}

// masks records what was masked.
type masks struct{ all []string }

func (m *masks) mask(secrets ...secret.String) {
	for _, s := range secrets {
		m.all = append(m.all, s.Reveal())
	}
}

// answer is one answer of a server; with status 0 the connection breaks.
type answer struct {
	status int
	body   string
}

// server gives its answers one after the other, and the last one again. It keeps the requests.
type server struct {
	answers    []answer
	retryAfter string
	date       string

	requests []*http.Request
	bodies   []string
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.requests, s.bodies = append(s.requests, r), append(s.bodies, string(body))
	a := s.answers[min(len(s.requests), len(s.answers))-1]
	if a.status == 0 {
		return nil, errors.New("connection reset by peer")
	}
	header := http.Header{"Content-Type": {"text/xml"}, "X-Amzn-Requestid": {"c6104cbe"}, "Retry-After": {s.retryAfter}, "Date": {s.date}}
	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

func TestTheRequest(t *testing.T) {
	t.Parallel()
	s, m := &server{answers: []answer{{200, assumed(credentials + user)}}}, &masks{}
	got, err := signIn(t, s, m, input())
	if err != nil {
		t.Fatal(err)
	}
	if len(s.requests) != 1 {
		t.Fatalf("%d requests, want 1", len(s.requests))
	}
	if r := s.requests[0]; r.Method != http.MethodPost || r.URL.String() != "https://sts.eu-central-1.amazonaws.com/" || r.Header.Get("Authorization") != "" {
		t.Errorf("got %s %s, authorization %q", r.Method, r.URL, r.Header.Get("Authorization"))
	}
	want := "Action=AssumeRoleWithWebIdentity&DurationSeconds=900&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fci%2Fdeploy&RoleSessionName=GitHubActions&Version=2011-06-15&WebIdentityToken=" + idToken
	if s.bodies[0] != want {
		t.Errorf("got  %s\nwant %s", s.bodies[0], want)
	}
	if !strings.Contains(s.requests[0].UserAgent(), "md/run_id#7") || !strings.Contains(s.requests[0].UserAgent(), "gatepass") {
		t.Errorf("user agent %q does not name us", s.requests[0].UserAgent())
	}
	if got.AccessKeyID.Reveal() != "ASIAEXAMPLE" || got.SecretAccessKey.Reveal() != "s3cr3t/+=" || got.SessionToken.Reveal() != "t0k3n" {
		t.Error("the credentials are not those of the answer")
	}
	if got.AccountID != "123456789012" || got.ARN != session || !got.Expiration.Equal(time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)) {
		t.Errorf("got %+v", got)
	}
	if want := "s3cr3t/+= t0k3n ASIAEXAMPLE"; strings.Join(m.all, " ") != want {
		t.Errorf("masked %q, want %q", m.all, want)
	}
}

func TestAnotherEndpoint(t *testing.T) {
	t.Parallel()
	s, in := &server{answers: []answer{{200, assumed(credentials + user)}}}, input()
	in.Endpoint = &url.URL{Scheme: "http", Host: "127.0.0.1:8484", Path: "/aws"}
	if _, err := signIn(t, s, new(masks), in); err != nil {
		t.Fatal(err)
	}
	if got, want := s.requests[0].URL.String(), "http://127.0.0.1:8484/aws"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestARoleWithoutAnARNIsLookedUp(t *testing.T) {
	t.Parallel()
	s := &server{answers: []answer{{200, assumed(credentials + "<AssumedRoleUser><Arn></Arn></AssumedRoleUser>")}, {200, identity}}}
	got, err := signIn(t, s, new(masks), input())
	if err != nil || got.ARN != session || got.AccountID != "123456789012" {
		t.Fatalf("got %+v, error %v", got, err)
	}
	if want := "Action=GetCallerIdentity&Version=2011-06-15"; s.bodies[1] != want {
		t.Errorf("got %s, want %s", s.bodies[1], want)
	}
	if a := s.requests[1].Header.Get("Authorization"); !strings.HasPrefix(a, "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/") {
		t.Errorf("signed by %s", a)
	}
}

// The answer tells how far AWS's clock and the runner's are apart, which is why AWS refuses some requests.
func TestTheClocks(t *testing.T) {
	for name, test := range map[string]struct {
		date string
		want time.Duration
	}{
		"the same":       {"Sat, 01 Jan 2000 00:00:00 GMT", 0},
		"ours is behind": {"Sat, 01 Jan 2000 00:07:00 GMT", -7 * time.Minute},
		"ours is ahead":  {"Fri, 31 Dec 1999 23:00:00 GMT", time.Hour},
		"no date":        {"", 0},
		"a garbled date": {"tomorrow", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // in which it is the first of January 2000
				s := &server{answers: []answer{{403, refused("SignatureDoesNotMatch", "Signature expired")}}, date: test.date}
				_, err := signIn(t, s, new(masks), withKeys())
				var refusal *aws.Refusal
				if !errors.As(err, &refusal) || refusal.Skew != test.want {
					t.Errorf("got %+v, want ours to be ahead by %v", err, test.want)
				}
			})
		})
	}
}

func TestAnswers(t *testing.T) {
	const notSTS = "the answer is not one of AWS STS; a proxy or the endpoint may be wrong"
	good := answer{200, assumed(credentials + user)}
	denied := answer{403, refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")}
	busy := answer{400, refused("Throttling", "Rate exceeded")}
	for name, test := range map[string]struct {
		answers  []answer
		requests int
		want     string
	}{
		"refusal is answered at once": {[]answer{denied}, 1, "AWS STS answered AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity (HTTP 403, request c6104cbe)"},
		"typed refusal":               {[]answer{{400, refused("InvalidIdentityToken", "Incorrect token audience")}}, 1, "AWS STS answered InvalidIdentityToken: Incorrect token audience (HTTP 400, request c6104cbe)"},
		"refusal with a command":      {[]answer{{400, refused("ValidationError", "x\n::set-output name=a::b")}}, 1, "AWS STS answered ValidationError: x ::set-output name=a::b (HTTP 400, request c6104cbe)"},
		"refusal in S3's form":        {[]answer{{403, "<Error><Code>AccessDenied</Code></Error>"}}, 1, "AWS STS answered Forbidden (HTTP 403, request c6104cbe)"},
		"throttled, then signed in":   {[]answer{busy, {503, ""}, {0, ""}, good}, 4, ""},
		"keys not fetched, then so":   {[]answer{{400, refused("InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements")}, {400, refused("IDPCommunicationError", "")}, good}, 3, ""},
		"busy server in no XML":       {[]answer{{502, "Bad\x1bGateway & more"}, good}, 2, ""},
		"no XML":                      {[]answer{{403, "\x1b[31mForbidden"}}, 1, notSTS},
		"busy server in HTML":         {[]answer{{502, "<html>Bad Gateway</html>"}, good}, 2, ""},
		"always throttled":            {[]answer{busy}, 5, "AWS STS answered Throttling: Rate exceeded (HTTP 400, request c6104cbe)"},
		"never reached":               {[]answer{{0, ""}}, 5, "AWS STS was not reached: connection reset by peer"},
		"HTML":                        {[]answer{{200, "<html>Sign in to the network</html>"}}, 3, notSTS},
		"nothing":                     {[]answer{{200, ""}}, 3, notSTS},
		"half an answer first":        {[]answer{{200, good.body[:len(good.body)/2]}, good}, 2, ""},
		"always busy, in HTML":        {[]answer{{502, "<html>Bad Gateway</html>"}}, 5, "AWS STS answered Bad Gateway (HTTP 502, request c6104cbe)"},
		"always busy, in no XML":      {[]answer{{503, "busy & more"}}, 5, "AWS STS answered Service Unavailable (HTTP 503, request c6104cbe)"},
		"no credentials":              {[]answer{{200, assumed(user)}}, 3, notSTS},
		"no session token":            {[]answer{{200, assumed(strings.Replace(credentials, "t0k3n", "", 1) + user)}}, 1, notSTS},
		"ARN that is none":            {[]answer{{200, assumed(credentials + strings.Replace(user, "123456789012", "1 2", 1))}}, 1, notSTS},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{answers: test.answers}
				_, err := signIn(t, s, new(masks), input())
				got := ""
				if err != nil {
					got = err.Error()
				}
				if got != test.want {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
				if len(s.requests) != test.requests {
					t.Errorf("%d requests, want %d", len(s.requests), test.requests)
				}
			})
		})
	}
}
