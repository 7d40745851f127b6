package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"gatepass/pkg/trust"
)

// WriteSARIF writes the report for code scanning, as SARIF 2.1.0. It keeps the runs of before, the content of a SARIF file, if there are
// any, but for an earlier one of the same cloud: what is uploaded at once goes into one file.
// https://docs.github.com/code-security/reference/code-scanning/sarif-support-for-code-scanning
func (r Report) WriteSARIF(w io.Writer, before []byte) error {
	log := sarif.NewReport()
	if len(before) > 0 {
		var err error
		if log, err = sarif.FromBytes(before); err != nil {
			return fmt.Errorf("this is not SARIF: %w", err)
		}
		log.Runs = slices.DeleteFunc(log.Runs, func(run *sarif.Run) bool {
			return run.AutomationDetails != nil && run.AutomationDetails.ID != nil && *run.AutomationDetails.ID == r.category()
		})
	}
	if err := log.AddRun(r.run()).PrettyWrite(w); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// category is what code scanning tells the runs of one file apart by.
func (r Report) category() string { return "gatepass-" + r.Cloud + "/" }

func (r Report) run() *sarif.Run {
	tool := sarif.NewTool().WithDriver(sarif.NewToolComponent().WithName("Gatepass"))
	run := sarif.NewRun().WithTool(tool).
		WithColumnKind("unicodeCodePoints").
		WithAutomationDetails(sarif.NewRunAutomationDetails().WithID(r.category()))
	for _, rule := range append(OwnRules(r.Cloud), r.Rules...) {
		describe(run.AddRule(rule.Name), rule)
	}
	seen := map[string]int{}
	for _, policy := range r.Clean().Policies {
		for _, finding := range policy.all() {
			result := run.CreateResultForRule(finding.Rule.Name)
			r.describeResult(result, policy, finding)
			// Code scanning would make a hash of the line, and a Terraform plan has but one.
			hash := sha256.Sum256([]byte(strings.Join([]string{policy.File, policy.where(finding), finding.Rule.Name}, "\x00")))
			fingerprint := hex.EncodeToString(hash[:8])
			seen[fingerprint]++
			result.WithPartialFingerprints(map[string]string{"primaryLocationLineHash": fmt.Sprintf("%s:%d", fingerprint, seen[fingerprint])})
		}
	}
	return run
}

// describe says what a rule is about. Code scanning takes the severity of a security rule from a score, as CVSS has it.
func describe(descriptor *sarif.ReportingDescriptor, rule *trust.Rule) {
	properties := sarif.NewPropertyBag().WithTags([]string{"security"})
	properties.Add("precision", "very-high")
	properties.Add("security-severity", map[trust.Severity]string{trust.Note: "2.0", trust.Warning: "5.0", trust.Error: "8.0"}[rule.Severity])
	descriptor.WithDescription(rule.Summary).
		WithFullDescription(sarif.NewMultiformatMessageString().WithText(rule.Why)).
		WithHelp(sarif.NewMultiformatMessageString().WithText(rule.Why + "\n" + rule.Reference)).
		WithHelpURI(rule.Reference).
		WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(rule.Severity.String())).
		WithProperties(properties)
}

func (r Report) describeResult(result *sarif.Result, policy Policy, f trust.Finding) {
	message := f.Message
	if f.Fix != "" {
		message += "\n" + f.Fix
	}
	location := sarif.NewLocationWithPhysicalLocation(sarif.NewPhysicalLocation().
		WithArtifactLocation(sarif.NewSimpleArtifactLocation(r.uri(policy.File))).
		WithRegion(sarif.NewRegion().WithStartLine(f.At.Line).WithStartColumn(f.At.Column)))
	if where := policy.where(f); where != "" {
		location.AddLogicalLocation(sarif.NewLogicalLocation().WithFullyQualifiedName(where))
	}
	result.WithLevel(f.Rule.Severity.String()).WithMessage(sarif.NewTextMessage(message)).AddLocation(location)
}

// uri is the address of a file, relative to the working directory where it can be.
func (r Report) uri(file string) string {
	if filepath.IsAbs(file) {
		relative, err := filepath.Rel(r.WorkDir, file)
		if err != nil || !filepath.IsLocal(relative) {
			return (&url.URL{Scheme: "file", Path: file}).String()
		}
		file = relative
	}
	return (&url.URL{Path: filepath.ToSlash(filepath.Clean(file))}).String()
}
