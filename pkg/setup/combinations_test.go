package setup_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"gatepass/pkg/setup"
	"gatepass/pkg/trust"
)

const (
	commit = "octo-org/workflows/.github/workflows/deploy.yml@7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"
	branch = "octo-org/workflows/.github/workflows/deploy.yml@refs/heads/main"
	slug   = "https://token.actions.githubusercontent.com/octo-enterprise"
	server = "https://ghe.example.com/_services/token"
)

// everyJobs are all combinations of flags that describe jobs, those that are refused, too.
func everyJobs(yield func(setup.Jobs) bool) {
	runs := []setup.Jobs{
		{}, {Branch: "release/1.0"}, {Tag: "v1"}, {PullRequest: true}, {Environment: "production"}, {Environment: "eu: $(id)", Branch: "main"},
		{Environment: "production", Tag: "v1"}, {Branch: strings.Repeat("long-", 20)},
	}
	for _, jobs := range runs {
		for _, jobs.Workflow = range []string{"", commit, branch} {
			for _, jobs.Issuer = range []string{trust.GitHubIssuer, slug, server} {
				for _, jobs.Subject = range []setup.Subject{setup.ByDefault, setup.Immutable, setup.Name, setup.Both} {
					for who := range 4 {
						jobs.Repository, jobs.Organization, jobs.OwnerID, jobs.RepositoryID = "octo-org/octo-repo", "", "", ""
						if who >= 2 {
							jobs.Repository, jobs.Organization = "", "octo-org"
						}
						if who%2 == 1 {
							jobs.OwnerID = "65"
						}
						if who == 1 {
							jobs.RepositoryID = "74"
						}
						if !yield(jobs) {
							return
						}
					}
				}
			}
		}
	}
}

// job is a job that asks for a token.
type job struct {
	repository, ownerID, repositoryID string
	ref, event, environment, workflow string
	issuer                            string
	audience                          string
	immutable                         bool
}

func (j job) claims() trust.Claims {
	owner, _, _ := strings.Cut(j.repository, "/")
	claims := trust.Claims{
		"iss": j.issuer, "aud": j.audience, "repository": j.repository, "repository_owner": owner, "repository_id": j.repositoryID,
		"repository_owner_id": j.ownerID, "ref": j.ref, "ref_type": trust.GitHubRefType(j.ref), "event_name": j.event, "job_workflow_ref": j.workflow,
		"workflow_ref": j.repository + "/.github/workflows/ci.yml@" + j.ref, "actor": "octocat", "actor_id": "12", "runner_environment": "github-hosted",
	}
	if j.environment != "" {
		claims["environment"] = j.environment
	}
	claims["sub"] = trust.GitHubSubject(claims, j.immutable)
	return claims
}

// meant is a job that somebody means who describes jobs so.
func meant(jobs setup.Jobs) job {
	j := job{"octo-org/octo-repo", "65", "74", "refs/heads/main", "push", jobs.Environment, jobs.Workflow, jobs.Issuer, "", false}
	switch {
	case jobs.Branch != "":
		j.ref = "refs/heads/" + jobs.Branch
	case jobs.Tag != "":
		j.ref = "refs/tags/" + jobs.Tag
	case jobs.PullRequest:
		j.ref, j.event = "refs/pull/7/merge", "pull_request"
	}
	if j.workflow == "" {
		j.workflow = j.repository + "/.github/workflows/ci.yml@" + j.ref
	}
	return j
}

