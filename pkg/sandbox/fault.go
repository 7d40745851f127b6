package sandbox

import (
	"cmp"
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
	}
	return &faultPlan{left: left}
}

// next returns the fault that a call is to fail with, and nil if it is not to.
func (p *faultPlan) next(call string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.left {
		fault := &p.left[i]
		if fault.Times == 0 || (fault.Call != "" && fault.Call != call) {
			continue
		}
		fault.Times--
		return &refusal{
			status:     cmp.Or(fault.Status, http.StatusServiceUnavailable),
			code:       cmp.Or(fault.Code, "ServiceUnavailable"),
			message:    fault.Message,
			retryAfter: fault.RetryAfter,
		}
	}
	return nil
}
