package sandbox_test

import (
	"net/http"
	"testing"

	"gatepass/pkg/sandbox"
)

// TestDefaultDelegation acts as release, which only a delegate may.
func TestDefaultDelegation(t *testing.T) {
	t.Parallel()
	const broker, release = "broker@my-project.iam.gserviceaccount.com", "release@my-project.iam.gserviceaccount.com"
	f := serve(t, sandbox.DefaultConfig(), nil)
	federated := f.federate(t, pool+"/providers/octo-repo")
	for _, test := range []struct {
		delegates []string
		status    int
	}{
		{[]string{"projects/-/serviceAccounts/" + broker}, http.StatusOK},
		{[]string{"projects/-/serviceAccounts/" + deploy}, http.StatusForbidden},
		{nil, http.StatusForbidden},
	} {
		r := f.postJSON(t, accounts+release+":generateAccessToken", federated, object{"scope": []string{"openid"}, "delegates": test.delegates})
		if r.status != test.status {
			t.Errorf("through %v: status %d, want %d: %s", test.delegates, r.status, test.status, r.body)
		}
	}
}
