package httpclient_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gatepass/pkg/httpclient"
	"gatepass/pkg/retry"
)

func get(t *testing.T, client *http.Client, address string) (*http.Response, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer token")
	return client.Do(request)
}

func TestParseURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://token.example/x?y=z": "",
		"http://127.0.0.1:8484/aws":   "",
		"http://[::1]:8484":           "",
		"http://localhost:8484":       "",
		"http://localstack:4566":      "",
		"http://172.17.0.1:8484":      "",
		"http://169.254.169.254/":     "must start with https://; http:// is for localhost, private IP addresses and names without a dot",
		"https://:443":                "is not a URL",
		"http://203.0.113.7/":         "must start with https://; http:// is for localhost, private IP addresses and names without a dot",
		"http://sts.example":          "must start with https://; http:// is for localhost, private IP addresses and names without a dot",
		"http://localhost.evil":       "must start with https://; http:// is for localhost, private IP addresses and names without a dot",
		"ftp://127.0.0.1":             "must start with https://; http:// is for localhost, private IP addresses and names without a dot",
		"https://u:p@token.example":   "holds a user name; leave it out",
		"https://token.example#x":     "holds a fragment; leave it out",
		"token.example":               "is not a URL",
		"https://":                    "is not a URL",
		"https://a b":                 "is not a URL",
		"https://a_b-1.example:8443":  "",
		"https://a;id;$(id)":          "names a host with other characters than letters, digits, dots, hyphens and underscores",
		"https://a'b.example":         "names a host with other characters than letters, digits, dots, hyphens and underscores",
		"https://bücher.example":      "names a host with other characters than letters, digits, dots, hyphens and underscores",
	} {
		_, err := httpclient.ParseURL(address)
		if got := message(err); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the token was sent to another host") }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()

	refuse(t, server.URL, "the answer of AWS STS is a redirect, which is not followed; a proxy or the endpoint may be wrong")
}

func TestAnEndlessAnswerIsCut(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.CopyN(w, strings.NewReader(strings.Repeat("x", 2<<20)), 1<<20)
		_, _ = io.WriteString(w, r.URL.Query().Get("more"))
	}))
	defer server.Close()
	response, err := get(t, httpclient.New(httpclient.Proxy{}, nil), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || len(body) != 1<<20 {
		t.Errorf("got %d bytes, error %v; want 1048576", len(body), err)
	}
	refuse(t, server.URL+"?more=x", "the answer of AWS STS is larger than 1048576 bytes; a proxy or the endpoint may be wrong")
}

// refuse wants a call to end in an answer that is none of the service's. Nobody asks for another one.
func refuse(t *testing.T, address, want string) {
	t.Helper()
	response, err := get(t, httpclient.New(httpclient.Proxy{}, nil), address)
	if err == nil {
		response.Body.Close()
		t.Fatal("the answer is taken")
	}
	calls := 0
	err = retry.Do(t.Context(), retry.Policy{Attempts: 3}, func(context.Context) error {
		calls++
		return httpclient.Unreached("AWS STS", err)
	})
	var garbled *httpclient.GarbledError
	if !errors.As(err, &garbled) || garbled.Service != "AWS STS" || err.Error() != want || calls != 1 {
		t.Errorf("got %d calls and %+v, want one and %s", calls, err, want)
	}
}

// Half an answer is none. What it holds so far reaches nobody.
func TestAnAnswerThatBreaksOffIsNone(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		_, _ = io.WriteString(w, "half")
	}))
	defer server.Close()
	response, err := get(t, httpclient.New(httpclient.Proxy{}, nil), server.URL)
	if err == nil {
		response.Body.Close()
		t.Fatal("the answer is taken")
	}
	if got, want := httpclient.Fault(err).Error(), "the answer broke off"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheProxyOfTheEnvironmentIsUsed(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "via proxy to "+r.Host) }))
	defer proxy.Close()
	environment := map[string]string{"http_proxy": proxy.URL, "NO_PROXY": "10.0.0.0/8"}

	response, err := get(t, httpclient.New(httpclient.ProxyFromEnvironment(func(name string) string { return environment[name] }), nil), "http://192.168.7.7/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "via proxy to 192.168.7.7" {
		t.Errorf("got %q, error %v", body, err)
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		header string
		date   time.Time
		skew   time.Duration
	}{
		"slow":     {"Mon, 02 Nov 2026 12:00:00 GMT", noon, -90 * time.Second},
		"fast":     {"Mon, 02 Nov 2026 11:58:00 GMT", noon.Add(-2 * time.Minute), 30 * time.Second},
		"not said": {"", time.Time{}, 0},
		"no date":  {"today", time.Time{}, 0},
	} {
		date, skew := httpclient.Clock(http.Header{"Date": {test.header}}, noon.Add(-90*time.Second+time.Millisecond))
		if !date.Equal(test.date) || skew != test.skew {
			t.Errorf("%s: got %v, %v, want %v, %v", name, date, skew, test.date, test.skew)
		}
	}
}

