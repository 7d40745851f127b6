package explain

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gatepass/pkg/lazyregexp"
)

// githubCauses are why GitHub gives the job no ID token: https://docs.github.com/actions/reference/security/oidc
var githubCauses = []cause{
	{"github-fork", where(noPermission, isForkRun), func(c Case) Explanation {
		return Explanation{
			Meaning: "The pull request comes from a fork. GitHub gives such runs no ID token, whatever the workflow says, so that nobody's code can sign in as you.",
			Fix:     "Leave the step out for them; runs after the merge can sign in. Do not use the event pull_request_target in its place: with that, the fork's code could sign in.",
			Paste:   []string{"if: github.event_name != 'pull_request' || github.event.pull_request.head.repo.full_name == github.repository"},
		}
	}},
	{"github-dependabot", where(noPermission, func(c Case) bool { return c.Job.Actor == "dependabot[bot]" }), func(c Case) Explanation {
		return Explanation{
			// https://docs.github.com/code-security/dependabot/troubleshooting-dependabot/troubleshooting-dependabot-on-github-actions
			Meaning: "Dependabot has started the run. GitHub lets such runs only read, unless the workflow itself names more permissions, and id-token: write is more.",
			Fix:     fmt.Sprintf("If Dependabot's pull requests shall sign in, add these lines to %s. Secrets are Dependabot's own in such runs. Or leave the step out for them, by the last line.", c.jobPhrase()),
			Paste:   []string{permissions, "if: github.actor != 'dependabot[bot]'"},
		}
	}},
	{"github-caller", where(noPermission, func(c Case) bool { return c.Job.JobWorkflowRef != "" && c.Job.JobWorkflowRef != c.Job.WorkflowRef }), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The job is in a reusable workflow, %s, which has no more permissions than the job that calls it.", c.fileOf(c.Job.JobWorkflowRef)),
			Fix:     fmt.Sprintf("Add these lines to the job in %s that calls it, and to the reusable workflow, if it names permissions itself. A job that names permissions has no others, so keep the ones it uses.", c.fileOf(c.Job.WorkflowRef)),
			Paste:   []string{permissions},
		}
	}},
	{"github-permission", perhaps(noPermission), func(c Case) Explanation {
		return Explanation{
			Meaning: "GitHub gives ID tokens, with which this step signs in, only to jobs that have the permission id-token: write.",
			Fix:     fmt.Sprintf("Add these lines to %s. A job that names permissions has no others, so keep the ones it uses.", c.jobPhrase()),
			Paste:   []string{permissions},
		}
	}},
	{"github-perhaps-caller", perhaps(where(noPermission, func(c Case) bool { return c.Job.JobWorkflowRef == "" })), func(Case) Explanation {
		return Explanation{
			Meaning: "The job has these lines, but it is in a reusable workflow, which has no more permissions than the job that calls it.",
			Fix:     "Add them to the calling job, too.",
		}
	}},
	{"github-job-over", where(jobState, func(c Case) bool { return c.jobState() == "Completed" }), func(Case) Explanation {
		return Explanation{
			Meaning: "The step has asked in the name of a job that is over: the runner has kept ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN of an earlier one.",
			Fix:     "See that nothing on the self-hosted runner keeps them: not the environment in which it was started, nor an earlier step's GITHUB_ENV. Then start the runner anew.",
		}
	}},
	{"github-job-state", jobState, func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("GitHub still has this job down as %s, though it runs: its services do not agree for a moment.", c.jobState()),
			Fix:     "Run the job again; https://www.githubstatus.com tells whether GitHub Actions is disturbed.",
		}
	}},
	{"github-busy", where(fromGitHub, func(c Case) bool {
		return c.Refusal.Status == http.StatusTooManyRequests || c.Refusal.Status >= http.StatusInternalServerError
	}), func(c Case) Explanation {
		e := Explanation{
			Meaning: "GitHub's token service has a fault of its own, or is overloaded, however often the step asked. It is nothing about this job.",
			Fix:     "Run the job again later; https://www.githubstatus.com tells whether GitHub Actions is disturbed.",
		}
		if c.isOnServer() {
			e.Fix = fmt.Sprintf("Run the job again later. If it stays so, ask whoever runs %s.", hostOf(c.Job.ServerURL))
		}
		return e
	}},
	{"github-proxy-password", where(fromGitHub, proxyWantsPassword), func(c Case) Explanation { return proxyPassword(c.withoutProxy()) }},
	{"github-name-service", where(fromGitHub, func(c Case) bool { return c.isUnreached("no such host") }), func(c Case) Explanation {
		return Explanation{
			Meaning: "The runner does not find the host of GitHub's token service, which ACTIONS_ID_TOKEN_REQUEST_URL names.",
			Fix:     fmt.Sprintf("Let the runner resolve %s. If the internet is behind a proxy, set http-proxy.", c.tokenHosts()),
		}
	}},
	{"github-certificate", where(fromGitHub, func(c Case) bool { return c.isUnreached("certificate") }), func(c Case) Explanation {
		return c.certificate("GitHub's token service")
	}},
	{"github-unreached", where(fromGitHub, func(c Case) bool { return c.isUnreached("") }), func(c Case) Explanation {
		return Explanation{
			Meaning: "The runner cannot talk to GitHub's token service, however often it tried. A firewall or a proxy may be in between.",
			Fix:     fmt.Sprintf("Let the runner reach port 443 of %s, or set http-proxy to the proxy.", c.tokenHosts()),
		}
	}},
	{"github-proxy", where(fromGitHub, isForeignAnswer), func(c Case) Explanation {
		return Explanation{
			Meaning: "Something else than GitHub's token service has answered: a proxy, or a sign-in page of the network.",
			Fix:     "Correct http-proxy. Or, if the runner may go without the proxy, leave it out for GitHub:",
			Paste:   []string{input("no-proxy", c.withoutProxy())},
		}
	}},
	{"github-request-token", fromGitHub, func(Case) Explanation {
		return Explanation{
			Meaning: "GitHub does not take the token with which the runner lets the job ask, ACTIONS_ID_TOKEN_REQUEST_TOKEN: it has expired, or is another one.",
			Fix:     "Run the job again, and sign in early in a job of many hours. On a self-hosted runner see that nothing sets this variable or ACTIONS_ID_TOKEN_REQUEST_URL.",
		}
	}},
}

