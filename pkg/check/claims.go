package check

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"gatepass/pkg/idtoken"
	"gatepass/pkg/program"
	"gatepass/pkg/secret"
	"gatepass/pkg/trust"
)

// claimFlags say whose token policies are asked about.
type claimFlags struct {
	*pflag.FlagSet
	repo, ref, event, environment, workflow string
	ownerID, repoID                         string
	immutable                               bool
	audience, issuer                        string
	claims                                  []string
	file, token                             string
}

func newClaimFlags() *claimFlags {
	c := &claimFlags{FlagSet: pflag.NewFlagSet("", pflag.ContinueOnError)}
	c.SortFlags = false
	c.StringVar(&c.repo, "repo", "", "the job's repository, `OWNER/NAME`")
	c.StringVar(&c.ref, "ref", "", "the `ref` of the run (default refs/heads/main, for pull_request refs/pull/1/merge)")
	c.StringVar(&c.event, "event", "push", "the `event` that has started the run, such as pull_request")
	c.StringVar(&c.environment, "environment", "", "the `name` of the job's environment")
	c.StringVar(&c.workflow, "workflow", "", "the `file` of the job's workflow, such as deploy.yml, or the whole job_workflow_ref")
	c.StringVar(&c.ownerID, "owner-id", "", "the `ID` of the repository's owner: gh api repos/OWNER/NAME --jq .owner.id")
	c.StringVar(&c.repoID, "repo-id", "", "the `ID` of the repository: gh api repos/OWNER/NAME --jq .id")
	c.BoolVar(&c.immutable, "immutable-subject", false, "sub has IDs beside the names, as in repositories made since July 2026;\n"+
		"if both IDs are given and this is not, both forms are evaluated")
	c.StringVar(&c.audience, "audience", "", "the `audience` (default what the action asks for)")
	c.StringVar(&c.issuer, "issuer", trust.GitHubIssuer, "the `URL` of the issuer")
	c.StringArrayVar(&c.claims, "claim", nil, "any other claim, `name=value`; may be repeated")
	c.StringVar(&c.file, "claims", "", "a JSON `file` with all claims, in place of the flags above")
	c.StringVar(&c.token, "token", "", "`-` reads a JWT from standard input, in place of the flags above; it is neither printed nor verified")
	return c
}

// asked reports whether anybody wants a verdict.
func (c *claimFlags) asked() (asked bool) {
	c.VisitAll(func(flag *pflag.Flag) { asked = asked || flag.Changed })
	return asked
}

// token is a token that policies are asked about. Its audience may depend on the policy, and then is missing.
type token struct {
	title  string
	claims trust.Claims
}

// withAudience has the claims of the token as it would be for an audience, unless somebody has said another one.
func (t token) withAudience(audience string) trust.Claims {
	claims := maps.Clone(t.claims)
	if claims["aud"] == nil {
		claims["aud"] = audience
	}
	return claims
}

