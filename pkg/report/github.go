package report

import (
	"bytes"
	"fmt"
	"io"
	"strconv"

	"github.com/sethvargo/go-githubactions"

	"gatepass/pkg/trust"
	"gatepass/pkg/untrusted"
)

// Annotate writes a workflow command that shows an error at a place of a file.
func Annotate(w io.Writer, file string, at trust.Position, message string) {
	place := untrusted.Line(file)
	properties := map[string]string{"file": place, "title": "Gatepass"}
	if at.Line > 0 {
		properties["line"], properties["col"] = strconv.Itoa(at.Line), strconv.Itoa(at.Column)
		place += ":" + at.String()
	}
	githubactions.New(githubactions.WithWriter(w)).WithFieldsMap(properties).Errorf("%s", place+": "+untrusted.Line(message))
}

// WriteGitHub writes the report for a job's log: workflow commands that annotate the lines of the files, and a summary.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message
func (r Report) WriteGitHub(w io.Writer) error {
	var log bytes.Buffer // go-githubactions panics where it cannot write
	actions := githubactions.New(githubactions.WithWriter(&log))
	for _, policy := range r.Clean().Policies {
		for _, f := range policy.all() {
			// A log shows the message alone, so the place is in there, too.
			message := fmt.Sprintf("%s:%s: %s: %s", policy.File, f.At, f.Rule.Name, f.Message)
			for _, detail := range []struct{ label, text string }{
				{"At", policy.where(f)}, {"Why", f.Rule.Why}, {"Fix", f.Fix}, {"See", f.Rule.Reference},
			} {
				if detail.text != "" {
					message += "\n" + detail.label + ": " + detail.text
				}
			}
			annotation := actions.WithFieldsMap(map[string]string{
				"file": policy.File, "line": strconv.Itoa(f.At.Line), "col": strconv.Itoa(f.At.Column), "title": "Gatepass: " + f.Rule.Name,
			})
			switch f.Rule.Severity {
			case trust.Error:
				annotation.Errorf("%s", message)
			case trust.Warning:
				annotation.Warningf("%s", message)
			default:
				annotation.Noticef("%s", message)
			}
		}
		for _, verdict := range policy.Verdicts {
			if verdict.Answer == trust.Allowed {
				fmt.Fprintln(&log, untrusted.Inert(policy.File+": "+verdict.title()))
			}
		}
	}
	if len(r.Policies) > 0 {
		fmt.Fprintln(&log, r.summary())
	}
	_, err := w.Write(log.Bytes())
	return err
}
