// Package check is the command that checks trust policies: it finds them in files, asks what is wrong with them and whether they admit a
// token, and reports.
package check

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/fatih/color"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gatepass/pkg/program"
	"gatepass/pkg/report"
	"gatepass/pkg/trust"
	"gatepass/pkg/trust/awstrust"
)

const help = `Check AWS trust policies and Google workload identity providers before they are deployed:
what lets in more than was meant, and what lets in nobody. Told about a token, say whether
each policy admits it, and why not. No cloud is asked, and no credentials are needed.

The exit code is 0 if nothing was found, 1 if something was or a token is not clearly allowed,
2 if the command line is wrong, and 3 if a file could not be checked. What cannot be told from a file does not pass in silence:
neither a value that is known only after apply, nor a verdict that depends on what only the
cloud knows.`

// Command is `gatepass check`.
func Command() *cobra.Command {
	command := &cobra.Command{
		Use:   "check",
		Short: "Check a trust policy before it is deployed",
		Long:  help,
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return program.UsageError(errors.New("say what to check: gatepass check aws FILE…, or gatepass check google FILE…"))
		},
	}
	command.AddCommand(awsCommand(), googleCommand(), rulesCommand())
	return command
}

// check is one run of a check, of one cloud's policies.
type check struct {
	cloud string
	rules []*trust.Rule
	// prepare reads what all files are checked against. Optional.
	prepare func() []*fileFault
	// examine finds the policies of a file that are wanted, and what is wrong with them.
	examine func(file string, content *trust.Node) ([]report.Policy, error)
	// others are what was found in the files of prepare. Optional.
	others func() []report.Policy

	claims       *claimFlags
	tokens       []token
	bindingFiles []string // Google's
	format       string
	sarifFile    string
	minSeverity  string
	ignore       []string
	only         []string

	stdin  io.Reader
	stdout io.Writer
}

// command adds the flags and the arguments that all checks have.
func (c *check) command(command *cobra.Command) *cobra.Command {
	c.claims = newClaimFlags()
	flags := command.Flags()
	flags.AddFlagSet(c.claims.FlagSet)
	flags.StringVar(&c.format, "format", "text", "print `text`, json, sarif, or github, which annotates the lines of a pull request")
	flags.StringVar(&c.sarifFile, "sarif-file", "", "also write SARIF to a `file`, in which the other cloud's results are kept")
	flags.StringVar(&c.minSeverity, "min-severity", trust.Warning.String(),
		"the least `severity` that counts for the exit code: note, warning or error")
	flags.StringArrayVar(&c.ignore, "ignore", nil, "a `rule` whose findings are left out; may be repeated")
	flags.StringArrayVar(&c.only, "only", nil,
		"check only policies of this `name`, a role's or a Terraform address, in which * is any text; may be repeated")
	command.DisableFlagsInUseLine = true
	command.SetUsageFunc(c.usage)
	command.Args = func(_ *cobra.Command, files []string) error {
		if len(files) == 0 {
			return errors.New("say which files to check, or - for standard input")
		}
		return nil
	}
	command.RunE = func(command *cobra.Command, files []string) error {
		c.stdin, c.stdout = command.InOrStdin(), command.OutOrStdout()
		return c.run(files)
	}
	return command
}

// usage is cobra's, but for the claims, which get a list of their own.
func (c *check) usage(command *cobra.Command) error {
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	command.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if c.claims.Lookup(flag.Name) == nil {
			own.AddFlag(flag)
		}
	})
	_, err := fmt.Fprintf(command.OutOrStderr(), "Usage:\n  %s\n\nExamples:\n%s\n\nFlags:\n%s\nA token that is asked about:\n%s",
		command.UseLine(), command.Example, own.FlagUsages(), c.claims.FlagUsages())
	return err
}

func (c *check) run(files []string) error {
	least, err := c.validate(files)
	if err != nil {
		return err
	}
	if c.tokens, err = c.claims.tokens(c.stdin); err != nil {
		return failure(err)
	}
	workDir, err := os.Getwd()
	if err != nil {
		return failure(err)
	}
	result := report.Report{Cloud: c.cloud, WorkDir: workDir, Rules: c.rules}
	var faults []*fileFault
	if c.prepare != nil {
		faults = c.prepare()
	}
	for _, file := range files {
		policies, err := c.policies(file)
		result.Policies = append(result.Policies, policies...)
		if err != nil {
			faults = append(faults, faultsIn(displayName(file), err)...)
		}
	}
	if c.others != nil && len(result.Policies) > 0 {
		result.Policies = append(result.Policies, c.others()...)
	}
	c.tidy(result.Policies)
	if len(faults) == 0 && len(result.Policies) == 0 {
		return failure(fmt.Errorf("--only %s: there is no policy of this name", strings.Join(c.only, ", --only ")))
	}
	if err := c.write(result, faults); err != nil {
		return failure(err)
	}
	switch {
	case len(faults) > 0 && c.format == "github":
		return program.NewError(program.Failure) // The annotations say it.
	case len(faults) > 0:
		return failure(asErrors(faults)...)
	case result.Fails(least):
		return program.NewError(program.Problems)
	}
	return nil
}

