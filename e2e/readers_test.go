//go:build e2e

package e2e

import (
	"maps"
	"slices"
	"testing"
)

// reader is a later step that uses all that two sign-ins before it have left: the variables of AWS, a profile of each sign-in, and the
// credentials file of each.
type reader struct {
	job func(*machine) // what is special about its job; nil for one on the machine itself
	run func(m *machine, t *testing.T, script string) string
	// inline says that the step may have an output written into its script, too, where the runner translates no path.
	inline bool
}

// Whatever step comes after a sign-in, in whatever job, it can use the credentials. The job's end takes them away, and the runner can empty
// its folders for the next job.
func TestWhoReadsTheCredentials(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]reader{
		"a run: step on the machine":                             {run: (*machine).hostStep, inline: true},
		"a Docker action":                                        {run: (*machine).dockerStep},
		"a Docker action on a runner before 2.331.0":             {job: withoutTemp, run: (*machine).dockerStep},
		"a run: step on a runner before 2.331.0":                 {job: withoutTemp, run: (*machine).hostStep, inline: true},
		"a run: step in the job's container":                     {job: inContainer(""), run: (*machine).containerStep, inline: true},
		"a run: step in the job's container, of the runner's ID": {job: inContainer("1001:1001"), run: (*machine).containerStep, inline: true},
		"a Docker action beside the job's container":             {job: inContainer(""), run: (*machine).dockerStep, inline: true},
	} {
		t.Run(name, test.test)
	}
}

// Runners before 2.331.0 do not mount runner.temp, but they do mount the home folder in it.
func withoutTemp(m *machine) {
	m.mounts = slices.DeleteFunc(m.mounts, func(mount mount) bool { return mount.container == "/github/runner_temp" })
}

// A job with `container:` sees the runner's folders at other paths.
func inContainer(user string) func(*machine) {
	return func(m *machine) { m.container, m.user = "5f2b8c0d9a41", user }
}

func (test reader) test(t *testing.T) {
	t.Parallel()
	w, m := newWorld(t), newMachine(t)
	w.permit(m)
	checkoutWhoami(t, m.Workspace())
	if test.job != nil {
		test.job(m)
	}
	environment, files := maps.Clone(m.Env), m.files(t)
	first := m.use(t, image(t, "legacy"), "first", withProfile(toBothClouds()))
	second := m.use(t, image(t, "legacy"), "second", asPartner())
	for _, step := range []*step{first, second} {
		if code, _ := step.main(t.Context(), t); code != 0 {
			t.Fatalf("main: got exit code %d, want 0", code)
		}
	}

	m.Env["FIRST"] = first.Outputs["credentials_file_path"]
	script, tokens := `./whoami --profile deploy --profile partner --file "$FIRST"`, 2
	if test.inline {
		script, tokens = script+" --file '"+first.Outputs["credentials_file_path"]+"'", 3
	}
	checkIdentities(t, w, test.run(m, t, script), sessions, tokens)
	owners := test.run(m, t, `stat -c '%a %u:%g' "$FIRST" "$GOOGLE_APPLICATION_CREDENTIALS" "$AWS_SHARED_CREDENTIALS_FILE" "$AWS_CONFIG_FILE"`)
	if want := "600 1001:1001\n600 1001:1001\n600 1001:1001\n600 1001:1001"; owners != want {
		t.Errorf("modes and owners of the files are\n%s\nwant\n%s", owners, want)
	}
	delete(m.Env, "FIRST")

	// The runner undoes the last step first. After that the first one's variables and files are what they were.
	if code, _ := second.post(t); code != 0 {
		t.Errorf("second post: got exit code %d, want 0", code)
	}
	if got, want := m.Env["GOOGLE_APPLICATION_CREDENTIALS"], first.Outputs["credentials_file_path"]; got != want {
		t.Errorf("after the second post, GOOGLE_APPLICATION_CREDENTIALS is %q, want %q", got, want)
	}
	checkIdentities(t, w, test.run(m, t, "./whoami --profile deploy"), sessions[:2], 1)
	if code, _ := first.post(t); code != 0 {
		t.Errorf("first post: got exit code %d, want 0", code)
	}
	checkNothingLeft(t, m, environment, files)
	if folders := m.notTheRunners(t); folders != nil {
		t.Errorf("the folders %q are not the runner's", folders)
	}
	m.checkEmptied(t)
}

// sessions are what whoami finds on AWS after both sign-ins.
var sessions = []string{
	"AWS, variables: arn:aws:sts::123456789012:assumed-role/deploy/GitHubActions",
	"AWS, profile deploy: arn:aws:sts::123456789012:assumed-role/deploy/GitHubActions",
	"AWS, profile partner: arn:aws:sts::123456789012:assumed-role/partner/GitHubActions",
}

// withProfile has a sign-in leave AWS's credentials in both forms.
func withProfile(inputs map[string]string) map[string]string {
	inputs["aws-profile"], inputs["output-env-credentials"] = "deploy", "true"
	return inputs
}

// asPartner are the inputs of a second sign-in, whose AWS credentials are a profile only, and whose Google file is of the job itself.
func asPartner() map[string]string {
	return map[string]string{
		"aws-region": "us-east-1", "aws-profile": "partner",
		"aws-access-key-id": "AKIAIOSFODNN7EXAMPLE", "aws-secret-access-key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		"role-to-assume": "partner", "role-external-id": "octo-partner",
		"workload_identity_provider": provider, "project_id": "my-project",
	}
}

// A job may end without the post step, as where the runner loses its connection. Whatever the sign-in has left by then, the command files
// included, the runner can remove.
func TestTheRunnerEmptiesItsFoldersWithoutThePostStep(t *testing.T) {
	t.Parallel()
	w, m := newWorld(t), newMachine(t)
	w.permit(m)
	step := m.use(t, image(t, "legacy"), "signin", withProfile(toBothClouds()))
	if code, _ := step.run(t.Context(), t, step.action.Runs.Entrypoint, step.begin(t)); code != 0 {
		t.Fatalf("main: got exit code %d, want 0", code)
	}
	m.checkEmptied(t)
}
