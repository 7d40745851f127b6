package grant_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"gatepass/pkg/aws"
	"gatepass/pkg/google"
	"gatepass/pkg/grant"
	"gatepass/pkg/httpclient"
	"gatepass/pkg/idtoken"
	"gatepass/pkg/inputs"
	"gatepass/pkg/retry"
	"gatepass/pkg/sandbox"
	"gatepass/pkg/secret"
	"gatepass/pkg/trust"
)

const (
	provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
	pool     = "projects/123456789012/locations/global/workloadIdentityPools/github"
)

// job is what is unusual about a job, as the sandbox's configuration has it.
type job map[string]string

// trusted is what roles and service accounts are given to trust a job by: as many of both as there are policies and members.
type trusted struct {
	policies           []grant.AWSPolicy
	members            []grant.GoogleMember
	mapping, condition string
}

// trustedBy is what the claims of two tokens make, one for AWS and one for Google.
func trustedBy(toAWS, toGoogle trust.Claims) trusted {
	return trusted{grant.AWSPolicies(provider, toAWS), grant.GoogleMembers(pool, toGoogle), grant.GoogleMapping(toGoogle).String(), grant.GoogleCondition(toGoogle)}
}

func (by trusted) config(j job, immutable bool) sandbox.Config {
	config := sandbox.DefaultConfig()
	config.GitHub.ImmutableSubject = immutable
	for name, value := range j {
		config.GitHub.Claims[name] = &value
	}
	for i, policy := range by.policies {
		config.AWS.Roles = append(config.AWS.Roles, sandbox.Role{ARN: role(i), TrustPolicy: sandbox.TrustPolicy(policy.JSON)})
	}
	for i, member := range by.members {
		bindings := map[string][]string{"roles/iam.workloadIdentityUser": {member.Member}}
		config.Google.ServiceAccounts = append(config.Google.ServiceAccounts, sandbox.ServiceAccount{Email: account(i), Bindings: bindings})
	}
	if by.mapping != "" {
		config.Google.Providers[0].AttributeMapping = mapping(by.mapping)
		config.Google.Providers[0].AttributeCondition = by.condition
	}
	return config
}

func role(i int) string    { return fmt.Sprintf("arn:aws:iam::123456789012:role/trusting-%d", i) }
func account(i int) string { return fmt.Sprintf("trusting-%d@my-project.iam.gserviceaccount.com", i) }

// runner is a job in a sandbox.
type runner struct {
	environment map[string]string
	client      *http.Client
	github      idtoken.Source
}

