package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The flags of a repository, of an account, and of a project.
const (
	octoRepo  = " --repo octo-org/octo-repo --owner-id 65 --repo-id 74"
	awsPlace  = " --account 123456789012 --region eu-central-1"
	project   = " --project my-project --project-number 123456789012"
	deployer  = " --service-account deploy@my-project.iam.gserviceaccount.com"
	deployYML = "octo-org/workflows/.github/workflows/deploy.yml@7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"
)

func runSetup(t *testing.T, args string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	command := root()
	command.SetArgs(strings.Fields("setup " + args))
	command.SetOut(&out)
	err := command.ExecuteContext(t.Context())
	return out.String(), err
}

func TestSetup(t *testing.T) {
	t.Parallel()
	for name, args := range map[string]string{
		"aws-terraform":            "aws" + octoRepo + awsPlace,
		"aws-terraform-names":      "aws --repo octo-org/octo-repo --environment production" + awsPlace,
		"aws-terraform-workflow":   "aws --organization octo-org --owner-id 65 --environment production --workflow " + deployYML + awsPlace,
		"aws-cloudformation":       "aws --format cloudformation --subject immutable --environment production --branch main" + octoRepo + awsPlace,
		"aws-cli":                  "aws --format cli --role-name plan --pull-request" + octoRepo + awsPlace,
		"aws-cli-china":            "aws --format cli --create-provider=false --tag v1 --account 123456789012 --region cn-north-1" + octoRepo,
		"google-terraform":         "google" + octoRepo + project + deployer,
		"google-terraform-reader":  "google --role roles/storage.objectViewer --subject name --environment production" + octoRepo + project,
		"google-terraform-present": "google --create-provider=false --pool github --provider octo-repo" + octoRepo + project + deployer,
		"google-cli":               "google --format cli --environment production --tag v1" + octoRepo + project + deployer,
		"google-cli-organization":  "google --format cli --organization octo-org --pull-request --role roles/browser" + project,
		"google-cli-server":        "google --format cli --issuer https://ghe.example.com/_services/token" + octoRepo + project + deployer,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := runSetup(t, args)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "setup-"+name, out)
		})
	}
}

