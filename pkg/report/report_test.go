package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"gatepass/pkg/report"
	"gatepass/pkg/trust"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	note    = &trust.Rule{Name: "aws-a-note", Severity: trust.Note, Summary: "what is worth knowing", Why: "One may want to know it.", Reference: "https://example.com/note"}
	warning = &trust.Rule{Name: "aws-a-warning", Severity: trust.Warning, Summary: "what may be wrong", Why: "It may do harm.", Reference: "https://example.com/warning"}
	grave   = &trust.Rule{Name: "aws-an-error", Severity: trust.Error, Summary: "what is wrong", Why: "It does harm.", Reference: "https://example.com/error"}
)

// sample has everything that a report can have.
func sample() report.Report {
	return report.Report{
		Cloud: "aws", WorkDir: "/home/runner/work/octo-repo/octo-repo",
		Rules: []*trust.Rule{note, warning, grave},
		Policies: []report.Policy{
			{
				Position: trust.Position{Line: 1, Column: 1}, File: "policies/deploy role.json",
				Findings: []trust.Finding{
					{Rule: grave, At: trust.Position{Line: 3, Column: 5}, Path: "Statement[0]", Message: "this is wrong", Fix: "Write what is right."},
					{Rule: grave, At: trust.Position{Line: 3, Column: 5}, Path: "Statement[0]", Message: "so is this"},
					{Rule: warning, At: trust.Position{Line: 4, Column: 7}, Message: "this may be wrong"},
				},
				Verdicts: []report.Verdict{{
					Answer: trust.Denied, Token: "push on refs/heads/main of octo-org/octo-repo", Subject: "repo:octo-org/octo-repo:ref:refs/heads/main",
					Reasons: []report.Reason{{Position: trust.Position{Line: 9, Column: 11}, Path: "Statement[0].Condition", Text: "the value differs"}, {Text: "so does another"}},
				}},
			},
			{
				Position: trust.Position{Line: 1, Column: 512}, File: "/home/runner/work/octo-repo/octo-repo/plan.json", Name: `aws_iam_role.deploy["a"]`,
				Findings: []trust.Finding{{Rule: note, At: trust.Position{Line: 1, Column: 512}, Path: "assume_role_policy: Statement[0]", Message: "this is worth knowing"}},
				Verdicts: []report.Verdict{
					{Answer: trust.Allowed, Token: "one token", Subject: "a", Members: []string{"principal://a"}, Grants: []string{"roles/viewer"}},
					{Answer: trust.Unknown, Token: "another token", Subject: "b", Reasons: []report.Reason{{Text: "only AWS knows"}}},
				},
			},
			{Position: trust.Position{Line: 1, Column: 1}, File: "/etc/elsewhere.json"},
		},
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(report.Report, *bytes.Buffer) error{
		"text":         func(r report.Report, b *bytes.Buffer) error { return r.WriteText(b, false) },
		"colored.text": func(r report.Report, b *bytes.Buffer) error { return r.WriteText(b, true) },
		"json":         func(r report.Report, b *bytes.Buffer) error { return r.WriteJSON(b) },
		"sarif":        func(r report.Report, b *bytes.Buffer) error { return r.WriteSARIF(b, nil) },
		"github":       func(r report.Report, b *bytes.Buffer) error { return r.WriteGitHub(b) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			if err := write(sample(), &got); err != nil {
				t.Fatal(err)
			}
			golden(t, "sample."+name, got.String())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got\n%s", file, got)
	}
}

// The library has the schema of OASIS.
func TestSARIFIsValid(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	if err := sample().WriteSARIF(&text, nil); err != nil {
		t.Fatal(err)
	}
	check := func(text []byte) error {
		log, err := sarif.FromBytes(text, sarif.WithStrictValidation())
		if err != nil {
			t.Fatal(err)
		}
		return log.Validate()
	}
	if err := check(text.Bytes()); err != nil {
		t.Error(err)
	}
	if check(bytes.ReplaceAll(text.Bytes(), []byte(`"level": "error"`), []byte(`"level": "fatal"`))) == nil {
		t.Error("the validator takes a level that there is not")
	}
}

func TestSARIFKeepsTheRunsOfOthers(t *testing.T) {
	t.Parallel()
	aws, google := sample(), sample()
	google.Cloud, google.Policies = "google", nil
	var first, second, third bytes.Buffer
	for _, step := range []struct {
		report report.Report
		before *bytes.Buffer
		after  *bytes.Buffer
	}{{aws, new(bytes.Buffer), &first}, {google, &first, &second}, {report.Report{Cloud: "aws"}, &second, &third}} {
		if err := step.report.WriteSARIF(step.after, step.before.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	var log struct {
		Runs []struct {
			AutomationDetails struct{ ID string }
			Results           []any
		}
	}
	if err := json.Unmarshal(third.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, run := range log.Runs {
		got = append(got, run.AutomationDetails.ID)
		if len(run.Results) > 0 {
			t.Errorf("the results of an earlier run of %s are still there", run.AutomationDetails.ID)
		}
	}
	if got, want := strings.Join(got, " "), "gatepass-google/ gatepass-aws/"; got != want {
		t.Errorf("the runs are %s, want %s", got, want)
	}
	if err := aws.WriteSARIF(new(bytes.Buffer), []byte("x")); err == nil || !strings.HasPrefix(err.Error(), "this is not SARIF: ") {
		t.Errorf("got %v", err)
	}
}

func TestFails(t *testing.T) {
	t.Parallel()
	with := func(rule *trust.Rule, answers ...trust.Verdict) report.Report {
		policy := report.Policy{}
		if rule != nil {
			policy.Findings = []trust.Finding{{Rule: rule}}
		}
		for _, answer := range answers {
			policy.Verdicts = append(policy.Verdicts, report.Verdict{Answer: answer})
		}
		return report.Report{Policies: []report.Policy{{}, policy}}
	}
	for name, test := range map[string]struct {
		report report.Report
		least  trust.Severity
		want   bool
	}{
		"nothing found":            {with(nil), trust.Note, false},
		"a note":                   {with(note), trust.Note, true},
		"a note does not count":    {with(note), trust.Warning, false},
		"a warning":                {with(warning), trust.Warning, true},
		"a warning does not count": {with(warning), trust.Error, false},
		"an error":                 {with(grave), trust.Error, true},
		"allowed":                  {with(nil, trust.Allowed), trust.Note, false},
		"one of two denied":        {with(nil, trust.Allowed, trust.Denied), trust.Error, true},
		"unknown is no yes":        {with(nil, trust.Unknown), trust.Error, true},
	} {
		if got := test.report.Fails(test.least); got != test.want {
			t.Errorf("%s: got %t, want %t", name, got, test.want)
		}
	}
}

// live is what a runner obeys, at the start of a line or anywhere in one.
func live(line string) bool {
	return strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[")
}

// Whatever a policy holds, the runner finds no command in it but the report's own.
func FuzzForeignText(f *testing.F) {
	for _, seed := range []string{"\n::error::x", "##[error]x", "\r\n::stop-commands::x", "\x1b[31m", "\u202e", "%0A::debug::x", ":"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		place := trust.Position{Line: 1, Column: 1}
		r := report.Report{Cloud: "aws", Rules: []*trust.Rule{grave}, Policies: []report.Policy{{
			Position: place, File: text, Name: text,
			Findings: []trust.Finding{{Rule: grave, At: place, Path: text, Message: text, Fix: text}},
			Verdicts: []report.Verdict{
				{Answer: trust.Denied, Token: text, Subject: text, Reasons: []report.Reason{{Path: text, Text: text}}},
				{Answer: trust.Allowed, Token: text, Subject: text, Members: []string{text}, Grants: []string{text}},
			},
		}}}
		for name, test := range map[string]struct {
			write    func(*bytes.Buffer) error
			commands int
		}{
			"text":   {func(b *bytes.Buffer) error { return r.WriteText(b, false) }, 0},
			"json":   {func(b *bytes.Buffer) error { return r.WriteJSON(b) }, 0},
			"sarif":  {func(b *bytes.Buffer) error { return r.WriteSARIF(b, nil) }, 0},
			"github": {func(b *bytes.Buffer) error { return r.WriteGitHub(b) }, 2},
		} {
			var written bytes.Buffer
			if err := test.write(&written); err != nil {
				t.Fatal(err)
			}
			commands := 0
			for line := range strings.Lines(written.String()) {
				if live(line) {
					commands++
				}
				if strings.ContainsAny(line, "\r\x1b\u202e\u2028") {
					t.Errorf("%s: %q moves the cursor", name, line)
				}
			}
			if commands != test.commands {
				t.Errorf("%s: %q has %d commands, want %d", name, written.String(), commands, test.commands)
			}
		}
	})
}
