package googletrust_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gatepass/pkg/trust"
	"gatepass/pkg/trust/googletrust"
)

// limitTest is a provider that is changed to be at one of Google's limits, and beyond it.
type limitTest struct {
	name   string
	change func(p *trust.GoogleProvider, beyond int)
	want   string // the fault beyond
}

func (test limitTest) run(t *testing.T) {
	for beyond := range 2 {
		p, claims := world(t)
		test.change(p, beyond)
		e := googletrust.Compile(p)
		var got []string
		for _, fault := range e.Faults {
			got = append(got, fault.Path+": "+fault.Message)
		}
		want := []string{test.want}[:beyond]
		if !slices.Equal(got, want) {
			t.Errorf("%d beyond the limit: got %q, want %q", beyond, got, want)
		}
		if verdict := e.Evaluate(claims).Verdict; (verdict == trust.Allowed) != (beyond == 0) {
			t.Errorf("%d beyond the limit the token is %s", beyond, verdict)
		}
	}
}

// https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers
func TestLimits(t *testing.T) {
	attributes := func(p *trust.GoogleProvider, names ...string) {
		for _, name := range names {
			p.Mapping = append(p.Mapping, trust.GoogleMapping{Attribute: trust.Text{Value: name}, Expression: trust.Text{Value: "assertion.ref"}})
		}
	}
	for _, test := range []limitTest{
		{"condition of 4096 characters", func(p *trust.GoogleProvider, beyond int) {
			p.Condition.Value = "assertion.ref != '" + strings.Repeat("ä", 4096-19+beyond) + "'"
		}, "attributeCondition: is 4097 characters long; Google takes 4096"},
		{"mapping of 2048 characters", func(p *trust.GoogleProvider, beyond int) {
			p.Mapping[0].Expression.Value = "assertion.sub != '" + strings.Repeat("ä", 2048-29+beyond) + "' ? 'x': ''"
		}, "attributeMapping.google.subject: is 2049 characters long; Google takes 2048"},
		{"50 attributes", func(p *trust.GoogleProvider, beyond int) {
			for i := range 50 + beyond {
				attributes(p, fmt.Sprintf("attribute.a%d", i))
			}
		}, "attributeMapping: has 51 attributes of its own; Google takes 50"},
		{"attribute's name of 100 characters", func(p *trust.GoogleProvider, beyond int) {
			attributes(p, "attribute."+strings.Repeat("a", 100+beyond))
		}, `attributeMapping: "attribute.` + strings.Repeat("a", 101) + `" is not google.subject, google.groups or attribute.NAME`},
		{"10 audiences", func(p *trust.GoogleProvider, beyond int) {
			p.Audiences = slices.Repeat([]trust.Text{{Value: "https:" + audienceOf(p)}}, 10+beyond)
		}, "oidc.allowedAudiences: has 11 audiences; Google takes 10"},
		{"audience of 256 characters", func(p *trust.GoogleProvider, beyond int) {
			p.Audiences = []trust.Text{{Value: "https:" + audienceOf(p)}, {Value: strings.Repeat("ä", 256+beyond)}}
		}, "oidc.allowedAudiences[1]: is 257 characters long; Google takes 256"},
	} {
		t.Run(test.name, test.run)
	}
}

func audienceOf(p *trust.GoogleProvider) string { return "//iam.googleapis.com/" + p.Name.Value }

func TestAttributesOfEightKilobytes(t *testing.T) {
	for _, test := range []struct {
		length  int // of each of the values of 10 attributes whose names have 11 bytes; Google does not say whether names count
		verdict trust.Verdict
		reason  string
	}{
		{800, trust.Allowed, ""},
		{812, trust.Unknown, "limits unevaluable: attributeMapping: the attributes are 8124 bytes long; Google takes 8 KB"},
		{819, trust.Denied, "limits: attributeMapping: the attributes are 8194 bytes long; Google takes 8 KB"},
	} {
		p, claims := world(t)
		p.Mapping[0].Expression.Value = "'abcd'"
		claims["ref"] = strings.Repeat("a", test.length)
		for i := range 10 {
			name := fmt.Sprintf("attribute.%c", 'a'+i)
			p.Mapping = append(p.Mapping, trust.GoogleMapping{Attribute: trust.Text{Value: name}, Expression: trust.Text{Value: "assertion.ref"}})
		}
		d := googletrust.Evaluate(p, claims)
		if got := strings.Join(reasons(d), "\n"); d.Verdict != test.verdict || got != test.reason {
			t.Errorf("values of %d bytes: %s, %s; want %s, %s", test.length, d.Verdict, got, test.verdict, test.reason)
		}
	}
}

