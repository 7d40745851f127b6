package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/fatih/color"

	"gatepass/pkg/trust"
	"gatepass/pkg/untrusted"
)

// WriteText writes the report for people: a line for each finding in the form of compilers, what it means under it, and a summary.
func (r Report) WriteText(w io.Writer, colored bool) error {
	t := text{w: w, colored: colored}
	for _, policy := range r.Clean().Policies {
		for _, finding := range policy.Findings {
			t.finding(policy, finding)
		}
		for _, verdict := range policy.Verdicts {
			t.verdict(policy, verdict)
		}
	}
	t.line("%s", r.summary())
	return t.err
}

type text struct {
	w       io.Writer
	colored bool
	err     error
}

// line writes a line. Cleaned texts can make a command where they meet; a terminal, for which alone there are colors, obeys none.
func (t *text) line(format string, values ...any) {
	line := fmt.Sprintf(format, values...)
	if !t.colored {
		line = untrusted.Inert(line)
	}
	if t.err == nil {
		_, t.err = fmt.Fprintln(t.w, line)
	}
}

// detail writes an indented line under a finding, if there is anything to say.
func (t *text) detail(label, text string) {
	if text != "" {
		t.line("    %s %s", t.paint(label+":", color.Faint), text)
	}
}

func (t *text) paint(text string, attributes ...color.Attribute) string {
	c := color.New(attributes...)
	if t.colored {
		c.EnableColor()
	} else {
		c.DisableColor()
	}
	return c.Sprint(text)
}

func (t *text) finding(p Policy, f trust.Finding) {
	hue := map[trust.Severity]color.Attribute{trust.Note: color.FgCyan, trust.Warning: color.FgYellow, trust.Error: color.FgRed}
	place := t.paint(fmt.Sprintf("%s:%s:", p.File, f.At), color.Bold)
	severity := t.paint(f.Rule.Severity.String()+":", color.Bold, hue[f.Rule.Severity])
	t.line("%s %s %s %s", place, severity, f.Message, t.paint("["+f.Rule.Name+"]", color.Faint))
	t.detail("at", p.where(f))
	t.detail("why", f.Rule.Why)
	t.detail("fix", f.Fix)
	t.detail("see", f.Rule.Reference)
}

func (t *text) verdict(p Policy, v Verdict) {
	answer := map[trust.Verdict]color.Attribute{trust.Allowed: color.FgGreen, trust.Denied: color.FgRed, trust.Unknown: color.FgYellow}[v.Answer]
	place := fmt.Sprintf("%s:%s:", p.File, p.Position)
	if p.Name != "" {
		place += " " + p.Name + ":"
	}
	t.line("%s %s %s", t.paint(place, color.Bold), t.paint(strings.ToUpper(v.Answer.String())+":", color.Bold, answer), v.Token)
	t.detail("sub", v.Subject)
	for _, reason := range v.Reasons {
		if reason.Line == 0 {
			t.line("    %s", reason)
		} else {
			t.line("    %s %s", t.paint(fmt.Sprintf("%s:%s:", p.File, reason.Position), color.Faint), reason)
		}
	}
	for _, member := range v.Members {
		t.detail("member", member)
	}
	for _, grant := range v.Grants {
		t.detail("granted", grant)
	}
}