// Faults are told all at once, by the names of the flags.
func TestSetupFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ args, want string }{
		"no cloud":     {"", "say for which cloud: gatepass setup aws, or gatepass setup google"},
		"wrong format": {"google --format cloudformation" + octoRepo + project + deployer, "--format cloudformation: want terraform, cli"},
		"nothing": {"aws", `--repo: is missing; say whose jobs get in, such as --repo octo-org/octo-repo
--account: is missing; want the 12 digits of the AWS account that the role is in`},
		"nothing for Google": {"google", `--repo: is missing; say whose jobs get in, such as --repo octo-org/octo-repo
--project: is missing; want the project's ID, such as my-project
--project-number: is missing; want the project's number, as gcloud projects describe PROJECT --format='value(projectNumber)' prints it
--service-account: is missing; say whom the jobs may act as, or with --role, such as roles/storage.objectViewer, what they get in the project themselves`},
		"everything": {"aws --repo octo-repo --organization octo-org --owner-id octo --branch refs/heads/main --tag v* --environment prod* --pull-request" +
			" --workflow deploy.yml --subject ids --issuer https://github.com --account 1234 --region us-esat-1 --role-name a/b", `--repo and --organization: want one of them
--owner-id octo: want a number
--branch and --tag and --pull-request: a run is for one of them; run this for each, with a role or an account of its own
--branch refs/heads/main: want the name alone
--tag v*: want one name; a pattern lets in what anyone may push who can write to the repository. For several, use --environment, and list them in the rules of that environment on GitHub
--environment prod*: want one name; run this for each environment
--pull-request and --environment: the sub of a job that names an environment does not tell a pull request; leave out --pull-request, and say in the environment's settings which branches may use it
--workflow deploy.yml: want OWNER/NAME/.github/workflows/FILE@ with a commit's SHA, refs/tags/TAG or refs/heads/BRANCH behind it
--issuer https://github.com: want https://token.actions.githubusercontent.com, with /ENTERPRISE behind it if yours has an issuer of its own, https://token.actions.ENTERPRISE.ghe.com, or https://HOST/_services/token
--subject ids: want immutable, name or both
--account 1234: want the 12 digits of the AWS account that the role is in
--region us-esat-1: want a region of AWS, such as us-east-1
--role-name a/b: want a name of up to 64 characters of A-Z a-z 0-9 _ + = , . @ -`},
		"one ID":                     {"aws --repo octo-org/octo-repo --owner-id 65" + awsPlace, `--owner-id and --repo-id: want both; gh api repos/octo-org/octo-repo --jq '.owner.id, .id' prints them`},
		"no ID":                      {"aws --repo octo-org/octo-repo --subject both" + awsPlace, `--subject both: needs --owner-id and --repo-id; gh api repos/octo-org/octo-repo --jq '.owner.id, .id' prints them`},
		"repository's ID":            {"aws --organization octo-org --repo-id 74" + awsPlace, `--repo-id: is for --repo; an organization has --owner-id`},
		"no branch of git's":         {"aws --branch a..b" + octoRepo + awsPlace, `--branch a..b: git takes no such name`},
		"pull request's environment": {"aws --environment production --pull-request" + octoRepo + awsPlace, `--pull-request and --environment: the sub of a job that names an environment does not tell a pull request; leave out --pull-request, and say in the environment's settings which branches may use it`},
		"claims in China":            {"aws --environment production --branch main --account 123456789012 --region cn-north-1" + octoRepo, `--environment and --branch: sub names the environment alone, and AWS reads none but sub and aud in the partition aws-cn; leave one out, and say in the environment's settings which branches and tags may use it`},
		"claims of an enterprise":    {"aws --issuer https://token.actions.githubusercontent.com/octo-enterprise --workflow " + deployYML + octoRepo + awsPlace, `--workflow: AWS reads none but sub and aud of this issuer's tokens, and job_workflow_ref is another claim`},
		"server":                     {"aws --issuer https://ghe.example.com/_services/token --subject immutable" + octoRepo + awsPlace, `--subject immutable: GitHub Enterprise Server has the form name only`},
		"number for an ID": {"google --project 123456789012 --project-number my-project --pool gcp-x --provider x" + octoRepo + deployer, `--project 123456789012: this is a project's number, which goes to --project-number; here goes its ID, such as my-project
--project-number my-project: want the project's number, as gcloud projects describe PROJECT --format='value(projectNumber)' prints it
--pool gcp-x: Google keeps names that begin with gcp- for itself
--provider x: want a name of 4 to 32 characters of a-z 0-9 -`},
		"both ways":              {"google --role roles/viewer" + octoRepo + project + deployer, `--service-account and --role: want one of them; what a service account may do is its own`},
		"forms of Google's":      {"google --service-account deploy" + octoRepo + project, `--service-account deploy: want a service account's address, such as deploy@my-project.iam.gserviceaccount.com`},
		"role of Google's":       {"google --role viewer" + octoRepo + project, `--role viewer: want the name of a role, such as roles/storage.objectViewer`},
		"provider that is there": {"google --create-provider=false --environment production --branch main" + octoRepo + project + deployer, `--create-provider=false: not all of what is asked for is in google.subject, so that the provider has to ask for it; make one for these jobs alone, with --pool and --provider`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := runSetup(t, test.args)
			if got := text(err); got != test.want || out != "" {
				t.Errorf("got error %s\nand output %q; want error %s", got, out, test.want)
			}
		})
	}
}

// What the README shows is what the command prints.
func TestReadmeShowsSetup(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(readme), "```hcl\n")
	shown, _, found := strings.Cut(after, "```\n")
	out, err := runSetup(t, "aws"+octoRepo+awsPlace)
	if err != nil || !found || !strings.Contains(out, shown) {
		t.Errorf("got error %v and\n%s\nwant in it\n%s", err, out, shown)
	}
}