const permissions = `permissions:
  id-token: write
  contents: read`

var (
	noPermission = said(GitHub, NoPermission, "")
	jobState     = where(fromGitHub, func(c Case) bool { return c.jobState() != "" })
)

func fromGitHub(c Case) odds {
	if c.Refusal.Service == GitHub && c.Refusal.Code != NoPermission {
		return certain
	}
	return no
}

// isForkRun leaves out pull_request_target, whose runs have the permissions of the repository that the pull request goes to.
func isForkRun(c Case) bool {
	return c.Job.Fork && slices.Contains([]string{"pull_request", "pull_request_review", "pull_request_review_comment"}, c.Job.EventName)
}

var jobStateForm = lazyregexp.New(`issue ID_TOKEN for job in '([A-Za-z]+)' state`)

// jobState is what GitHub takes the job's state to be, where that is why it gives no token.
func (c Case) jobState() string {
	if match := jobStateForm().FindStringSubmatch(c.Refusal.Message); match != nil {
		return match[1]
	}
	return ""
}

// jobPhrase is the job in its file.
func (c Case) jobPhrase() string {
	phrase := "the job"
	if c.Job.Name != "" {
		phrase += " " + c.Job.Name
	}
	if file := c.fileOf(cmp.Or(c.Job.JobWorkflowRef, c.Job.WorkflowRef)); file != "" {
		phrase += " in " + file
	}
	return phrase
}

// fileOf is the file of a workflow such as octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main, with the repository if that is
// another.
func (c Case) fileOf(workflow string) string {
	path, _, _ := strings.Cut(workflow, "@")
	return strings.TrimPrefix(path, c.Job.Repository+"/")
}

func (c Case) isOnServer() bool {
	host := hostOf(c.Job.ServerURL)
	return host != "" && host != "github.com" && !strings.HasSuffix(host, ".ghe.com")
}

// tokenHosts are those of GitHub's token service:
// https://docs.github.com/actions/reference/runners/self-hosted-runners#accessible-domains-by-function
func (c Case) tokenHosts() string {
	host := hostOf(c.Job.ServerURL)
	switch {
	case c.isOnServer():
		return host
	case strings.HasSuffix(host, ".ghe.com"):
		return "*." + host
	}
	return "*.actions.githubusercontent.com"
}

// withoutProxy are the same hosts as no-proxy takes them.
func (c Case) withoutProxy() string { return strings.TrimPrefix(c.tokenHosts(), "*") }

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
