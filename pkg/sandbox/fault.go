package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"sync"
)

// faultPlan is the faults that are still to come.
type faultPlan struct {
	mu   sync.Mutex
	left []Fault
}

func newFaultPlan(faults []Fault) *faultPlan {
	left := slices.Clone(faults)
	for i := range left {
		left[i].Times = cmp.Or(left[i].Times, 1)
		left[i].Status = cmp.Or(left[i].Status, http.StatusServiceUnavailable)
	}
	return &faultPlan{left: left}
}

// next returns the fault that a call is to fail with, if it is to.
func (p *faultPlan) next(call string) (Fault, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.left {
		fault := &p.left[i]
		if fault.Times == 0 || (fault.Call != "" && fault.Call != call) {
			continue
		}
		fault.Times--
		return *fault, true
	}
	return Fault{}, false
}

// refusal returns the answer, with the code and the message that the service
// would give unless the fault has its own.
func (f Fault) refusal(code, message string) *refusal {
	return &refusal{
		status:     f.Status,
		code:       cmp.Or(f.Code, code),
		message:    cmp.Or(f.Message, message),
		retryAfter: f.RetryAfter,
		page:       f.HTML,
	}
}

// validateFaults checks the faults under key. The calls are those that the
// service's faults may name.
func (f *faults) validateFaults(key string, list []Fault, calls string) {
	for i, fault := range list {
		key := fmt.Sprintf("%s[%d].", key, i)
		if fault.Times < 0 {
			f.add(key+"times", "must not be negative")
		}
		f.matches(key+"call", fault.Call, "|"+calls, "an operation that the sandbox plays")
		if fault.Status != 0 && (fault.Status < 400 || fault.Status > 599) {
			f.add(key+"status", "must be from 400 to 599, got %d", fault.Status)
		}
	}
}
