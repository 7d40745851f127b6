//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"gatepass/pkg/sandbox/job"
)

// step is one use of the action in a job.
type step struct {
	*job.Step
	machine *machine
	action  action
	image   string
	name    string // of its containers
}

// use makes a step with the action. Inputs that are not given have the defaults of action.yml.
func (m *machine) use(t testing.TB, image, id string, given map[string]string) *step {
	t.Helper()
	a, err := readAction()
	if err != nil {
		t.Fatal(err)
	}
	inputs, err := a.with(given, contexts{
		"github.workspace": m.Workspace(),
		"runner.temp":      m.Temp(),
		"job.container.id": m.container,
		"job.workflow_ref": m.Context["GITHUB_WORKFLOW_REF"],
	})
	if err != nil {
		t.Fatal(err)
	}
	return &step{m.Step(id, inputs), m, a, image, "gatepass-e2e-" + rand.Text()}
}

// main runs the step's first stage. It returns the exit code and what the job's log shows.
func (s *step) main(ctx context.Context, t *testing.T) (code int, log string) {
	t.Helper()
	return s.stage(ctx, t, s.action.Runs.Entrypoint)
}

// post runs the stage that the runner keeps for the end of the job, whatever became of the first one.
func (s *step) post(t *testing.T) (code int, log string) {
	t.Helper()
	return s.stage(t.Context(), t, s.action.Runs.PostEntrypoint)
}

func (s *step) stage(ctx context.Context, t *testing.T, entrypoint string) (int, string) {
	t.Helper()
	env := s.begin(t)
	before := s.machine.commandFiles(t)
	code, log := s.run(ctx, t, entrypoint, env)
	if after := s.machine.commandFiles(t); !slices.Equal(after, before) {
		t.Errorf("%s replaced command files: they were\n%s\nand are\n%s", entrypoint, strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
	if err := s.End(); err != nil {
		t.Fatal(err)
	}
	return code, log
}

// begin makes the stage's command files, which are the step's until its End, and returns its environment.
func (s *step) begin(t testing.TB) map[string]string {
	t.Helper()
	env, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	giveToRunner(t, s.machine.CommandFiles())
	env["HOME"] = s.machine.Home()
	return env
}

// container is what a stage runs in.
func (s *step) container(t testing.TB, entrypoint string, env map[string]string) container {
	t.Helper()
	args, err := s.action.args(s.With)
	if err != nil {
		t.Fatal(err)
	}
	return container{
		name: s.name, image: s.image, entrypoint: entrypoint, args: args,
		workdir: "/github/workspace", mounts: s.machine.mounts, env: env, network: s.machine.network.docker(),
	}
}

func (s *step) run(ctx context.Context, t *testing.T, entrypoint string, env map[string]string) (int, string) {
	t.Helper()
	var shown bytes.Buffer
	log := s.machine.Log(&shown)
	code, err := s.machine.engine(ctx, s.container(t, entrypoint, env), log)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s ended with %d and the log\n%s", entrypoint, code, &shown)
	if err != nil {
		t.Fatal(err)
	}
	return code, shown.String()
}