// failure is an error that keeps a check from being made, unless it is one of how it was called.
func failure(faults ...error) error {
	if coded := (*program.Error)(nil); errors.As(faults[0], &coded) {
		return coded
	}
	return program.NewError(program.Failure, faults...)
}

func asErrors(faults []*fileFault) (all []error) {
	for _, fault := range faults {
		all = append(all, fault)
	}
	return all
}

// validate finds what is wrong with the flags, and returns the least severity that counts.
func (c *check) validate(files []string) (trust.Severity, error) {
	var faults []error
	fault := func(format string, values ...any) { faults = append(faults, fmt.Errorf(format, values...)) }
	severities := []trust.Severity{trust.Note, trust.Warning, trust.Error}
	least := slices.IndexFunc(severities, func(s trust.Severity) bool { return s.String() == c.minSeverity })
	if least < 0 {
		fault("--min-severity %s: want note, warning or error", c.minSeverity)
	}
	if !slices.Contains([]string{"text", "json", "sarif", "github"}, c.format) {
		fault("--format %s: want text, json, sarif or github", c.format)
	}
	for _, name := range c.ignore {
		switch rule := ruleOf(name); {
		case rule == nil:
			fault("--ignore %s: there is no such rule; gatepass check rules lists them all", name)
		case report.IsAnswer(rule):
			fault("--ignore %s: this cannot be left out; it finds nothing if no token is asked about", name)
		}
	}
	fromStdin := 0
	for _, file := range slices.Concat(files, c.bindingFiles, []string{c.claims.file, c.claims.token}) {
		if file == "-" {
			fromStdin++
		}
	}
	if fromStdin > 1 {
		fault("-: standard input can be read but once")
	}
	if len(faults) > 0 {
		return 0, program.UsageError(faults...)
	}
	return severities[least], nil
}

// policies checks what is in a file.
func (c *check) policies(file string) ([]report.Policy, error) {
	content, err := parseFile(file, c.stdin)
	if err != nil {
		return nil, err
	}
	return c.examine(displayName(file), content)
}

// tidy leaves out the findings that nobody wants, and sorts the others.
func (c *check) tidy(policies []report.Policy) {
	for i := range policies {
		unwanted := func(f trust.Finding) bool { return slices.Contains(c.ignore, f.Rule.Name) }
		policies[i].Findings = slices.DeleteFunc(policies[i].Findings, unwanted)
		trust.Sort(policies[i].Findings)
	}
}

// wants reports whether a policy of this name is to be checked.
func (c *check) wants(name string) bool {
	return len(c.only) == 0 || slices.ContainsFunc(c.only, func(pattern string) bool { return awstrust.Like(pattern, name) })
}

// write writes the report, and the faults of files that could not be checked to where the format has them.
func (c *check) write(result report.Report, faults []*fileFault) error {
	var text bytes.Buffer
	var err error
	switch {
	case len(result.Policies) == 0 && c.format == "text":
	case c.format == "github":
		for _, fault := range faults {
			report.Annotate(&text, fault.file, fault.Position, fault.message)
		}
		err = result.WriteGitHub(&text)
	case c.format == "text":
		err = result.WriteText(&text, c.stdout == os.Stdout && !color.NoColor)
	case len(faults) > 0: // Half a document looks like a whole one to a program.
	case c.format == "json":
		err = result.WriteJSON(&text)
	case c.format == "sarif":
		err = result.WriteSARIF(&text, nil)
	}
	if err != nil {
		return err
	}
	if c.sarifFile != "" && len(faults) == 0 {
		if err := writeSARIF(result, c.sarifFile); err != nil {
			return fmt.Errorf("--sarif-file: %w", err)
		}
	}
	_, err = text.WriteTo(c.stdout)
	return err
}

func writeSARIF(result report.Report, file string) error {
	before, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var text bytes.Buffer
	if err := result.WriteSARIF(&text, before); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, text.Bytes(), 0o600)
}
