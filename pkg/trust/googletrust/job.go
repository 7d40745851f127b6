package googletrust

import (
	"cmp"
	"maps"
	"regexp"
	"strings"

	"gatepass/pkg/trust"
)

// strangersID is an ID that nobody names in a condition.
const strangersID = "999999999"

// job is a job of GitHub Actions that might ask for a token: the one that a condition is meant for, or that of a stranger.
type job struct {
	owner, ownerID     string
	name, repositoryID string // the repository's
	ref, event         string
	subjectHasIDs      bool              // as in repositories made since July 2026
	context            string            // what follows the repository in sub; empty for GitHub's own choice
	customSubject      string            // sub in a form of the owner's own; empty for GitHub's
	workflow           string            // what follows the repository in workflow_ref
	called             string            // the repository of the reusable workflow; empty if there is none
	calledWorkflow     string            // what follows it in job_workflow_ref; empty for the workflow's own
	others             map[string]string // further claims, such as environment
}

// exampleJob is the one of GitHub's documentation: https://docs.github.com/en/actions/reference/security/oidc
var exampleJob = job{
	owner: "octo-org", ownerID: "65", name: "octo-repo", repositoryID: "74", ref: "refs/heads/main", event: "push",
	workflow: "/.github/workflows/deploy.yml@refs/heads/main",
}

var (
	subjectForm    = regexp.MustCompile(`^repo:([^/:@]+)(?:@([0-9]+))?/([^/:@]+)(?:@([0-9]+))?(:.*)$`)
	repositoryForm = regexp.MustCompile(`^([^/]+)/([^/]+)$`)
	workflowForm   = regexp.MustCompile(`^([^/]+)/([^/]+)(/.*)$`)
)

// jobWith is the job of GitHub's documentation but with these claims, and with what follows from them.
func jobWith(claims map[string]string) job {
	j := exampleJob
	j.others = maps.Clone(claims)
	take := func(claim string, form *regexp.Regexp) []string {
		parts := form.FindStringSubmatch(claims[claim])
		if parts != nil {
			delete(j.others, claim)
		}
		return parts
	}
	if parts := take("job_workflow_ref", workflowForm); parts != nil {
		j.owner, j.called, j.calledWorkflow = parts[1], parts[1]+"/"+parts[2], parts[3]
	}
	if parts := take("workflow_ref", workflowForm); parts != nil {
		j.owner, j.name, j.workflow = parts[1], parts[2], parts[3]
	}
	if parts := take("repository", repositoryForm); parts != nil {
		j.owner, j.name = parts[1], parts[2]
	}
	if parts := take("sub", subjectForm); parts != nil {
		j.owner, j.name, j.subjectHasIDs, j.context = parts[1], parts[3], parts[2] != "", parts[5]
		j.ownerID, j.repositoryID = cmp.Or(parts[2], j.ownerID), cmp.Or(parts[4], j.repositoryID)
	}
	for claim, field := range map[string]*string{
		"repository_owner": &j.owner, "repository_owner_id": &j.ownerID, "repository_id": &j.repositoryID,
		"ref": &j.ref, "event_name": &j.event, "sub": &j.customSubject,
	} {
		if value := j.others[claim]; value != "" {
			*field = value
			delete(j.others, claim)
		}
	}
	return j
}

// in is the same job in another repository of the same owner.
func (j job) in(name string) job {
	j.customSubject = strings.ReplaceAll(j.customSubject, j.name, name)
	j.name, j.repositoryID = name, "888888888"
	return j
}

// inOther is the same job in a repository whose name has nothing to do with that of the first.
func (j job) inOther() job { return j.in("other-repository") }

// pullRequest is the job, run for a pull request, and so without what an environment protects.
func (j job) pullRequest() job { return j.on("pull_request", "refs/pull/1/merge", ":pull_request") }

// onOtherBranch is the job, run for a branch that somebody has just pushed.
func (j job) onOtherBranch() job { return j.on("push", "refs/heads/other-branch", "") }

func (j job) on(event, ref, context string) job {
	j.event, j.ref = event, ref
	j.context = cmp.Or(context, ":ref:"+ref)
	j.others = maps.Clone(j.others)
	delete(j.others, "environment")
	return j
}

// of is the job of another owner who does what he can to look the same. He runs a workflow of his own.
func (j job) of(owner, name string) job {
	j.customSubject = strings.ReplaceAll(strings.ReplaceAll(j.customSubject, j.owner, owner), j.ownerID, strangersID)
	j.owner, j.ownerID, j.name, j.repositoryID = owner, strangersID, name, strangersID
	if j.called != "" {
		j.workflow, j.called, j.calledWorkflow = j.calledWorkflow, "", ""
	}
	j.others = maps.Clone(j.others)
	for _, claim := range []string{"enterprise", "enterprise_id", "repository"} {
		delete(j.others, claim) // These he cannot choose. Commits he can: his fork has the same.
	}
	j.others["actor"], j.others["actor_id"] = "mallory", strangersID
	return j
}

// calling is the job, calling the same reusable workflow as another.
func (j job) calling(other job) job {
	j.called, j.calledWorkflow = other.called, other.calledWorkflow
	return j
}

// triggeredBy is the job, triggered by the same actor as another.
func (j job) triggeredBy(other job) job {
	j.others = maps.Clone(j.others)
	for _, claim := range []string{"actor", "actor_id"} {
		if value, ok := other.others[claim]; ok {
			j.others[claim] = value
		}
	}
	return j
}

// repository is the repository's full name.
func (j job) repository() string { return j.owner + "/" + j.name }

// subject is the claim sub: https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims
func (j job) subject() string {
	if j.customSubject != "" {
		return j.customSubject
	}
	repository := "repo:" + j.repository()
	if j.subjectHasIDs {
		repository = "repo:" + j.owner + "@" + j.ownerID + "/" + j.name + "@" + j.repositoryID
	}
	switch environment := j.others["environment"]; {
	case j.context != "":
		return repository + j.context
	case environment != "":
		return repository + ":environment:" + strings.ReplaceAll(environment, ":", "%3A")
	case j.event == "pull_request":
		return repository + ":pull_request"
	}
	return repository + ":ref:" + j.ref
}

// claims are the claims of the job's token, but for iss and aud.
func (j job) claims() trust.Claims {
	const commit = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"
	refType := "branch"
	if strings.HasPrefix(j.ref, "refs/tags/") {
		refType = "tag"
	}
	claims := trust.Claims{
		"jti": "example-id", "iat": 1632493567.0, "nbf": 1632492967.0, "exp": 1632493867.0, "sub": j.subject(),
		"repository": j.repository(), "repository_owner": j.owner, "repository_id": j.repositoryID, "repository_owner_id": j.ownerID,
		"repository_visibility": "private", "actor": "octocat", "actor_id": "12",
		"ref": j.ref, "ref_type": refType, "ref_protected": "false", "sha": commit, "head_ref": "", "base_ref": "", "event_name": j.event,
		"workflow": "deploy", "workflow_ref": j.repository() + j.workflow, "workflow_sha": commit,
		"job_workflow_ref": cmp.Or(j.called, j.repository()) + cmp.Or(j.calledWorkflow, j.workflow), "job_workflow_sha": commit,
		"run_id": "1658821493", "run_number": "34", "run_attempt": "1", "check_run_id": "1", "runner_environment": "github-hosted",
	}
	for name, value := range j.others {
		claims[name] = value
	}
	return claims
}
