package step

import (
	"encoding/json"

	"gatepass/pkg/credfile"
	"gatepass/pkg/explain"
	"gatepass/pkg/inputs"
	"gatepass/pkg/untrusted"
)

// job is what the runner says about the job. A branch, a workflow and a user may be called anything.
func (s Step) job() explain.Job {
	say := func(name string) string { return untrusted.Line(s.getenv(name)) }
	return explain.Job{
		Name:              say("GITHUB_JOB"),
		EventName:         say("GITHUB_EVENT_NAME"),
		Actor:             say("GITHUB_ACTOR"),
		Repository:        say("GITHUB_REPOSITORY"),
		RepositoryID:      say("GITHUB_REPOSITORY_ID"),
		RepositoryOwner:   say("GITHUB_REPOSITORY_OWNER"),
		RepositoryOwnerID: say("GITHUB_REPOSITORY_OWNER_ID"),
		Ref:               say("GITHUB_REF"),
		RunnerEnvironment: say("RUNNER_ENVIRONMENT"),
		ServerURL:         say("GITHUB_SERVER_URL"),
		WorkflowRef:       say("GITHUB_WORKFLOW_REF"),
		JobWorkflowRef:    say(inputs.Variable("job-workflow")), // as no variable has it
		Fork:              s.isFork(),
	}
}

// isFork tells whether a pull request comes from another repository, as far as the event's file says so.
// https://docs.github.com/webhooks/webhook-events-and-payloads#pull_request
func (s Step) isFork() bool {
	const largest = 1 << 20 // a pull request's description has at most 64 Ki characters
	type repository struct {
		Repo struct {
			FullName string `json:"full_name"`
		}
	}
	var event struct {
		PullRequest *struct{ Head, Base repository } `json:"pull_request"`
	}
	text, err := credfile.Read(s.getenv("GITHUB_EVENT_PATH"), largest, false)
	if err != nil || json.Unmarshal(text, &event) != nil || event.PullRequest == nil {
		return false
	}
	head, base := event.PullRequest.Head.Repo.FullName, event.PullRequest.Base.Repo.FullName
	return head != base && base != "" // there is no name of a fork that was deleted
}
