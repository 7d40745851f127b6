//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gatepass/pkg/credfile"
)

// An earlier step knows what the action's files will be called, and a later one what they are called. What either of them puts in their
// place, root in the action's container neither reads, writes nor removes: the link leads to a file of someone else's.
func TestRootFollowsNoPlantedLink(t *testing.T) {
	t.Parallel()
	const important = "/github/workspace/important"
	for name, test := range map[string]struct {
		file          func(env map[string]string) string // its name in the home folder
		before, after bool                               // before or after main
		main, post    int                                // the exit codes
		log           string                             // what the one that fails says
	}{
		"in the place of Google's file": {file: googleFile, before: true},
		"in the place of AWS's files": {file: awsFile, before: true, main: 1,
			log: "gatepass-aws-credentials is not a plain file; it is left in place"},
		"for Google's file": {file: googleFile, after: true, post: 1,
			log: ".json is not the file that was made; it is left in place"},
		"for AWS's files": {file: awsFile, after: true, post: 1,
			log: "gatepass-aws-credentials is not a plain file; it is left in place"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, m := newWorld(t), newMachine(t)
			w.permit(m)
			foreign := filepath.Join(m.Workspace(), "important")
			if err := os.WriteFile(foreign, []byte("root's"), 0o600); err != nil {
				t.Fatal(err)
			}
			step := m.use(t, image(t, "legacy"), "signin", withProfile(toBothClouds()))
			env := step.begin(t)
			link := filepath.Join(m.Home(), test.file(env))
			if test.before {
				m.hostStep(t, "ln -s "+important+" "+link)
			}

			code, log := step.main(t.Context(), t)
			if code != test.main || code != 0 && !strings.Contains(log, test.log) {
				t.Errorf("main: got exit code %d, want %d, and %q in the log", code, test.main, test.log)
			}
			if test.after {
				m.hostStep(t, "rm "+link+"; ln -s "+important+" "+link)
			}
			code, log = step.post(t)
			if code != test.post || code != 0 && !strings.Contains(log, test.log) {
				t.Errorf("post: got exit code %d, want %d, and %q in the log", code, test.post, test.log)
			}

			if content, err := os.ReadFile(foreign); err != nil || string(content) != "root's" {
				t.Errorf("the foreign file holds %q, error %v", content, err)
			}
			if left := find(t, m.Home(), "-mindepth", "1", "-printf", "%f %l\\n"); !slices.Equal(left, []string{filepath.Base(link) + " " + important}) {
				t.Errorf("the home folder holds %q, want the link alone", left)
			}
		})
	}
}

func googleFile(env map[string]string) string {
	return credfile.StepName(func(name string) string { return env[name] })
}

func awsFile(map[string]string) string { return credfile.AWSCredentials }