func TestAFaultDoesNotShowTheAddress(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	response, err := get(t, httpclient.New(httpclient.Proxy{}, nil), server.URL+"/path?token=secret")
	if err == nil {
		response.Body.Close()
		t.Fatal("a closed server answered")
	}
	if got := httpclient.Fault(err).Error(); strings.Contains(got, "secret") || !strings.Contains(got, "refused") {
		t.Errorf("got %q", got)
	}
}

func TestEncryptedRequestsGoThroughTheirProxy(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != "192.168.7.7:443" {
			t.Errorf("got %s %s", r.Method, r.Host)
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	defer proxy.Close()
	response, err := get(t, httpclient.New(httpclient.Proxy{HTTPS: proxy.URL}, nil), "https://192.168.7.7/")
	if err == nil {
		response.Body.Close()
		t.Fatal("the proxy's refusal was taken for an answer")
	}
	if got := httpclient.Fault(err).Error(); got != "I'm a teapot" {
		t.Errorf("got %q", got)
	}
}

func TestAServerThatHangsIsNotWaitedForForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := httpclient.New(httpclient.Proxy{}, nil)
		client.Transport = hanging{}
		response, err := get(t, client, "https://sts.example")
		if err == nil {
			response.Body.Close()
			t.Fatal("there was an answer")
		}
		if got, want := httpclient.Fault(err).Error(), "no answer in time"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

type hanging struct{}

func (hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestOnlyWhatMayPassIsRetried(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err   error
		calls int
	}{
		"broken connection": {&url.Error{Err: errors.New("connection reset by peer")}, 3},
		"no answer":         {&url.Error{Err: os.ErrDeadlineExceeded}, 3},
		"name server busy":  {&url.Error{Err: &net.DNSError{Err: "server misbehaving", IsTemporary: true}}, 3},
		"no such host":      {&url.Error{Err: &net.DNSError{Err: "no such host", IsNotFound: true}}, 1},
		"untrusted":         {&url.Error{Err: &tls.CertificateVerificationError{Err: errors.New("unknown authority")}}, 1},
	} {
		calls := 0
		err := retry.Do(t.Context(), retry.Policy{Attempts: 3}, func(context.Context) error {
			calls++
			return httpclient.Unreached("AWS STS", test.err)
		})
		if calls != test.calls || err == nil || !strings.HasPrefix(err.Error(), "AWS STS was not reached: ") {
			t.Errorf("%s: %d calls, want %d; error %v", name, calls, test.calls, err)
		}
		var unreached *httpclient.UnreachedError
		if !errors.As(err, &unreached) || unreached.Service != "AWS STS" {
			t.Errorf("%s: got %+v", name, unreached)
		}
	}
}

func TestHostsThatNeedNoProxy(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ not, address, want string }{
		"no exception":        {"", "https://sts.eu-central-1.amazonaws.com", "http://proxy.example:3128"},
		"host":                {"sts.eu-central-1.amazonaws.com", "https://sts.eu-central-1.amazonaws.com", ""},
		"host, and its port":  {"10.1.2.3", "https://10.1.2.3:8443", ""},
		"host with a port":    {"sts.example:8443", "https://sts.example:8443", ""},
		"another port":        {"sts.example:8443", "https://sts.example", "http://proxy.example:3128"},
		"suffix":              {".amazonaws.com", "https://sts.eu-central-1.amazonaws.com", ""},
		"suffix with a star":  {"*.amazonaws.com", "https://sts.eu-central-1.amazonaws.com", ""},
		"suffix of no domain": {".amazonaws.com", "https://evilamazonaws.com", "http://proxy.example:3128"},
		"addresses":           {"10.0.0.0/8", "https://10.1.2.3", ""},
		"other addresses":     {"10.0.0.0/8", "https://11.1.2.3", "http://proxy.example:3128"},
		"everything":          {"*", "https://sts.eu-central-1.amazonaws.com", ""},
		"one of several":      {"a.example,10.0.0.0/8,.amazonaws.com", "https://sts.eu-central-1.amazonaws.com", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, err := url.Parse(test.address)
			if err != nil {
				t.Fatal(err)
			}
			proxy, err := httpclient.Proxy{HTTPS: "http://proxy.example:3128", Not: test.not}.For(address)
			got := ""
			if proxy != nil {
				got = proxy.String()
			}
			if err != nil || got != test.want {
				t.Errorf("got %q, error %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestTheProxysPasswordIsASecret(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"http://proxy.example:3128":      "",
		"http://me:s3cr3t@proxy.example": "s3cr3t s3cr3t",
		"me:s3cr3t@proxy.example:3128":   "s3cr3t s3cr3t",
		"http://me:p%40ss@proxy.example": "p@ss p%40ss",
	} {
		var got []string
		for _, s := range (httpclient.Proxy{HTTP: address}).Secrets() {
			got = append(got, s.Reveal())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

func TestTheProxyOfPlainRequestsIsThatOfEncryptedOnesToo(t *testing.T) {
	t.Parallel()
	p := httpclient.ProxyFromEnvironment(func(name string) string { return map[string]string{"HTTP_PROXY": "http://a", "no_proxy": "b"}[name] })
	if p != (httpclient.Proxy{HTTP: "http://a", HTTPS: "http://a", Not: "b"}) {
		t.Errorf("got %+v", p)
	}
}
