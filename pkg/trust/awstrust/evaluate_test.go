package awstrust_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"gatepass/pkg/trust"
	"gatepass/pkg/trust/awstrust"
)

const github = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"

// claims are those of a push to main.
func claims() trust.Claims {
	return trust.Claims{
		"iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com", "sub": "repo:octo-org/octo-repo:ref:refs/heads/main",
		"iat": float64(1795348800), "nbf": float64(1795348200), "exp": float64(1795349100),
		"repository": "octo-org/octo-repo", "repository_id": "74", "repository_owner": "octo-org", "repository_owner_id": "65",
		"ref": "refs/heads/main", "ref_type": "branch", "event_name": "push", "actor": "octocat", "actor_id": "12", "workflow": "deploy",
		"job_workflow_ref": "octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main", "runner_environment": "github-hosted",
	}
}

// parse parses a policy, in which gh: and {github} are short for what GitHub's provider is called.
func parse(text string) (*awstrust.Policy, error) {
	document, err := trust.ParseJSON([]byte(long(text)))
	if err != nil {
		return nil, err
	}
	return awstrust.Parse(document)
}

func long(text string) string {
	return strings.NewReplacer("gh:", "token.actions.githubusercontent.com:", "{github}", github).Replace(text)
}

// vector is a policy, a request, and what AWS says.
type vector struct {
	Name      string
	Policy    string
	Statement string
	Condition string
	Claims    map[string]any
	Request   struct {
		Action, Provider        string
		Caller, Account, Absent []string
		Keys                    map[string]string
	}
	Verdict   string
	ByAccount bool `yaml:"by-account"`
	Reasons   []string
}

