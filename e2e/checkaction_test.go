//go:build e2e

package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The check as a step, of a release: act finds the action in the folder check of the repository. What is loose fails the step, and the
// annotation names the file and the line.
func TestCheckUnderAct(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	repo, action := filepath.Join(dir, "repo"), filepath.Join(dir, "action")
	copyFolder(t, repo, "testdata/act")
	commit(t, repo)
	copyFolder(t, action, filepath.Join(releaseFolder(t), "action"))

	act := func(job string) (string, error) {
		return startAct(t, dir, os.Getenv("PATH"), "pull_request", "--job", job,
			"--workflows", ".github/workflows/check.yml",
			"--local-repository", "octo-org/gatepass@v1="+action)
	}
	if log, err := act("right"); err != nil || !strings.Contains(log, "1 provider checked: no findings, 1 allowed") {
		t.Errorf("the right policies do not pass: %v", err)
	}
	log, err := act("loose")
	if err == nil || strings.Contains(log, "the step has passed") {
		t.Error("the loose policy passes")
	}
	if !strings.Contains(log, "::error col=54,file=policies/loose.json,line=13,title=Gatepass%3A aws-owner-prefix::") {
		t.Error("the log has no annotation at the loose policy")
	}
}

// In a checkout of the source the step builds its program, whatever the job has set for its own Go.
func TestCheckBuildsItsProgram(t *testing.T) {
	t.Parallel()
	run := func(policy string) (string, int) {
		cmd := exec.CommandContext(t.Context(), filepath.Join(repository, "check", "run"))
		cmd.Env = append(os.Environ(), "RUNNER_TEMP="+t.TempDir(), "GOFLAGS=-mod=vendor", "GOOS=plan9", "GOWORK=/no/such/go.work")
		for name, value := range map[string]string{"AWS": "testdata/act/policies/" + policy, "FORMAT": "github", "MIN_SEVERITY": "warning"} {
			cmd.Env = append(cmd.Env, "CHECK_"+name+"="+value)
		}
		for _, name := range []string{"GOOGLE", "BINDINGS", "ONLY", "IGNORE", "SARIF_FILE", "REPO", "REF", "EVENT", "ENVIRONMENT", "WORKFLOW",
			"OWNER_ID", "REPO_ID", "IMMUTABLE_SUBJECT", "AUDIENCE", "CLAIMS"} {
			cmd.Env = append(cmd.Env, "CHECK_"+name+"=")
		}
		log, err := cmd.CombinedOutput()
		exit := (*exec.ExitError)(nil)
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return string(log), cmd.ProcessState.ExitCode()
	}
	if log, code := run("right.json"); code != 0 || log != "1 policy checked: no findings\n" {
		t.Errorf("exit code %d, and\n%s", code, log)
	}
	if log, code := run("loose.json"); code != 1 || !strings.HasPrefix(log, "::error col=54,file=testdata/act/policies/loose.json,line=13,") {
		t.Errorf("exit code %d, and\n%s", code, log)
	}
}
