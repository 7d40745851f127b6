package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gatepass/pkg/program"
	"gatepass/pkg/setup"
	"gatepass/pkg/trust"
)

const setupHelp = `Print what to create on AWS or Google Cloud so that the jobs of a repository can sign in, and
no others. No cloud is asked, and nothing is created.

A job gets in if it belongs to the repository and all that the flags say is true of it. Without
--branch, --tag, --pull-request and --environment only runs of the branch main get in.

If a job names an environment, its claim sub holds the environment in place of the branch.

The claim sub has one of two forms. GitHub gives the immutable one, repo:OWNER@ID/NAME@ID:…, to
repositories made, renamed or transferred since 15 July 2026, and repo:OWNER/NAME:… to the others.
Give the IDs if you can: then both forms get in, and the cloud compares the IDs besides, so that
whoever registers the names again stays out. Where the cloud cannot compare them, the immutable
form alone gets in. Without the IDs the names are all that is compared. With --subject you choose
the form yourself.`

func setupCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "setup",
		Short: "Print what to create in the cloud so that a repository can sign in",
		Long:  setupHelp,
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return program.UsageError(errors.New("say for which cloud: gatepass setup aws, or gatepass setup google"))
		},
	}
	command.AddCommand(setupAWSCommand(), setupGoogleCommand())
	return command
}

// format is one of the forms that a setup can be printed in.
type format struct {
	name  string
	print func() (string, error)
}

// setupFlags adds what the clouds have in common, and has the command print one of its formats.
func setupFlags(command *cobra.Command, jobs *setup.Jobs, formats ...format) *pflag.FlagSet {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&jobs.Repository, "repo", "", "the repository, `OWNER/NAME`")
	flags.StringVar(&jobs.Organization, "organization", "", "the `name` of an owner, all of whose repositories are meant, in place of --repo")
	flags.StringVar(&jobs.OwnerID, "owner-id", "", "the `ID` of the owner: gh api repos/OWNER/NAME --jq .owner.id")
	flags.StringVar(&jobs.RepositoryID, "repo-id", "", "the `ID` of the repository: gh api repos/OWNER/NAME --jq .id")
	flags.StringVar(&jobs.Branch, "branch", "", "the `name` of a branch (default main, if nothing else says what a run is for)")
	flags.StringVar(&jobs.Tag, "tag", "", "the `name` of a tag, in place of --branch")
	flags.BoolVar(&jobs.PullRequest, "pull-request", false, "pull requests, in place of --branch")
	flags.StringVar(&jobs.Environment, "environment", "", "the `name` of the environment that a job names")
	flags.StringVar(&jobs.Workflow, "workflow", "", "the reusable `workflow` that a job is written in: OWNER/NAME/.github/workflows/FILE@REF, REF in full or a SHA")
	flags.StringVar((*string)(&jobs.Subject), "subject", "", "the `form` of sub: immutable, name or both (default as gatepass setup --help says)")
	flags.StringVar(&jobs.Issuer, "issuer", trust.GitHubIssuer, "the `URL` of the issuer, which an enterprise may have of its own")
	chosen := flags.String("format", names[0], "the `form` of what is printed: "+strings.Join(names, ", "))
	command.Args = cobra.NoArgs
	command.RunE = func(command *cobra.Command, _ []string) error {
		at := slices.Index(names, *chosen)
		if at < 0 {
			return program.UsageError(fmt.Errorf("--format %s: want %s", *chosen, strings.Join(names, ", ")))
		}
		text, err := formats[at].print()
		if err != nil {
			return program.UsageError(err)
		}
		_, err = fmt.Fprint(command.OutOrStdout(), text)
		return err
	}
	return flags
}

func setupAWSCommand() *cobra.Command {
	var aws setup.AWS
	command := &cobra.Command{
		Use:   "aws",
		Short: "Print an OIDC provider and a role for AWS",
		Long: `Print an IAM OIDC provider and a role that certain jobs may assume. The role may do nothing
until you attach a policy to it.

On AWS an environment and a branch together, and a reusable workflow, are conditions on the
claims ref and job_workflow_ref, which AWS reads of github.com's tokens in its commercial regions.`,
		Example: `  gatepass setup aws --repo octo-org/octo-repo --owner-id 65 --repo-id 74 --account 123456789012 --region eu-central-1
  gatepass setup aws --repo octo-org/octo-repo --environment production --account 123456789012 --format cli`,
	}
	flags := setupFlags(command, &aws.Jobs,
		format{"terraform", func() (string, error) { return aws.Terraform() }},
		format{"cloudformation", func() (string, error) { return aws.CloudFormation() }},
		format{"cli", func() (string, error) { return aws.Commands() }})
	flags.StringVar(&aws.Account, "account", "", "the `ID` of the AWS account")
	flags.StringVar(&aws.Region, "region", "us-east-1", "the `region` that the jobs work in, which tells the partition, too")
	flags.StringVar(&aws.Role, "role-name", "", "the `name` of the role (default github- and the name of the repository)")
	flags.BoolVar(&aws.CreateProvider, "create-provider", true, "make the OIDC provider; false where the account has it, as it can have but one for an issuer")
	return command
}

func setupGoogleCommand() *cobra.Command {
	var google setup.Google
	command := &cobra.Command{
		Use:   "google",
		Short: "Print a workload identity provider and bindings for Google Cloud",
		Long: `Print a workload identity pool with a provider that admits certain jobs, and the bindings that
let them act as a service account, or give them a role in the project themselves.

The pool is for this repository alone: members of bindings name the pool and not the provider,
so that two providers of one pool could vouch for each other's jobs.`,
		Example: `  gatepass setup google --repo octo-org/octo-repo --owner-id 65 --repo-id 74 --project my-project --project-number 123456789012 \
    --service-account deploy@my-project.iam.gserviceaccount.com
  gatepass setup google --repo octo-org/octo-repo --environment production --project my-project --project-number 123456789012 \
    --role roles/storage.objectViewer --format cli`,
	}
	flags := setupFlags(command, &google.Jobs,
		format{"terraform", func() (string, error) { return google.Terraform() }},
		format{"cli", func() (string, error) { return google.Commands() }})
	flags.StringVar(&google.Project, "project", "", "the `ID` of the project that the pool is in")
	flags.StringVar(&google.ProjectNumber, "project-number", "", "its `number`: gcloud projects describe PROJECT --format='value(projectNumber)'")
	flags.StringVar(&google.Pool, "pool", "", "the `name` of the pool (default github- and the name of the repository)")
	flags.StringVar(&google.Provider, "provider", "github", "the `name` of the provider")
	flags.StringVar(&google.ServiceAccount, "service-account", "", "the `address` of the service account that the jobs may act as")
	flags.StringVar(&google.Role, "role", "", "the `role` that the jobs get in the project themselves, in place of --service-account")
	flags.BoolVar(&google.CreateProvider, "create-provider", true, "make the pool and the provider; false where they are there")
	return command
}
