package httpclient_test

import (
	"net/url"
	"strings"
	"testing"

	"gatepass/pkg/httpclient"
)

// An address that tokens may be sent to is one of a host, by https or nearby, and stays the same however it is written.
func FuzzParseURL(f *testing.F) {
	for _, seed := range []string{"https://sts.eu-central-1.amazonaws.com", "http://localhost:8484/aws", "http://[::1]/", "http://10.1.2.3", "https://me@host", "https://host/#x", "//host", "https://a$(b)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		u, err := httpclient.ParseURL(address)
		if err != nil {
			return
		}
		if u.Hostname() == "" || u.User != nil || u.Fragment != "" || strings.ContainsAny(u.Host, "$`\"' \t\n;&|<>()") || u.Scheme != "https" && u.Scheme != "http" {
			t.Errorf("%q is taken as %#v", address, u)
		}
		if again, err := httpclient.ParseURL(u.String()); err != nil || again.Host != u.Host || again.Path != u.Path {
			t.Errorf("%q is written as %q, which is %v, error %v", address, u, again, err)
		}
	})
}

// A proxy that passes the check is one that requests can go through, and its password is known as a secret.
func FuzzProxy(f *testing.F) {
	f.Add("http://me:pr0xyp4ss@proxy.example:3128", "10.2.0.0/16,.example")
	f.Add("proxy.example", "*")
	f.Add("socks5://me:a%40b@[::1]:1080", "host:443,::1")
	f.Add("http://me:%zz@proxy", "/")
	f.Fuzz(func(t *testing.T, address, not string) {
		p := httpclient.Proxy{HTTP: address, HTTPS: address, Not: httpclient.Hosts(not)}
		if p.Check() != nil {
			return
		}
		through, err := p.For(&url.URL{Scheme: "https", Host: "sts.amazonaws.com"})
		if err != nil {
			t.Fatalf("%q passes the check, but %v", address, err)
		}
		if through == nil || through.User == nil {
			return
		}
		if password, ok := through.User.Password(); ok && password != "" {
			for _, s := range p.Secrets() {
				if s.Reveal() == password {
					return
				}
			}
			t.Errorf("the password %q of %q is no secret", password, address)
		}
	})
}
