package step

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever an event's file holds, it is of a fork only if it names two repositories.
func FuzzEvent(f *testing.F) {
	f.Add(`{"pull_request": {"head": {"repo": {"full_name": "a/b"}}, "base": {"repo": {"full_name": "c/d"}}}}`)
	f.Add(`{"pull_request": {"head": {"repo": null}, "base": {"repo": {"full_name": "c/d"}}}}`)
	f.Add(`{"pull_request": [`)
	f.Add(`{"head_commit": {"message": "pull_request"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), "event.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		lookup := func(name string) (string, bool) { return file, name == "GITHUB_EVENT_PATH" }
		if (Step{Lookup: lookup}).isFork() && !strings.HasPrefix(strings.TrimSpace(text), "{") {
			t.Errorf("%q is taken for a fork's", text)
		}
	})
}
