package cli

import (
	"fmt"
	"strings"
)

// Message writes an error for people: one fault as it is, several as a list.
func Message(err error) string {
	faults := split(err)
	if len(faults) == 1 {
		return faults[0].Error()
	}
	items := []string{fmt.Sprintf("%d things are wrong:", len(faults))}
	for _, fault := range faults {
		items = append(items, "- "+strings.ReplaceAll(fault.Error(), "\n", "\n  "))
	}
	return strings.Join(items, "\n")
}

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
