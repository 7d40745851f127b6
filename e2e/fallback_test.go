//go:build e2e

package e2e

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"
)

// fallback is a job in which the action does not learn where the runner's temporary folder is on the host. It signs in all the same, says
// what that means, and cleans up.
type fallback struct {
	temp, workspace string // what the arguments say
	docker          bool   // the workflow uses the image, which then has neither arguments nor a post step
	folder          func(*machine) string
	run             func(m *machine, t *testing.T, script string) string // the later step that reads the files
	warning         string
}

func TestTheHostsFoldersAreNotKnown(t *testing.T) {
	t.Parallel()
	const inCheckout, inContainer = "credential files lie in the checkout", "the paths of credential files are those inside this action's container"
	for name, test := range map[string]fallback{
		"no temporary folder":                     {temp: "", workspace: "${{ github.workspace }}", folder: (*machine).Workspace, run: (*machine).hostStep, warning: inCheckout},
		"a temporary folder that is not absolute": {temp: "_temp", workspace: "${{ github.workspace }}", folder: (*machine).Workspace, run: (*machine).hostStep, warning: inCheckout},
		"a temporary folder beside its own":       {temp: "/home/runner/work/_temp/../../etc", workspace: "${{ github.workspace }}", folder: (*machine).Workspace, run: (*machine).hostStep, warning: inCheckout},
		"no folder at all":                        {folder: inHome, run: (*machine).dockerStep, warning: inContainer},
		"uses: docker://":                         {docker: true, folder: inHome, run: (*machine).dockerStep, warning: inContainer},
	} {
		t.Run(name, test.test)
	}
}

func inHome(*machine) string { return "/github/home" }

func (test fallback) test(t *testing.T) {
	t.Parallel()
	w, m := newWorld(t), newMachine(t)
	w.permit(m)
	checkoutWhoami(t, m.Workspace())
	environment, files := maps.Clone(m.Env), m.files(t)
	inputs := withProfile(toBothClouds())
	workspace, err := contexts{"github.workspace": m.Workspace()}.evaluate(test.workspace)
	if err != nil {
		t.Fatal(err)
	}
	inputs["host-temp"], inputs["host-workspace"] = "host:"+test.temp, "host:"+workspace
	step := m.use(t, image(t, "legacy"), "signin", inputs)
	if test.docker {
		step.action.Runs.Args = nil
	}

	code, log := step.main(t.Context(), t)
	if code != 0 {
		t.Fatalf("main: got exit code %d, want 0", code)
	}
	if strings.Count(log, "Warning: ") != 1 || !strings.Contains(log, test.warning) {
		t.Errorf("the log has not one warning, that %s", test.warning)
	}
	if got, want := filepath.Dir(m.Env["GOOGLE_APPLICATION_CREDENTIALS"]), test.folder(m); got != want {
		t.Errorf("Google's file is in %s, want %s", got, want)
	}
	checkIdentities(t, w, test.run(m, t, "./whoami --profile deploy"), sessions[:2], 1)
	if !test.docker {
		if code, _ := step.post(t); code != 0 {
			t.Errorf("post: got exit code %d, want 0", code)
		}
		checkNothingLeft(t, m, environment, files)
	}
	m.checkEmptied(t)
}