// strangers are jobs that must not get in where another one is meant. Those of the same name as the one that is meant, but with other IDs,
// are not among them.
func strangers(j job, jobs setup.Jobs) map[string]job {
	all := map[string]job{}
	add := func(name string, change func(*job)) {
		other := j
		change(&other)
		all[name] = other
	}
	add("repository of a stranger", func(j *job) { j.repository, j.ownerID, j.repositoryID = "mallory/octo-repo", "99", "98" })
	add("owner of a longer name", func(j *job) { j.repository, j.ownerID, j.repositoryID = "octo-org2/octo-repo", "99", "98" })
	add("another audience", func(j *job) { j.audience = "https://github.com/octo-org" })
	add("another issuer", func(j *job) { j.issuer = "https://token.actions.githubusercontent.com/mallory" })
	if jobs.Organization == "" {
		add("another repository", func(j *job) { j.repository, j.repositoryID = "octo-org/other", "75" })
		add("repository of a longer name", func(j *job) { j.repository, j.repositoryID = "octo-org/octo-repo-2", "76" })
		add("repository whose name was the other's", func(j *job) { j.repositoryID, j.repository = "74", "octo-org/octo" })
		if jobs.OwnerID != "" { // by the IDs it is the repository that is meant
			delete(all, "repository whose name was the other's")
		}
	}
	if jobs.Environment == "" || jobs.Branch != "" || jobs.Tag != "" {
		add("another branch", func(j *job) { j.ref, j.event = "refs/heads/topic", "push" })
		add("branch of a longer name", func(j *job) { j.ref, j.event = "refs/heads/main-2", "push" })
		add("another tag", func(j *job) { j.ref, j.event = "refs/tags/v1.1", "push" })
		if !jobs.PullRequest {
			add("pull request", func(j *job) { j.ref, j.event = "refs/pull/7/merge", "pull_request" })
		}
	}
	if jobs.Environment != "" {
		add("no environment", func(j *job) { j.environment = "" })
		add("another environment", func(j *job) { j.environment = "staging" })
	}
	if jobs.Workflow != "" {
		add("another workflow", func(j *job) { j.workflow = strings.Replace(j.workflow, "deploy.yml", "other.yml", 1) })
		add("workflow of another branch", func(j *job) { j.workflow, _, _ = strings.Cut(j.workflow, "@"); j.workflow += "@refs/heads/topic" })
	}
	return all
}

// successor is a job of who has registered the names after they were given up.
func successor(j job) job {
	j.ownerID, j.repositoryID = "99", "98"
	return j
}

// description is a combination of flags, for a message.
func description(jobs setup.Jobs) string { return fmt.Sprintf("%+v", jobs) }

// cloud is what the combinations are tried on.
type cloud struct {
	// admits tells whether what was printed lets a job in.
	admits func(job) bool
	// findings are the names of the rules that object to what was printed, sorted and each once.
	findings []string
}

// try compares what was printed with what was asked for.
func try(t *testing.T, name string, jobs setup.Jobs, c cloud, comparesIDs bool, wanted []string) {
	t.Helper()
	if !slices.Equal(c.findings, wanted) {
		t.Errorf("%s: lint finds %q, want %q", name, c.findings, wanted)
	}
	hasIDs := jobs.OwnerID != ""
	for _, immutable := range []bool{true, false} {
		j := meant(jobs)
		j.immutable = immutable
		lets := jobs.Subject == setup.Both || (jobs.Subject == setup.Immutable) == immutable && jobs.Subject != setup.ByDefault
		if jobs.Subject == setup.ByDefault {
			lets = immutable && hasIDs && jobs.Issuer != server || !immutable && (!hasIDs || jobs.Issuer == server || comparesIDs)
		}
		if got := c.admits(j); got != lets {
			t.Errorf("%s: job with sub %s gets in: %v, want %v", name, j.claims()["sub"], got, lets)
		}
		for what, stranger := range strangers(j, jobs) {
			if c.admits(stranger) {
				t.Errorf("%s: %s gets in, with sub %s", name, what, stranger.claims()["sub"])
			}
		}
		if jobs.Organization != "" {
			other := j
			other.repository, other.repositoryID = "octo-org/other", "75"
			if c.admits(other) != lets {
				t.Errorf("%s: another repository of the organization gets in: %v, want %v", name, !lets, lets)
			}
		}
		// Only names can be taken over, and only where nothing compares the IDs.
		takenOver := lets && (!hasIDs || !comparesIDs && !immutable)
		if got := c.admits(successor(j)); got != takenOver {
			t.Errorf("%s: successor with sub %s gets in: %v, want %v", name, successor(j).claims()["sub"], got, takenOver)
		}
	}
}

// rules are the names of the rules of findings, sorted and each once.
func rules(findings []trust.Finding) []string {
	names := map[string]bool{}
	for _, finding := range findings {
		names[finding.Rule.Name] = true
	}
	return slices.Sorted(maps.Keys(names))
}
