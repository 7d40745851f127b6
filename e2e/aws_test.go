//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// A pod has its ID token in a file that the kubelet replaces by way of links: no others are followed.
func TestTokenFileOfTheKubelet(t *testing.T) {
	t.Parallel()
	w, m := newWorld(t), newMachine(t)
	w.permit(m)
	token := w.idToken(t, "sts.amazonaws.com")
	for _, folder := range []string{filepath.Join(m.Workspace(), "pod"), filepath.Join(m.Workspace(), "pod", "..data")} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(m.Workspace(), "pod", "..data", "token"), []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("..data", "token"), filepath.Join(m.Workspace(), "pod", "token")); err != nil {
		t.Fatal(err)
	}
	m.mounts = append(m.mounts, mount{filepath.Join(m.Workspace(), "pod"), "/var/run/secrets/eks.amazonaws.com/serviceaccount"})
	inputs := map[string]string{"aws-region": "eu-central-1", "role-to-assume": role}
	for path, want := range map[string]int{
		"/var/run/secrets/eks.amazonaws.com/serviceaccount/token": 0,
		"pod/token":        1, // the same link in the checkout
		"pod/..data/token": 0,
	} {
		inputs["web-identity-token-file"] = path
		if code, log := m.use(t, image(t, "legacy"), "signin", inputs).main(t.Context(), t); code != want {
			t.Errorf("%s: got exit code %d, want %d\n%s", path, code, want, log)
		}
	}
}
