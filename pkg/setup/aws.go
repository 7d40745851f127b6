package setup

import (
	"cmp"
	"regexp"
	"strings"

	"gatepass/pkg/grant"
	"gatepass/pkg/inputs"
	"gatepass/pkg/trust"
)

// AWS is a role that certain jobs may assume, and the OIDC provider that vouches for them.
type AWS struct {
	Jobs
	Account string
	Region  string
	Role    string // Defaults to github- and the name of the repository or the organization.
	// CreateProvider is for an account that has no OIDC provider for the issuer. It can have one.
	CreateProvider bool
}

var (
	accountForm  = regexp.MustCompile(`\A[0-9]{12}\z`)
	roleNameForm = regexp.MustCompile(`\A[\w+=,.@-]{1,64}\z`)
)

// Terraform is the configuration for Terraform and OpenTofu, with a guide in comments.
func (a AWS) Terraform() (string, error) { return a.write(AWS.terraform) }

// CloudFormation is a template, with a guide in comments.
func (a AWS) CloudFormation() (string, error) { return a.write(AWS.cloudFormation) }

// Commands are those of the AWS CLI, with a guide in comments.
func (a AWS) Commands() (string, error) { return a.write(AWS.commands) }

func (a AWS) write(format func(AWS) document) (string, error) {
	a.Jobs = a.withDefaults()
	if a.Role == "" {
		a.Role = a.usualName(64)
	}
	if err := a.check(); err != nil {
		return "", err
	}
	d := format(a)
	return d.text + "\n" + a.guide(d).String(), nil
}

func (a AWS) check() error {
	var f faults
	a.Jobs.check(&f)
	f.need("account", a.Account, accountForm, "the 12 digits of the AWS account that the role is in")
	if a.partition() == "" {
		f.add("--region %s: want a region of AWS, such as %s", a.Region, cmp.Or(inputs.NearestRegion(a.Region), "eu-central-1"))
	}
	f.need("role-name", a.Role, roleNameForm, "a name of up to 64 characters of A-Z a-z 0-9 _ + = , . @ -")
	if a.isNarrowed() && a.partition() != "" && !a.readsClaims() {
		const why = "AWS reads none but sub and aud "
		where := "of this issuer's tokens"
		if a.isShared() {
			where = "in the partition " + a.partition()
		}
		if a.Workflow != "" {
			f.add("--workflow: %s%s, and job_workflow_ref is another claim", why, where)
		}
		if a.Environment != "" && a.ref() != "" {
			f.add("--environment and --%s: sub names the environment alone, and %s%s; leave one out, and say in the environment's settings which branches "+
				"and tags may use it", map[bool]string{true: "branch", false: "tag"}[a.Branch != ""], why, where)
		}
	}
	return f.join()
}

func (a AWS) partition() string { return inputs.PartitionOf(a.Region) }

// readsClaims tells whether AWS is known to make condition keys of more claims than sub and aud: of GitHub's own issuer, in its commercial
// regions. Of an enterprise's issuer no page says so.
func (a AWS) readsClaims() bool { return a.isShared() && grant.ReadsClaims(a.providerARN()) }

func (a AWS) host() string { return strings.TrimPrefix(a.Issuer, "https://") }

func (a AWS) providerARN() string {
	return "arn:" + a.partition() + ":iam::" + a.Account + ":oidc-provider/" + a.host()
}

func (a AWS) roleARN() string {
	return "arn:" + a.partition() + ":iam::" + a.Account + ":role/" + a.Role
}

func (a AWS) audience() string { return inputs.AWSAudience(a.partition()) }

// subjects are the forms of sub that the policy has. An enterprise's own issuer vouches for nobody else's repositories.
func (a AWS) subjects() (immutable []bool) { return a.forms(a.readsClaims() || !a.isShared()) }

// policy is the role's trust policy.
func (a AWS) policy() string {
	equals, like := grant.Values{"aud": {a.audience()}}, grant.Values{}
	ask := func(claim, value string) {
		if value != "" {
			equals[claim] = []string{value}
		}
	}
	for _, immutable := range a.subjects() {
		switch {
		case a.Organization == "":
			equals["sub"] = append(equals["sub"], a.subject(immutable))
		case immutable:
			like["sub"] = append(like["sub"], "repo:"+a.Organization+"@"+a.OwnerID+"/*"+grant.Literal(a.context()))
		default:
			like["sub"] = append(like["sub"], "repo:"+a.Organization+"/*"+grant.Literal(a.context()))
		}
		if !immutable && a.readsClaims() && a.hasIDs() {
			ask("repository_id", a.RepositoryID)
			if a.Organization != "" {
				ask("repository_owner_id", a.OwnerID)
			}
		}
	}
	if a.Environment != "" {
		ask("ref", a.ref())
	}
	ask("job_workflow_ref", a.Workflow)
	return grant.TrustPolicy(a.providerARN(), equals, like)
}

// parsedPolicy is the policy, to be written in another language.
func (a AWS) parsedPolicy() *trust.Node {
	policy, err := trust.ParseJSON([]byte(a.policy()))
	if err != nil {
		return &trust.Node{} // never: it was just written
	}
	return policy
}
