package trust_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"gatepass/pkg/trust"
)

// described is what gcloud says of a provider, members included that decide nothing.
const described = `{
  "attributeCondition": "assertion.repository_owner_id == '65'",
  "attributeMapping": {
    "attribute.repository": "assertion.repository",
    "google.subject": "assertion.sub"
  },
  "description": "GitHub Actions of octo-org",
  "disabled": true,
  "displayName": null,
  "name": "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo",
  "oidc": {
    "allowedAudiences": ["first", "second"],
    "issuerUri": "https://token.actions.githubusercontent.com",
    "jwksJson": "{\"keys\": []}"
  },
  "state": "ACTIVE"
}`

func parseGoogleProvider(t *testing.T, text string) (*trust.GoogleProvider, error) {
	t.Helper()
	node, err := trust.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return trust.ParseGoogleProvider(node)
}

func TestParseGoogleProviderKeepsPlaces(t *testing.T) {
	p, err := parseGoogleProvider(t, described)
	if err != nil {
		t.Fatal(err)
	}
	if p.Project != "123456789012" || p.Pool != "github" || p.ID != "octo-repo" || !p.Disabled.Value || len(p.Mapping) != 2 || len(p.Audiences) != 2 {
		t.Errorf("got %#v", p)
	}
	if got, want := p.PoolName(), "projects/123456789012/locations/global/workloadIdentityPools/github"; got != want {
		t.Errorf("the pool is %s, want %s", got, want)
	}
	for name, test := range map[string]struct {
		got   trust.Text
		at    string
		value string
	}{
		"condition":  {p.Condition, "2:25", "assertion.repository_owner_id == '65'"},
		"attribute":  {p.Mapping[0].Attribute, "4:5", "attribute.repository"},
		"expression": {p.Mapping[1].Expression, "5:23", "assertion.sub"},
		"disabled":   {trust.Text{Position: p.Disabled.Position}, "8:15", ""},
		"name":       {p.Name, "10:11", "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo"},
		"audience":   {p.Audiences[1], "12:35", "second"},
		"issuer":     {p.Issuer, "13:18", "https://token.actions.githubusercontent.com"},
		"keys":       {p.JWKS, "14:17", `{"keys": []}`},
		"state":      {p.State, "16:12", "ACTIVE"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.got.Value != test.value || test.got.String() != test.at {
				t.Errorf("got %q at %s, want %q at %s", test.got.Value, test.got.Position, test.value, test.at)
			}
		})
	}
}

func TestParseGoogleProviderTellsEveryFault(t *testing.T) {
	for text, want := range map[string][]string{
		`[]`:                                   {"1:1: this is a list, not a provider, which is an object"},
		`{"oidc": {"issuerUri": "https://x"}}`: nil,
		`{"oidc": {"issuerUri": ""}}`:          {"1:10: oidc has no issuerUri"},
		`{"oidc": {"issuerUri": null}}`:        {"1:10: oidc has no issuerUri"},
		`{"oidc": {"issuerUri": 1}}`:           {"1:24: issuerUri is a number, not a string"},
		`{"oidc": "x"}`:                        {"1:10: oidc is a string, not an object"},
		`{"aws": {"accountId": "0123456789"}}`: {"1:1: this provider has no oidc: only an OIDC provider takes GitHub's tokens"},
		`{"oidc": {"issuerUri": "x"}, "name": "projects/my-project/locations/global/workloadIdentityPools/github/providers/octo-repo"}`: {
			`1:38: "projects/my-project/locations/global/workloadIdentityPools/github/providers/octo-repo" is not the name of a provider, ` +
				`projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`},
		`{
  "name": 1,
  "state": true,
  "disabled": "no",
  "attributeMapping": {"google.subject": ["assertion.sub"], "attribute.::x\n": {}},
  "attributeCondition": false,
  "oidc": {"allowedAudiences": ["first", 2, null], "jwksJson": {"keys": []}}
}`: {
			"2:11: name is a number, not a string",
			"3:12: state is a boolean, not a string",
			"4:15: disabled is a string, not a boolean",
			"5:42: attributeMapping.google.subject is a list, not a string",
			"5:80: attributeMapping.attribute.::x is an object, not a string",
			"6:25: attributeCondition is a boolean, not a string",
			"7:42: allowedAudiences[1] is a number, not a string",
			"7:45: allowedAudiences[2] is null, not a string",
			"7:64: jwksJson is an object, not a string",
			"7:11: oidc has no issuerUri",
		},
		`{"oidc": {"issuerUri": "x", "allowedAudiences": "first"}, "attributeMapping": "google.subject=assertion.sub"}`: {
			"1:79: attributeMapping is a string, not an object",
			"1:49: allowedAudiences is a string, not a list",
		},
	} {
		_, err := parseGoogleProvider(t, text)
		var got []string
		if err != nil {
			got = strings.Split(err.Error(), "\n")
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %q\nwant %q", text, got, want)
		}
	}
}

func FuzzParseGoogleProvider(f *testing.F) {
	f.Add(described)
	f.Add(`{"oidc": {"issuerUri": "x", "allowedAudiences": [1]}, "attributeMapping": {"google.subject": null}}`)
	f.Fuzz(func(t *testing.T, text string) {
		node, err := trust.ParseJSON([]byte(text))
		if err != nil {
			return
		}
		p, err := trust.ParseGoogleProvider(node)
		if (p == nil) != (err != nil) {
			t.Fatalf("%q: got %v and the error %v", text, p, err)
		}
		if err != nil {
			tellsPlaces(t, err)
			return
		}
		if p.Issuer.Value == "" || (p.Name.Value == "") != (p.PoolName() == "") {
			t.Errorf("%q was read as %#v", text, p)
		}
	})
}

// tellsPlaces fails unless each of the errors that are joined is a fault with a place.
func tellsPlaces(t *testing.T, err error) {
	t.Helper()
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			tellsPlaces(t, err)
		}
		return
	}
	var fault *trust.FaultError
	if !errors.As(err, &fault) || fault.Line < 1 || fault.Column < 1 {
		t.Errorf("the error %v tells no place", err)
	}
}
