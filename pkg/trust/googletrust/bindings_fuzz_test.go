package googletrust_test

import (
	"strings"
	"testing"

	"gatepass/pkg/trust"
	"gatepass/pkg/trust/googletrust"
)

// A policy's members are all there, with their role and their place, or it is said what cannot be read.
func FuzzParseBindings(f *testing.F) {
	f.Add(`{"bindings": [{"role": "roles/iam.workloadIdentityUser", "members": ["principal://iam.googleapis.com/x", "allUsers"]}], "etag": "x"}`)
	f.Add(`{"bindings": [{"role": "roles/owner", "members": [1], "condition": {}}, {"role": 2, "members": {}}]}`)
	f.Add(`{"bindings": null}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, text string) {
		policy, err := trust.ParseJSON([]byte(text))
		if err != nil {
			return
		}
		bindings, err := googletrust.ParseBindings(policy)
		if err != nil {
			isPrintable(t, strings.Split(err.Error(), "\n")...)
			return
		}
		members := 0
		if list := policy.Get("bindings"); list != nil {
			for _, binding := range list.Items {
				members += len(binding.Get("members").Items)
			}
		}
		if len(bindings) != members {
			t.Errorf("%d members were read, want %d", len(bindings), members)
		}
		for _, b := range bindings {
			if b.Path == "" || b.Line < 1 || b.Column < 1 {
				t.Errorf("%+v has no place", b)
			}
		}
	})
}