func start(t *testing.T, config sandbox.Config) runner {
	t.Helper()
	clouds, err := sandbox.New(config, sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(clouds)
	t.Cleanup(server.Close)
	r := runner{make(map[string]string), httpclient.New(httpclient.Proxy{}, nil), idtoken.Source{}}
	for _, v := range clouds.Environment(server.URL) {
		r.environment[v.Name] = v.Value
	}
	r.github, err = idtoken.NewSource(r.environment["ACTIONS_ID_TOKEN_REQUEST_URL"], r.environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r runner) token(ctx context.Context, audience string) (secret.String, error) {
	return r.github.Fetch(ctx, r.client, retry.Policy{}, audience)
}

func (r runner) claims(t *testing.T, audience string) trust.Claims {
	t.Helper()
	token, err := r.token(t.Context(), audience)
	if err != nil {
		t.Fatal(err)
	}
	return idtoken.DecodeUnverified(token)
}

// signIn signs in to both clouds, by the role and the service account of a number.
func (r runner) signIn(t *testing.T, number int) (onAWS, onGoogle error) {
	t.Helper()
	with := maps.Clone(r.environment)
	maps.Copy(with, map[string]string{
		"INPUT_AWS-REGION": "eu-central-1", "INPUT_ROLE-TO-ASSUME": role(number),
		"INPUT_WORKLOAD_IDENTITY_PROVIDER": pool + "/providers/octo-repo", "INPUT_SERVICE_ACCOUNT": account(number), "INPUT_TOKEN_FORMAT": "access_token",
		"INPUT_ACCESS_TOKEN_SCOPES": "https://www.googleapis.com/auth/cloud-platform",
	})
	in, err := inputs.Parse(func(name string) (string, bool) { v, ok := with[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	mask := func(...secret.String) {}
	_, onAWS = aws.Client{HTTP: r.client, Mask: mask, Info: func(string, ...any) {}, Now: time.Now}.SignIn(t.Context(), *in.AWS,
		func(ctx context.Context) (secret.String, error) { return r.token(ctx, in.AWS.Audience) })
	_, onGoogle = google.Client{HTTP: r.client, Mask: mask, Now: time.Now}.SignIn(t.Context(), *in.Google,
		func(ctx context.Context) (secret.String, error) { return r.token(ctx, in.Google.Audience) })
	return onAWS, onGoogle
}

// trustOf is what the claims of a job make.
func trustOf(t *testing.T, j job, immutable bool) trusted {
	t.Helper()
	r := start(t, trusted{}.config(j, immutable))
	return trustedBy(r.claims(t, "sts.amazonaws.com"), r.claims(t, "https://iam.googleapis.com/"+pool+"/providers/octo-repo"))
}

// What a job's claims make is tried on the job and on others: from the narrowest trust to the widest, each must let in the job itself, and
// no other than it says.
func TestGrants(t *testing.T) {
	t.Parallel()
	pushToMain := map[bool]trusted{false: trustOf(t, job{}, false), true: trustOf(t, job{}, true)}
	for name, other := range map[string]struct {
		job  job
		lets [3]bool // whether the narrowest, the next and the widest trust of a push to main let it in
	}{
		"the job itself":     {job{}, [3]bool{true, true, true}},
		"environment":        {job{"environment": "production"}, [3]bool{false, true, true}},
		"another branch":     {job{"ref": "refs/heads/dev"}, [3]bool{false, false, true}},
		"tag":                {job{"ref": "refs/tags/v1", "ref_type": "tag"}, [3]bool{false, false, true}},
		"pull request":       {job{"ref": "refs/pull/7/merge", "event_name": "pull_request"}, [3]bool{false, false, true}},
		"another repository": {job{"repository": "octo-org/other", "repository_id": "75"}, [3]bool{}},
		"another owner":      {job{"repository": "other/octo-repo", "repository_id": "76", "repository_owner_id": "66"}, [3]bool{}},
		"longer name":        {job{"repository": "octo-org/octo-repo-2", "repository_id": "77"}, [3]bool{}},
	} {
		for immutable := range pushToMain {
			t.Run(fmt.Sprintf("%s, immutable %v", name, immutable), func(t *testing.T) {
				t.Parallel()
				by := pushToMain[immutable]
				r := start(t, by.config(other.job, immutable))
				for i, want := range other.lets {
					onAWS, onGoogle := r.signIn(t, i)
					if (onAWS == nil) != want {
						t.Errorf("AWS, %q: got %v, want to be let in: %v", by.policies[i].LetsIn, onAWS, want)
					}
					if (onGoogle == nil) != want {
						t.Errorf("Google, %q: got %v, want to be let in: %v", by.members[i].LetsIn, onGoogle, want)
					}
				}
			})
		}
	}
}

// A customised sub may be the same in every repository of an owner, or of all GitHub. None but the job's own gets in by what the sub makes,
// even if the provider has no condition.
func TestGrantsOfCustomisedSubjects(t *testing.T) {
	t.Parallel()
	for name, custom := range map[string]job{
		"owner and ref":       {"sub": "repository_owner:octo-org:ref:refs/heads/main"},
		"environment":         {"sub": "environment:production", "environment": "production"},
		"owner, environment":  {"sub": "repository_owner:octo-org:environment:production", "environment": "production"},
		"pull request":        {"sub": "repository_owner:octo-org:pull_request", "ref": "refs/pull/7/merge", "event_name": "pull_request"},
		"another's workflow":  {"sub": "job_workflow_ref:octo-org/workflows/.github/workflows/deploy.yml@refs/heads/main"},
		"too long for Google": {"sub": "job_workflow_ref:octo-org/" + strings.Repeat("workflows-", 12) + ":ref:refs/heads/main"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			by := trustOf(t, custom, false)
			by.condition = ""
			other := maps.Clone(custom)
			maps.Copy(other, job{"repository": "octo-org/other", "repository_id": "75"})
			own, others := start(t, by.config(custom, false)), start(t, by.config(other, false))
			for i, policy := range by.policies {
				if onAWS, _ := own.signIn(t, i); onAWS != nil {
					t.Errorf("AWS, %q: the job itself got %v", policy.LetsIn, onAWS)
				}
				if onAWS, _ := others.signIn(t, i); onAWS == nil {
					t.Errorf("AWS, %q: another repository is let in", policy.LetsIn)
				}
			}
			for i, member := range by.members {
				if _, onGoogle := own.signIn(t, i); onGoogle != nil {
					t.Errorf("Google, %q: the job itself got %v", member.LetsIn, onGoogle)
				}
				if _, onGoogle := others.signIn(t, i); onGoogle == nil {
					t.Errorf("Google, %q: another repository is let in", member.LetsIn)
				}
			}
		})
	}
}

// What the narrowest trust lets in is said of the whole sub, not of its end.
func TestWhatASubjectLetsIn(t *testing.T) {
	t.Parallel()
	server := "arn:aws:iam::123456789012:oidc-provider/github.example.com/_services/token"
	for _, test := range []struct{ provider, sub, environment, want string }{
		{provider, "repo:octo-org/octo-repo:ref:refs/heads/main", "", "jobs of octo-org/octo-repo on refs/heads/main that name no environment"},
		{provider, "repo:octo-org@65/octo-repo@74:ref:refs/heads/main", "", "jobs of octo-org/octo-repo on refs/heads/main that name no environment"},
		{provider, "repo:octo-org@65/octo-repo@74:environment:production", "production", "jobs of octo-org/octo-repo that name the environment production, on any branch"},
		{provider, "repo:octo-org/octo-repo:pull_request", "", "jobs of octo-org/octo-repo for any pull request that name no environment"},
		{provider, "repo:octo-org/octo-repo:ref:refs/heads/main", "production", "jobs of octo-org/octo-repo with this very sub"},
		{provider, "repository_owner:octo-org:ref:refs/heads/main", "", "jobs of octo-org/octo-repo with this very sub"},
		{server, "repository_owner:octo-org:ref:refs/heads/main", "", "jobs with this very sub, maybe of other repositories, too"},
	} {
		claims := trust.Claims{
			"sub": test.sub, "aud": "sts.amazonaws.com", "repository": "octo-org/octo-repo", "repository_id": "74", "repository_owner_id": "65", "ref": "refs/heads/main",
		}
		if test.environment != "" {
			claims["environment"] = test.environment
		}
		if got := grant.AWSPolicies(test.provider, claims)[0].LetsIn; got != test.want {
			t.Errorf("%s: got %q, want %q", test.sub, got, test.want)
		}
	}
}

// Whoever registers the names of a repository that is gone gets a token with its old sub, unless the sub is immutable. IDs tell them apart.
func TestGrantsAndNamesThatAreRegisteredAnew(t *testing.T) {
	t.Parallel()
	by := trustOf(t, job{}, false)
	r := start(t, by.config(job{"repository_id": "99", "repository_owner_id": "98"}, false))
	for i, want := range []bool{true, false, false} {
		onAWS, onGoogle := r.signIn(t, i)
		if (onAWS == nil) != want || onGoogle == nil {
			t.Errorf("%q: on AWS %v, want to be let in: %v; on Google %v", by.policies[i].LetsIn, onAWS, want, onGoogle)
		}
	}
}

// Every kind of job is let in by each trust that its claims make.
func TestGrantsLetTheirJobIn(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a-long-branch-", 7)
	for name, j := range map[string]job{
		"environment":              {"environment": "production"},
		"environment with a colon": {"environment": "eu:production"},
		"pull request":             {"ref": "refs/pull/7/merge", "event_name": "pull_request"},
		"tag":                      {"ref": "refs/tags/v1", "ref_type": "tag"},
		"long branch":              {"ref": "refs/heads/" + long},
		"longer branch":            {"ref": "refs/heads/" + long + long},
		"branch for a shell":       {"ref": `refs/heads/"$(id)";'x'`},
		"branch for a policy":      {"ref": "refs/heads/${aws:username}*?"},
		"repository for a policy":  {"repository": "octo-org/${*}o*?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			by := trustOf(t, j, false)
			r := start(t, by.config(j, false))
			for i, policy := range by.policies {
				if onAWS, _ := r.signIn(t, i); onAWS != nil {
					t.Errorf("%s: %v, by\n%s", policy.LetsIn, onAWS, policy.JSON)
				}
			}
			for i, member := range by.members {
				if _, onGoogle := r.signIn(t, i); onGoogle != nil {
					t.Errorf("%s: %v, by %s", member.LetsIn, onGoogle, member.Member)
				}
			}
		})
	}
}

// A token may have several audiences, each of which will do.
func TestAWSPolicyForSeveralAudiences(t *testing.T) {
	t.Parallel()
	policies := grant.AWSPolicies(provider, trust.Claims{"sub": "repo:octo-org/octo-repo:ref:refs/heads/main", "aud": []any{"one", "two"}})
	var policy struct {
		Statement []struct{ Condition map[string]map[string]any }
	}
	if err := json.Unmarshal([]byte(policies[0].JSON), &policy); err != nil {
		t.Fatal(err)
	}
	got := policy.Statement[0].Condition["StringEquals"]["token.actions.githubusercontent.com:aud"]
	if want := []any{"one", "two"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// mapping reads what gcloud's --attribute-mapping takes.
func mapping(text string) map[string]string {
	attributes := make(map[string]string)
	for part := range strings.SplitSeq(text, ",") {
		name, expression, _ := strings.Cut(part, "=")
		attributes[name] = expression
	}
	return attributes
}