// A reason quotes the part of a condition that it is about as it is written, and tells where it begins.
func TestReasonsQuoteTheCondition(t *testing.T) {
	for condition, want := range map[string]string{
		`true && ( assertion.ref=='x' )`:                       `column 11: assertion.ref=='x' is false: assertion.ref is "refs/heads/main"`,
		`(assertion.ref + 'x').endsWith('(') && true`:          `column 2: (assertion.ref + 'x').endsWith('(') is false: assertion.ref is "refs/heads/main"`,
		`'&& ) "' == assertion.ref && true`:                    `column 1: '&& ) "' == assertion.ref is false: assertion.ref is "refs/heads/main"`,
		`assertion.ref == '''it's || that''' || false`:         `column 1: assertion.ref == '''it's || that''' is false: assertion.ref is "refs/heads/main" (one of 2 alternatives, none of which holds)`,
		`assertion.ref == r'\' ? true : true && false`:         `column 40: false lets nobody in`,
		`assertion.ref == 'it\'s' // && nothing`:               `column 1: assertion.ref == 'it\'s' is false: assertion.ref is "refs/heads/main"`,
		`'ä' == 'ä' && assertion.ref in ['x', "y"] && true`:    `column 15: assertion.ref in ['x', "y"] is false: assertion.ref is "refs/heads/main"`,
		"true\n  && size(assertion.ref) == 1\n  && true":       `line 2, column 6: size(assertion.ref) == 1 is false: assertion.ref is "refs/heads/main"`,
		`!( has(assertion.ref) )`:                              `column 1: !( has(assertion.ref) ) is false: assertion.ref is "refs/heads/main"`,
		`assertion.ref.matches('^x') == (assertion.ref != '')`: `column 1: assertion.ref.matches('^x') == (assertion.ref != '') is false: assertion.ref is "refs/heads/main"`,
		`assertion['ref'] == 'REFS/heads/main'`:                `column 1: assertion['ref'] == 'REFS/heads/main' is false: assertion.ref is "refs/heads/main"; they differ only in case`,
		`assertion.iat == 1`:                                   `column 1: assertion.iat == 1 is false: assertion.iat is 1632493567`,
		`assertion.environment == 'x' ? true : false`:          `column 1: assertion.environment == 'x' ? true : false fails: the token has no claim environment`,
		`assertion.ref == {'a': 1} && true`:                    `column 1: assertion.ref == {'a': 1}: only Google knows whether it has {…}`,
		`[assertion.ref] == [1]`:                               `column 1: [assertion.ref] == [1] is false: assertion.ref is "refs/heads/main"`,
		`assertion.ref == true`:                                `column 1: assertion.ref == true is false: assertion.ref is "refs/heads/main"; a string never equals a boolean`,
		`assertion.ref.contains('HEADS')`:                      `column 1: assertion.ref.contains('HEADS') is false: assertion.ref is "refs/heads/main"; they differ only in case`,
		`assertion[assertion.ref] == 'x'`:                      `column 1: assertion[assertion.ref] == 'x' fails: no such key: refs/heads/main`,
	} {
		p, claims := world(t)
		d := decide(p, claims, condition)
		var got []string
		for _, reason := range d.Reasons {
			got = append(got, strings.TrimPrefix(reason.Path, "attributeCondition, ")+": "+reason.Message)
		}
		if len(got) == 0 || got[0] != want {
			t.Errorf("%s\ngot  %q\nwant %q", condition, got, want)
		}
	}
}

// Claims are the same whichever decoder has read them.
func TestClaimsOfOtherDecoders(t *testing.T) {
	p, claims := world(t)
	claims["aud"] = []string{"x", "https:" + audienceOf(p)}
	claims["iat"] = json.Number("1632493567")
	claims["nested"] = map[string]any{"list": []any{json.Number("1"), "x"}}
	d := decide(p, claims, "assertion.iat == 1632493567 && assertion.nested.list == [1, 'x'] && size(assertion.aud) == 2")
	if d.Verdict != trust.Allowed {
		t.Errorf("the token is %s: %q", d.Verdict, reasons(d))
	}
}

func TestReasonsAreSafeToPrint(t *testing.T) {
	p, claims := world(t)
	claims["ref"] = "refs/heads/##[error]x\n::error::y\x1b[31m"
	d := decide(p, claims, "assertion.ref == 'refs/heads/main'")
	want := `assertion.ref == 'refs/heads/main' is false: assertion.ref is "refs/heads/## [error]x\n::error::y\x1b[31m"`
	if len(d.Reasons) != 1 || d.Reasons[0].Message != want {
		t.Errorf("got %q, want %q", d.Reasons, want)
	}
}

func TestParseBindings(t *testing.T) {
	node, err := trust.ParseJSON([]byte(`{
  "bindings": [
    {"role": "roles/iam.workloadIdentityUser", "members": ["serviceAccount:a@b.iam.gserviceaccount.com", "allUsers"]},
    {"role": "roles/owner", "members": [], "condition": {"expression": "true"}},
    {"role": "roles/viewer", "members": ["allUsers"], "condition": {"expression": "true"}}
  ],
  "etag": "BwXhqDVFoOE="
}`))
	if err != nil {
		t.Fatal(err)
	}
	bindings, err := googletrust.ParseBindings(node)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range bindings {
		got = append(got, fmt.Sprint(b.Position, " ", b.Path, " ", b.Role, " ", b.Value, " ", b.Conditional))
	}
	want := []string{
		"3:60 bindings[0].members[0] roles/iam.workloadIdentityUser serviceAccount:a@b.iam.gserviceaccount.com false",
		"3:106 bindings[0].members[1] roles/iam.workloadIdentityUser allUsers false",
		"5:42 bindings[2].members[0] roles/viewer allUsers true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestParseBindingsTellsEveryFault(t *testing.T) {
	for text, want := range map[string]string{
		`[]`:                  "1:1: this is a list, not an object",
		`{"etag": "ACAB"}`:    "",
		`{"bindings": null}`:  "",
		`{"bindings": {}}`:    "1:14: bindings is an object, not a list",
		`{"bindings": ["x"]}`: "1:15: bindings[0] is a string, not an object",
		`{"bindings": [{"role": "r"}, {"members": []}, {"role": "r", "members": "allUsers"}, {"role": 1, "members": ["x", 1]}]}`: `1:15: bindings[0] has no role or no members
1:30: bindings[1] has no role or no members
1:72: bindings[2].members is a string, not a list
1:94: bindings[3].role is a number, not a string
1:114: bindings[3].members[1] is a number, not a string`,
	} {
		node, err := trust.ParseJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if _, err := googletrust.ParseBindings(node); err != nil {
			got = err.Error()
			if fault := new(trust.FaultError); !errors.As(err, &fault) {
				t.Errorf("%s: %v is no fault with a place", text, err)
			}
		}
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", text, got, want)
		}
	}
}
