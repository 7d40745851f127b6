package awstrust_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatepass/pkg/trust"
	"gatepass/pkg/trust/awstrust"
)

// allows reports whether a policy has a statement that allows something, by the plainest of readings.
func allows(text string) bool {
	var policy struct{ Statement json.RawMessage }
	var one struct{ Effect string }
	var list []struct{ Effect string }
	if json.Unmarshal([]byte(text), &policy) != nil {
		return false
	}
	if json.Unmarshal(policy.Statement, &list) != nil && json.Unmarshal(policy.Statement, &one) == nil {
		list = append(list, one)
	}
	return slices.ContainsFunc(list, func(s struct{ Effect string }) bool { return s.Effect == "Allow" })
}

// FuzzPolicy gives a policy that is anything to all that reads one.
func FuzzPolicy(f *testing.F) {
	for _, page := range readVectors(f) {
		for _, v := range page.Vectors {
			f.Add(long(v.policy()), "repo:octo-org/octo-repo:ref:refs/heads/main", "production")
		}
	}
	files, err := filepath.Glob("testdata/lint/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), "repo:octo-org@65/octo-repo@74:environment:prod", "prod")
	}
	f.Fuzz(func(t *testing.T, text, sub, environment string) {
		document, err := trust.ParseJSON([]byte(text))
		if err != nil {
			return
		}
		policy, err := awstrust.Parse(document)
		if err != nil {
			checkFaults(t, err)
			if policy != nil {
				t.Errorf("a policy beside the error %v", err)
			}
			return
		}
		token := claims()
		token["sub"], token["environment"] = sub, environment
		request := awstrust.Request{Action: "sts:AssumeRoleWithWebIdentity", Provider: github, Claims: token}
		decision := policy.Evaluate(request)
		if decision.Verdict == trust.Allowed && !allows(text) {
			t.Error("allowed by a policy that allows nothing")
		}
		if again := policy.Evaluate(request); !reflect.DeepEqual(again, decision) {
			t.Errorf("now %+v, then %+v", again, decision)
		}
		for _, s := range decision.Statements {
			if (s.Applies == awstrust.Yes) != (len(s.Reasons) == 0) {
				t.Errorf("%s applies: %d, and the reasons are %v", s.Path, s.Applies, s.Reasons)
			}
		}
		for _, finding := range policy.Lint() {
			checkLine(t, finding.Message+finding.Fix+finding.Path)
			if finding.At.Line < 1 || finding.At.Column < 1 {
				t.Errorf("%s is nowhere", finding.Message)
			}
		}
		checkFaults(t, policy.Undecidable(nil))
		checkStrangers(t, text, policy)
	})
}

// checkStrangers fails if a stranger gets in and nothing is found. A policy that names the strangers means it.
func checkStrangers(t *testing.T, text string, policy *awstrust.Policy) {
	for _, name := range []string{"stranger", "octo-organised", "octo-xrg", "xocto", "997", "998", "999", "a/b"} {
		if strings.Contains(text, name) {
			return
		}
	}
	if sub, in := letsIn(policy); in && len(policy.Lint()) == 0 {
		t.Errorf("%s lets in %v, and nothing is found", text, sub)
	}
}

// FuzzCondition gives one condition to all that reads one, and its negation.
func FuzzCondition(f *testing.F) {
	f.Add("StringLike", "sub", "repo:octo-org/octo-repo:*", "${gh:ref}", "repo:octo-org/octo-repo:ref:refs/heads/main")
	f.Add("ForAllValues:StringEqualsIfExists", "environment", "Größe", "${*}", "GRÖSSE")
	f.Add("ArnLike", "job_workflow_ref", "arn:*:*:*:*:*", "${aws:username, 'x'}", "arn:aws:iam::1:role/x")
	f.Add("NumericLessThan", "actor_id", "12", "1.5", "-7")
	f.Add("DateGreaterThanEquals", "ref", "2026-11-22T12:00:00Z", "1795348800", "2026-11-22")
	f.Fuzz(func(t *testing.T, operator, claim, first, second, got string) {
		verdict := func(operator string) (trust.Verdict, bool) {
			values, _ := json.Marshal([]string{first, second})
			condition, _ := json.Marshal(map[string]map[string]json.RawMessage{operator: {"token.actions.githubusercontent.com:" + claim: values}})
			text := vector{Condition: string(condition)}.policy()
			policy, err := parse(text)
			if err != nil {
				return trust.Denied, false
			}
			policy.Lint()
			checkStrangers(t, text, policy)
			token := claims()
			token[claim] = got
			return policy.Evaluate(awstrust.Request{Action: "sts:AssumeRoleWithWebIdentity", Provider: github, Claims: token}).Verdict, true
		}
		plain, valid := verdict(operator)
		negated, ok := map[string]string{"StringEquals": "StringNotEquals", "StringLike": "StringNotLike", "NumericEquals": "NumericNotEquals",
			"StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase", "DateEquals": "DateNotEquals", "ArnLike": "ArnNotLike"}[operator]
		if !valid || !ok {
			return
		}
		if not, _ := verdict(negated); not != trust.Allowed-plain {
			t.Errorf("%s says %s, %s %s", operator, plain, negated, not)
		}
	})
}

// FuzzLike compares with a regular expression that means the same.
func FuzzLike(f *testing.F) {
	f.Add("repo:*/*:ref:*/main", "repo:octo-org/octo-repo:ref:refs/heads/main")
	f.Add("a*a?a", "aaaa")
	f.Add("*?é*", "\né")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		pattern, text = strings.ToValidUTF8(pattern, ""), strings.ToValidUTF8(text, "")
		same := regexp.MustCompile(`(?s)\A` + strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(pattern)) + `\z`)
		if got, want := awstrust.Like(pattern, text), same.MatchString(text); got != want {
			t.Errorf("%q is like %q: %t, want %t", text, pattern, got, want)
		}
	})
}

// checkFaults fails unless every error says where it is.
func checkFaults(t *testing.T, err error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		joined = joinedErrors{err}
	}
	for _, err := range joined.Unwrap() {
		var fault *trust.FaultError
		if err != nil && (!errors.As(err, &fault) || fault.Line < 1 || fault.Column < 1) {
			t.Errorf("the error %v tells no place", err)
		}
	}
}

type joinedErrors []error

func (j joinedErrors) Unwrap() []error { return j }

// checkLine fails on text that is not one line, or that the runner would obey.
func checkLine(t *testing.T, text string) {
	if strings.ContainsAny(text, "\n\r\x1b") || strings.Contains(text, "##[") || strings.HasPrefix(strings.TrimSpace(text), "::") {
		t.Errorf("%q is not safe to print", text)
	}
}
