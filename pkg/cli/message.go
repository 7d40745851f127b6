package cli

import (
	"fmt"
	"strings"

	"gatepass/pkg/runner"
)

// Message writes an error for people: one fault as it is, several as a list.
func Message(err error) string {
	faults := split(err)
	if len(faults) == 1 {
		return faults[0].Error()
	}
	items := []string{fmt.Sprintf("%d things are wrong:", len(faults))}
	for _, fault := range faults {
		items = append(items, "- "+indent.Replace(fault.Error()))
	}
	return strings.Join(items, "\n")
}

// annotations are an error's [Message], or, where the runner would cut that, a text for each fault.
func annotations(err error) []string {
	message, faults := Message(err), split(err)
	if len(message) <= runner.MaxAnnotation || len(faults) == 1 {
		return []string{message}
	}
	var texts []string
	for _, fault := range faults {
		texts = append(texts, fault.Error())
	}
	return texts
}

// indent leaves blank lines blank.
var indent = strings.NewReplacer("\n\n", "\n\n  ", "\n", "\n  ")

// split takes joined errors apart, but leaves those alone that wrap others in a text of their own.
func split(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var faults []error
	for _, e := range joined.Unwrap() {
		faults = append(faults, split(e)...)
	}
	return faults
}
