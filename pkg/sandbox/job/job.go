// Package job plays GitHub's runner for one job on this machine: it gives each stage of an action its environment and its command
// files, obeys what the stage prints, and carries what it exports to later steps. The demo, the scripts and the tests in real
// containers share it, so all of them see what a later step would see.
//
// It follows actions/runner: Runner.Worker/ActionRunner.cs, Handlers/Handler.cs, FileCommandManager.cs, ActionCommandManager.cs.
package job

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// Job is one job's state between its steps.
type Job struct {
	// Env is the job's environment: what the workflow sets, and what steps have exported.
	Env map[string]string
	// Context holds the runner's own variables, GITHUB_… and RUNNER_…, which no step can override.
	Context map[string]string

	dir   string
	masks []string
}

// New makes a job whose folders lie in dir as on a hosted runner: <dir>/octo-repo/octo-repo is the workspace, <dir>/_temp is
// runner.temp and <dir>/_temp/_github_home becomes /github/home in containers.
func New(dir string) (*Job, error) {
	j := &Job{dir: dir, Env: map[string]string{}}
	j.Context = map[string]string{
		"GITHUB_ACTIONS":      "true",
		"GITHUB_EVENT_NAME":   "push",
		"GITHUB_JOB":          "deploy",
		"GITHUB_REF":          "refs/heads/main",
		"GITHUB_REPOSITORY":   "octo-org/octo-repo",
		"GITHUB_RUN_ATTEMPT":  "1",
		"GITHUB_RUN_ID":       "1234567890",
		"GITHUB_RUN_NUMBER":   "7",
		"GITHUB_SHA":          "6c7e9f0a5c0b4f4a9d8e7f6a5b4c3d2e1f0a9b8c",
		"GITHUB_WORKFLOW":     "Deploy",
		"GITHUB_WORKFLOW_REF": "octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main",
		"GITHUB_WORKSPACE":    j.Workspace(),
		"RUNNER_OS":           "Linux",
		"RUNNER_TEMP":         j.Temp(),
		"RUNNER_WORKSPACE":    filepath.Dir(j.Workspace()),
	}
	for _, folder := range []string{j.Workspace(), j.Home(), j.CommandFiles(), j.Workflow()} {
		if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // as the runner makes them
			return nil, err
		}
	}
	return j, nil
}

// Workspace is the folder of the checkout.
func (j *Job) Workspace() string { return filepath.Join(j.dir, "octo-repo", "octo-repo") }

// Temp is runner.temp.
func (j *Job) Temp() string { return filepath.Join(j.dir, "_temp") }

// Home is the folder that containers see as /github/home.
func (j *Job) Home() string { return filepath.Join(j.Temp(), "_github_home") }

// Workflow is the folder that containers see as /github/workflow.
func (j *Job) Workflow() string { return filepath.Join(j.Temp(), "_github_workflow") }

// CommandFiles is the folder of GITHUB_ENV and its like, which containers see as /github/file_commands.
func (j *Job) CommandFiles() string { return filepath.Join(j.Temp(), "_runner_file_commands") }

// Mask returns text with every masked value as ***.
func (j *Job) Mask(text string) string {
	for _, mask := range j.masks {
		text = strings.ReplaceAll(text, mask, "***")
	}
	return text
}

// Step is one use of an action in the job. Its stages run one after the other, main first.
type Step struct {
	// With holds the inputs. The caller fills in the defaults of action.yml, as the runner does.
	With map[string]string
	// Outputs and Summary are what the step has set.
	Outputs map[string]string
	Summary string

	job   *Job
	id    string
	state map[string]string
}

// Step makes a step. Its id becomes GITHUB_ACTION and must differ from that of the job's other steps.
func (j *Job) Step(id string, with map[string]string) *Step {
	return &Step{With: with, Outputs: map[string]string{}, job: j, id: id, state: map[string]string{}}
}

// commandFiles are the files that a stage writes to, by their variable.
var commandFiles = []string{"GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"}

// Begin makes the command files of a stage and returns the stage's whole environment, in the runner's order of precedence: the job's
// environment, the state of this step, its inputs, the runner's own variables.
func (s *Step) Begin() (map[string]string, error) {
	env := maps.Clone(s.job.Env)
	for key, value := range s.state {
		env["STATE_"+key] = value
	}
	for name, value := range s.With {
		env["INPUT_"+strings.ToUpper(strings.ReplaceAll(name, " ", "_"))] = value
	}
	maps.Copy(env, s.job.Context)
	env["GITHUB_ACTION"] = s.id
	for _, name := range commandFiles {
		env[name] = s.file(name)
		if err := os.WriteFile(env[name], nil, 0o644); err != nil { //nolint:gosec // as the runner makes them
			return nil, err
		}
	}
	return env, nil
}

func (s *Step) file(name string) string {
	return filepath.Join(s.job.CommandFiles(), strings.ToLower(strings.TrimPrefix(name, "GITHUB_"))+"_"+s.id)
}

// End reads the command files of the stage, as the runner does after a failed stage, too, and removes them.
func (s *Step) End() error {
	for _, target := range []struct {
		file   string
		values map[string]string
	}{{"GITHUB_ENV", s.job.Env}, {"GITHUB_OUTPUT", s.Outputs}, {"GITHUB_STATE", s.state}} {
		text, err := os.ReadFile(s.file(target.file))
		if err != nil {
			return err
		}
		pairs, err := ParseCommandFile(string(text))
		if err != nil {
			return fmt.Errorf("unable to process file command %q: %w", strings.ToLower(target.file), err)
		}
		for _, pair := range pairs {
			target.values[pair.Name] = pair.Value
		}
	}
	summary, err := os.ReadFile(s.file("GITHUB_STEP_SUMMARY"))
	if err != nil {
		return err
	}
	s.Summary += string(summary)
	for _, name := range commandFiles {
		if err := os.Remove(s.file(name)); err != nil {
			return err
		}
	}
	return nil
}
