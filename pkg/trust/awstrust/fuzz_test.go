package awstrust_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
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
		if decision.Verdict == awstrust.Allowed && !allows(text) {
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
		for _, name := range []string{"stranger", "octo-organised", "octo-xrg", "xocto", "998", "999", "997", "a/b", "Principal\":\"*"} {
			if strings.Contains(strings.ReplaceAll(text, " ", ""), name) {
				return
			}
		}
		if got, in := letsIn(policy); in && len(policy.Lint()) == 0 {
			t.Errorf("lets in %v, and nothing is found", got)
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