func (v vector) policy() string {
	switch {
	case v.Policy != "":
		return v.Policy
	case v.Statement != "":
		return `{"Version": "2012-10-17", "Statement": [` + v.Statement + `]}`
	}
	return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": "{github}"}, "Action": "sts:AssumeRoleWithWebIdentity",
		"Condition": ` + v.Condition + `}]}`
}

func (v vector) request() awstrust.Request {
	r := awstrust.Request{
		Action: v.Request.Action, Provider: v.Request.Provider, Claims: claims(),
		Caller: v.Request.Caller, Account: v.Request.Account, Keys: v.Request.Keys, Absent: v.Request.Absent,
	}
	if r.Action == "" {
		r.Action = "sts:AssumeRoleWithWebIdentity"
	}
	if r.Provider == "" && len(r.Caller) == 0 {
		r.Provider = github
	}
	for name, value := range v.Claims {
		if number, ok := value.(uint64); ok {
			value = float64(number) // as encoding/json has it
		}
		r.Claims[name] = value
		if value == nil {
			delete(r.Claims, name)
		}
	}
	return r
}

func (v vector) run(t *testing.T) {
	verdict, byAccount, reasons := "fault", false, []string(nil)
	policy, err := parse(v.policy())
	if err != nil {
		reasons = strings.Split(err.Error(), "\n")
	} else {
		d := policy.Evaluate(v.request())
		verdict, byAccount = d.Verdict.String(), d.ByAccount
		for _, s := range d.Statements {
			for _, reason := range s.Reasons {
				element := reason.Key
				if element == "" {
					element = reason.Path
				}
				reasons = append(reasons, element+": "+string(reason.Cause))
			}
		}
	}
	if verdict != v.Verdict || byAccount != v.ByAccount {
		t.Errorf("%s, by account %t; want %s, %t", verdict, byAccount, v.Verdict, v.ByAccount)
	}
	for i := range reasons {
		reasons[i] = strings.NewReplacer("token.actions.githubusercontent.com:", "gh:", github, "{github}").Replace(reasons[i])
	}
	if !slices.Equal(reasons, v.Reasons) {
		t.Errorf("the reasons are\n%s\nwant\n%s", strings.Join(reasons, "\n"), strings.Join(v.Reasons, "\n"))
	}
}

// page is a page of documentation, and what it says in vectors.
type page struct {
	See     string
	Vectors []vector
}

func readVectors(t testing.TB) (pages []page) {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalWithOptions(text, &pages, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return pages
}

func TestEvaluate(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, page := range readVectors(t) {
		if !strings.HasPrefix(page.See, "https://") {
			t.Errorf("%s is no page", page.See)
		}
		for _, v := range page.Vectors {
			t.Run(v.Name, v.run)
			if seen[v.Name] {
				t.Errorf("%s: there is another of this name", v.Name)
			}
			seen[v.Name] = true
		}
	}
}

// TestReason shows what a person reads of a decision.
func TestReason(t *testing.T) {
	t.Parallel()
	policy, err := parse(`{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Deploy", "Effect": "Allow", "Principal": {"Federated": ["arn:aws:iam::999999999999:oidc-provider/token.actions.githubusercontent.com"]},
      "Action": ["sts:AssumeRole", "sts:TagSession"],
      "Condition": {
        "StringEquals": {"gh:sub": "repo:Octo-Org/octo-repo:ref:refs/heads/main", "gh:environment": ["a", "b", "c", "d", "e", "f", "g"]},
        "StringLike": {"gh:workflow": "build"}
      }
    },
    {"Effect": "Deny", "Principal": {"Federated": "{github}"}, "Action": "*", "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}
  ]
}`)
	if err != nil {
		t.Fatal(err)
	}
	token := claims()
	token["workflow"] = "a\n::error::b ##[add-path]c"
	var got []string
	for _, s := range policy.Evaluate(awstrust.Request{Action: "sts:AssumeRoleWithWebIdentity", Provider: github, Claims: token}).Statements {
		got = append(got, fmt.Sprintf("%s %s %q deny %t applies %d", s.Position, s.Path, s.Sid, s.Deny, s.Applies))
		for _, reason := range s.Reasons {
			got = append(got, fmt.Sprintf("  %s %s", reason.Position, reason))
		}
	}
	want := []string{
		`4:5 Statement[0] "Deploy" deny false applies 0`,
		`  5:43 Statement[0].Principal: the policy has "arn:aws:iam::999999999999:oidc-provider/token.actions.githubusercontent.com", the request "` + github + `": ` +
			`the statement is for another principal`,
		`  6:7 Statement[0].Action: the policy has "sts:AssumeRole" or "sts:TagSession", the request "sts:AssumeRoleWithWebIdentity": the statement is for another action`,
		`  8:26 Statement[0].Condition.StringEquals.token.actions.githubusercontent.com:sub: the policy has "repo:Octo-Org/octo-repo:ref:refs/heads/main", ` +
			`the request "repo:octo-org/octo-repo:ref:refs/heads/main": the value differs only in case`,
		`  8:116 Statement[0].Condition.StringEquals.token.actions.githubusercontent.com:environment: the policy has "a", "b", "c", "d" or 3 others: ` +
			`the token has no such claim`,
		`  9:24 Statement[0].Condition.StringLike.token.actions.githubusercontent.com:workflow: the policy has "build", the request "a\n::error::b ## [add-path]c": ` +
			`the value differs`,
		`12:5 Statement[1] "" deny true applies 1`,
		`  12:174 Statement[1].Condition.IpAddress.aws:SourceIp: the policy has "192.0.2.0/24": only AWS knows its value`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestParseFindsEveryFault shows that the first fault hides no other.
func TestParseFindsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := parse(`{
  "Version": "2026-11-22",
  "Comment": "x",
  "Statement": [
    {"Effect": "allow", "Principal": {"Federated": 1}, "action": "sts:*", "Condition": {"StringEquals": {"gh:sub": [{}]}, "Like": {}}},
    "statement",
    {"Effect": "Deny", "Principal": "*", "Action": [], "Condition": []}
  ]
}`)
	want := strings.Join([]string{
		`2:14: Version: must be "2012-10-17" or "2008-10-17"`,
		`3:3: Comment: a trust policy has no such element`,
		`5:5: Statement[0]: the statement has no Action`,
		`5:16: Statement[0].Effect: must be Allow or Deny`,
		`5:52: Statement[0].Principal.Federated: must be a string, or a list of strings`,
		`5:56: Statement[0].action: a trust policy has no such element; write Action`,
		`5:150: Statement[0].Condition.StringEquals.token.actions.githubusercontent.com:sub[0]: must be a string, a number or a boolean, or a list of those`,
		`5:156: Statement[0].Condition.Like: is no operator of AWS's`,
		`6:5: Statement[1]: a statement is an object, not a string`,
		`7:52: Statement[2].Action: the list is empty`,
		`7:69: Statement[2].Condition: must be an object such as {"StringEquals": {…}}`,
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

// TestClaimsOfOtherDecoders shows claims that do not come from encoding/json as it is by default.
func TestClaimsOfOtherDecoders(t *testing.T) {
	t.Parallel()
	policy, err := parse(vector{Condition: `{"StringEquals": {"gh:repository_id": "74"}, "ForAnyValue:StringEquals": {"gh:amr": "a"}}`}.policy())
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[json.Number]trust.Verdict{"74": trust.Allowed, "75": trust.Denied, "7.4e1": trust.Unknown} {
		token := claims()
		token["repository_id"], token["amr"] = id, []string{"a", "b"}
		if got := policy.Evaluate(awstrust.Request{Action: "sts:AssumeRoleWithWebIdentity", Provider: github, Claims: token}).Verdict; got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}