// tokens are the tokens that the flags describe: none, one, or one for each form that sub may have.
func (c *claimFlags) tokens(stdin io.Reader) ([]token, error) {
	switch {
	case !c.asked():
		return nil, nil
	case c.Changed("claims") || c.Changed("token"):
		t, err := c.whole(stdin)
		return []token{t}, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	claims := c.job()
	title := fmt.Sprintf("%s on %s of %s", c.event, claims["ref"], c.repo)
	if c.environment != "" {
		title += ", environment " + c.environment
	}
	if claims["sub"] != nil {
		return []token{{title, claims}}, nil
	}
	names, ids := token{title, maps.Clone(claims)}, token{title, maps.Clone(claims)}
	names.claims["sub"] = trust.GitHubSubject(claims, false)
	ids.claims["sub"] = trust.GitHubSubject(claims, true)
	switch {
	case c.Changed("immutable-subject") && c.immutable:
		return []token{ids}, nil
	case c.Changed("immutable-subject") || c.ownerID == "" || c.repoID == "":
		return []token{names}, nil
	}
	names.title += ", if its sub has no IDs"
	ids.title += ", if its sub has IDs (the immutable form)"
	return []token{names, ids}, nil
}

var (
	repoForm = regexp.MustCompile(`\A[A-Za-z0-9_-]+/[A-Za-z0-9._-]+\z`)
	idForm   = regexp.MustCompile(`\A[0-9]+\z`)
)

// check finds everything that is wrong with the flags that describe a job.
func (c *claimFlags) check() error {
	var faults []error
	fault := func(format string, values ...any) { faults = append(faults, fmt.Errorf(format, values...)) }
	repo := cmp.Or(c.repo, "OWNER/NAME")
	switch {
	case c.repo == "":
		fault("--repo: is missing; say whose token it is, such as --repo octo-org/octo-repo")
	case !repoForm.MatchString(c.repo):
		fault("--repo %s: want OWNER/NAME", c.repo)
	}
	if c.ref != "" && !strings.HasPrefix(c.ref, "refs/") {
		fault("--ref %s: want the whole ref, such as refs/heads/%[1]s or refs/tags/%[1]s", c.ref)
	}
	for _, id := range []struct{ flag, value string }{{"owner-id", c.ownerID}, {"repo-id", c.repoID}} {
		if id.value != "" && !idForm.MatchString(id.value) {
			fault("--%s %s: want a number, as gh api repos/%s --jq '.owner.id, .id' prints it", id.flag, id.value, repo)
		}
	}
	if c.immutable && (c.ownerID == "" || c.repoID == "") {
		fault("--immutable-subject: needs --owner-id and --repo-id, which gh api repos/%s --jq '.owner.id, .id' prints", repo)
	}
	if workflow := c.workflow; strings.Contains(workflow, "/") != strings.Contains(workflow, "@") {
		fault("--workflow %s: want a file such as deploy.yml, or OWNER/NAME/.github/workflows/FILE@REF", workflow)
	}
	for _, claim := range c.claims {
		if !strings.Contains(claim, "=") {
			fault("--claim %s: want name=value", claim)
		}
	}
	if len(faults) > 0 {
		return program.UsageError(faults...)
	}
	return nil
}

// job has the claims of a job's token. What nobody has said, and what does not follow from it, is [trust.Untold].
func (c *claimFlags) job() trust.Claims {
	claims := trust.Claims{"iss": c.issuer}
	for _, name := range trust.GitHubClaims() {
		claims[name] = trust.Untold{}
	}
	set := func(name, value string) {
		if value != "" {
			claims[name] = value
		}
	}
	owner, _, _ := strings.Cut(c.repo, "/")
	ref := c.ref
	switch {
	case ref != "":
	case c.event == "pull_request":
		ref = "refs/pull/1/merge"
	default:
		ref = "refs/heads/main"
	}
	set("repository", c.repo)
	set("repository_id", c.repoID)
	set("repository_owner", owner)
	set("repository_owner_id", c.ownerID)
	set("event_name", c.event)
	set("ref", ref)
	set("ref_type", trust.GitHubRefType(ref))
	set("environment", c.environment)
	set("aud", c.audience)
	if c.environment == "" {
		delete(claims, "environment_node_id")
	}
	if c.event != "pull_request" && c.event != "pull_request_target" {
		claims["head_ref"], claims["base_ref"] = "", ""
	}
	if c.workflow != "" && !strings.Contains(c.workflow, "@") {
		set("job_workflow_ref", c.repo+"/.github/workflows/"+c.workflow+"@"+ref)
	} else {
		set("job_workflow_ref", c.workflow)
	}
	for _, claim := range c.claims {
		name, value, _ := strings.Cut(claim, "=")
		claims[name] = value
	}
	return claims
}

// whole reads the claims of a token, all of them.
func (c *claimFlags) whole(stdin io.Reader) (token, error) {
	var others []string
	c.VisitAll(func(flag *pflag.Flag) {
		if flag.Changed && (flag.Name != "claims" || c.Changed("token")) && flag.Name != "token" {
			others = append(others, "--"+flag.Name)
		}
	})
	switch {
	case len(others) > 0:
		return token{}, program.UsageError(fmt.Errorf("%s: --claims and --token tell all claims, so give one of them and nothing else about the token",
			strings.Join(others, ", ")))
	case c.token == "-":
		text, err := readFile(c.token, stdin)
		if err != nil {
			return token{}, fmt.Errorf("the token on standard input: %w", err)
		}
		claims, err := idtoken.AllUnverified(secret.New(string(text)))
		if err != nil {
			return token{}, fmt.Errorf("the token on standard input: %w", err)
		}
		return token{"the token on standard input, whose signature was not verified", claims}, nil
	case c.token != "":
		return token{}, program.UsageError(errors.New("--token: takes - and reads the token from standard input; on a command line others could see it"))
	}
	node, err := parseFile(c.file, stdin)
	if err == nil && node.Kind != trust.Object {
		err = errors.New("want a JSON object with the claims of a token")
	}
	if err != nil {
		return token{}, fmt.Errorf("--claims %w", faultsIn(displayName(c.file), err)[0])
	}
	return token{"the claims of " + displayName(c.file), node.Value().(map[string]any)}, nil
}
