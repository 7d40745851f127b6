// Package fault writes errors for people. An error that joins others, by [errors.Join], stands for several faults.
package fault

import (
	"fmt"
	"strings"
)

// Message is an error's text: one fault as it is, several as a list.
func Message(err error) string {
	faults := Split(err)
	if len(faults) == 1 {
		return faults[0].Error()
	}
	items := []string{fmt.Sprintf("%d things are wrong:", len(faults))}
	for _, fault := range faults {
		items = append(items, "- "+indent.Replace(fault.Error()))
	}
	return strings.Join(items, "\n")
}

// indent leaves blank lines blank.
var indent = strings.NewReplacer("\n\n", "\n\n  ", "\n", "\n  ")

// Split takes joined errors apart, but leaves those alone that wrap others in a text of their own. No error has no faults.
func Split(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var faults []error
	for _, e := range joined.Unwrap() {
		faults = append(faults, Split(e)...)
	}
	return faults
}
