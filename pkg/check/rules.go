package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gatepass/pkg/report"
	"gatepass/pkg/trust"
	"gatepass/pkg/trust/awstrust"
	"gatepass/pkg/trust/googletrust"
)

func rulesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rules",
		Short: "List what the checks look for",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			for _, rule := range allRules() {
				fmt.Fprintf(command.OutOrStdout(), "%s (%s)\n    %s\n    %s\n", rule.Name, rule.Severity, rule.Summary, rule.Reference)
			}
			return nil
		},
	}
}

// allRules are the rules of all checks, by name.
func allRules() []*trust.Rule {
	rules := slices.Concat(report.OwnRules("aws"), awstrust.Rules(), report.OwnRules("google"), googletrust.Rules())
	slices.SortFunc(rules, func(a, b *trust.Rule) int { return strings.Compare(a.Name, b.Name) })
	return slices.Compact(rules)
}

// ruleOf is the rule of a name, or nil.
func ruleOf(name string) *trust.Rule {
	for _, rule := range allRules() {
		if rule.Name == name {
			return rule
		}
	}
	return nil
}
