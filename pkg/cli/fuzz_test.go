package cli_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatepass/pkg/sandbox/job"
)

// Another step can make up a step's state. Whatever it is, the end of the job takes nothing but what a step can have made, empties nothing
// but a step's variables, and prints nothing that the runner obeys.
func FuzzState(f *testing.F) {
	f.Add(`{}`)
	f.Add(`{"file":"gha-creds-69d3bdba3d6fcde5.json","place":"temp","env":["GOOGLE_APPLICATION_CREDENTIALS"]}`)
	f.Add(`{"file":"../precious","place":"workspace","profile":"deploy","profilePlace":"temp","profileFiles":true,"env":["PATH"]}`)
	f.Add(`{"renewal":"gatepass-aws-69d3bdba3d6fcde5","profilePlace":"/","profile":"x\n::debug::"}`)
	f.Add(`{"place":"##[error]`)
	f.Fuzz(func(t *testing.T, state string) {
		if strings.Contains(state, "\x00") {
			return // no variable holds it
		}
		j, err := job.New(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		precious := []string{filepath.Join(j.Temp(), "precious"), filepath.Join(j.Workspace(), "precious"), filepath.Join(j.Home(), "precious")}
		for _, file := range precious {
			if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		step := j.Step("sign-in", map[string]string{})
		env, err := step.Begin()
		if err != nil {
			t.Fatal(err)
		}
		env["STATE_gatepass"] = state
		log, code := run(t.Context(), env, "/sign-out")
		if err := step.End(); err != nil {
			t.Fatal(err)
		}
		for _, command := range job.Commands(log) {
			if command.Name != "error" || code == 0 {
				t.Errorf("%q: exit code %d, and the command %q", state, code, command)
			}
		}
		for _, file := range precious {
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%q: %v", state, err)
			}
		}
		for name, value := range maps.All(j.Env) {
			if value != "" || !strings.HasPrefix(name, "AWS_") && !strings.HasPrefix(name, "G") && !strings.HasPrefix(name, "CLOUDSDK_") {
				t.Errorf("%q sets %s=%s", state, name, value)
			}
		}
	})
}
