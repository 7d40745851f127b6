package report

import (
	"encoding/json"
	"io"

	"gatepass/pkg/trust"
)

// jsonReport is the report for programs. Members may be added to it; none will go or change its meaning as long as version is 1.
type jsonReport struct {
	Version  int          `json:"version"`
	Cloud    string       `json:"cloud"` // aws or google
	Policies []jsonPolicy `json:"policies"`
}

type jsonPolicy struct {
	File     string        `json:"file"`
	Name     string        `json:"name,omitempty"` // the role or the Terraform address, where the file is not the policy
	Findings []jsonFinding `json:"findings"`
	Verdicts []jsonVerdict `json:"verdicts"`
}

// jsonPlace counts lines and columns from 1, columns in Unicode code points. Both are missing where there is no place.
type jsonPlace struct {
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Path   string `json:"path,omitempty"`
}

type jsonFinding struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"` // note, warning or error
	jsonPlace
	Message   string `json:"message"`
	Why       string `json:"why"`
	Fix       string `json:"fix,omitempty"`
	Reference string `json:"reference"`
}

type jsonVerdict struct {
	Verdict string       `json:"verdict"` // allowed, denied or unknown
	Token   string       `json:"token"`
	Subject string       `json:"sub"`
	Reasons []jsonReason `json:"reasons"`
	Members []string     `json:"members,omitempty"`
	Grants  []string     `json:"grants,omitempty"`
}

type jsonReason struct {
	jsonPlace
	Text string `json:"text"`
}

func place(at trust.Position, path string) jsonPlace { return jsonPlace{at.Line, at.Column, path} }

// WriteJSON writes the report for programs.
func (r Report) WriteJSON(w io.Writer) error {
	result := jsonReport{Version: 1, Cloud: r.Cloud, Policies: []jsonPolicy{}}
	for _, p := range r.Clean().Policies {
		policy := jsonPolicy{p.File, p.Name, []jsonFinding{}, []jsonVerdict{}}
		for _, f := range p.Findings {
			policy.Findings = append(policy.Findings, jsonFinding{
				f.Rule.Name, f.Rule.Severity.String(), place(f.At, f.Path), f.Message, f.Rule.Why, f.Fix, f.Rule.Reference,
			})
		}
		for _, v := range p.Verdicts {
			verdict := jsonVerdict{v.Answer.String(), v.Token, v.Subject, []jsonReason{}, v.Members, v.Grants}
			for _, reason := range v.Reasons {
				verdict.Reasons = append(verdict.Reasons, jsonReason{place(reason.Position, reason.Path), reason.Text})
			}
			policy.Verdicts = append(policy.Verdicts, verdict)
		}
		result.Policies = append(result.Policies, policy)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(result)
}
