package cli

import (
	"gatepass/pkg/fault"
	"gatepass/pkg/runner"
)

// annotations are an error's [fault.Message], or, where the runner would cut that, a text for each fault.
func annotations(err error) []string {
	message, faults := fault.Message(err), fault.Split(err)
	if len(message) <= runner.MaxAnnotation || len(faults) == 1 {
		return []string{message}
	}
	var texts []string
	for _, one := range faults {
		texts = append(texts, one.Error())
	}
	return texts
}
