// Package setup writes what to create on AWS or Google Cloud so that certain jobs of GitHub Actions can sign in, and no others: for
// Terraform, for CloudFormation, or as commands. It is pure, and gatepass/pkg/trust must find nothing in what it writes but what was asked
// for.
package setup

import (
	"regexp"
	"strings"

	"gatepass/pkg/quote"
)

// document is what to create, and what to do with it.
type document struct {
	text string
	// deploy are commands that create it, each with a remark. Empty where the text has them.
	deploy []step
	// show prints what is to be checked, and only narrows the check to it.
	show string
	only []string
}

// step is a command and what it is for.
type step struct{ remark, command string }

// usualName is a name for what is created, of a length at the most.
func (j Jobs) usualName(longest int) string {
	_, name, _ := strings.Cut(j.Repository, "/")
	name = "github-" + name + j.Organization
	return name[:min(len(name), longest)]
}

var notInIdentifier = regexp.MustCompile(`[^A-Za-z0-9]+`)

// identifier is a name as Terraform and CloudFormation take it, between words that a joint is put.
func identifier(name, joint string) string {
	name = strings.Trim(notInIdentifier.ReplaceAllString(name, joint), joint)
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return "github" + joint + name
	}
	return name
}

// command is a command line with a line for each of its flags.
func command(words string, flags ...[]string) string {
	var line strings.Builder
	line.WriteString(words)
	for _, flag := range flags {
		line.WriteString(" \\\n  " + quote.Command(flag...))
	}
	return line.String()
}
