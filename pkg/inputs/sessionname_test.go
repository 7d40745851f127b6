package inputs_test

import (
	"strings"
	"testing"
)

// sessionName is a row of the table by which a session's name leads to the run.
type sessionName struct {
	template string
	with     with // what the runner says in its place
	want     string
	fault    string // in place of a name
}

func (s sessionName) run(t *testing.T) {
	t.Parallel()
	runner := with{
		"GITHUB_REPOSITORY": "octo-org/octo-repo", "GITHUB_RUN_ID": "1234567890", "GITHUB_RUN_ATTEMPT": "2", "GITHUB_JOB": "deploy", "GITHUB_ACTOR": "octocat",
	}
	in, err := aws.and(runner).and(s.with).and(with{"role-session-name": s.template}).parse()
	switch {
	case s.fault != "":
		if want := "role-session-name: " + s.fault; err == nil || err.Error() != want {
			t.Errorf("got error %v, want %s", err, want)
		}
	case err != nil:
		t.Error(err)
	case in.AWS.Role.SessionName != s.want:
		t.Errorf("got %s, want %s", in.AWS.Role.SessionName, s.want)
	}
}

func TestSessionNames(t *testing.T) {
	t.Parallel()
	const form = " is not a session name; one has 2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -"
	long := with{"GITHUB_REPOSITORY": "octo-organization-with-a-long-name/" + strings.Repeat("repository-", 9), "GITHUB_JOB": strings.Repeat("job", 30), "GITHUB_RUN_ID": "12345678901"}
	for name, test := range map[string]sessionName{
		"all of it":                          {template: "{repository}-{run_id}-{run_attempt}-{job}-{actor}", want: "octo-org_octo-repo-1234567890-2-deploy-octocat"},
		"the workflow's own text":            {template: "ci+{run_id}@eu", want: "ci+1234567890@eu"},
		"no placeholder":                     {template: "deploy", want: "deploy"},
		"the same one twice":                 {template: "{job}{job}", want: "deploydeploy"},
		"long repository":                    {template: "{repository}-{run_id}", with: long, want: "octo-organization-with-a-long-name_repository-reposi-12345678901"},
		"long repository and job":            {template: "{repository}@{job}@{run_id}.{run_attempt}", with: long, want: "octo-organization-with-a@jobjobjobjobjobjobjobjobj@12345678901.2"},
		"long text of the workflow's own":    {template: strings.Repeat("a", 70) + "-{run_id}", want: strings.Repeat("a", 54) + "1234567890"},
		"Dependabot":                         {template: "{actor}-{run_id}", with: with{"GITHUB_ACTOR": "dependabot[bot]"}, want: "dependabot_bot_-1234567890"},
		"letters beyond ASCII":               {template: "{actor}-{run_id}", with: with{"GITHUB_ACTOR": "Zoë\n::debug::"}, want: "Zo____debug__-1234567890"},
		"two characters":                     {template: "{actor}", with: with{"GITHUB_ACTOR": "ab"}, want: "ab"},
		"one character":                      {template: "{actor}", with: with{"GITHUB_ACTOR": "a"}, fault: `"a"` + form},
		"run IDs alone, and too many":        {template: strings.Repeat("{run_id}", 7), fault: `"` + strings.Repeat("1234567890", 7) + `"` + form},
		"a runner that does not count":       {template: "{run_id}-{run_attempt}", with: with{"GITHUB_RUN_ATTEMPT": ""}, fault: "there is no {run_attempt}, as this runner does not set GITHUB_RUN_ATTEMPT; leave it out"},
		"unknown placeholder":                {template: "{run_id}-{workflow}", fault: `"{workflow}" is not known; a session name may hold {actor}, {job}, {repository}, {run_attempt}, {run_id}`},
		"placeholder in capitals":            {template: "{RUN_ID}", fault: `"{RUN_ID}" is not known; a session name may hold {actor}, {job}, {repository}, {run_attempt}, {run_id}`},
		"empty braces":                       {template: "a{}", fault: `"{}" is not known; a session name may hold {actor}, {job}, {repository}, {run_attempt}, {run_id}`},
		"half a placeholder":                 {template: "{run_id", fault: `"{run_id"` + form},
		"a blank in the workflow's text":     {template: "run {run_id}", fault: `"run 1234567890"` + form},
		"an actor who is like a placeholder": {template: "{actor}", with: with{"GITHUB_ACTOR": "{run_id}"}, want: "_run_id_"},
	} {
		t.Run(name, test.run)
	}
}
