package trust

import (
	"errors"
	"fmt"
	"strings"
)

// AWSFile is what a file tells about who may assume AWS roles.
type AWSFile struct {
	Policies []Source
	// Audiences are the client IDs of the OIDC providers in the file, by the providers' URL without https://.
	Audiences map[string][]string
}

// awsForms says which files [ReadAWS] reads, for people.
const awsForms = `a trust policy in JSON; what "aws iam get-role --role-name NAME" or "aws iam list-roles" prints; ` +
	`what "terraform show -json" prints of a plan or a state; a CloudFormation template in JSON`

// ReadAWS finds the trust policies of roles in a file. One that holds none is an error: nothing would have been checked.
func ReadAWS(file *Node) (AWSFile, error) {
	var found AWSFile
	switch terraform, err := readTerraform(file); {
	case err != nil:
		return found, err
	case terraform != nil:
		found = terraform.roles()
	case file.Get("Statement") != nil:
		found.Policies = []Source{{Position: file.Position, Policy: file}}
	case file.Get("Role") != nil:
		found.Policies = roles([]*Node{file.Get("Role")})
	case file.Get("Roles") != nil:
		if cut := file.Get("NextToken"); cut != nil {
			return AWSFile{}, &FaultError{cut.Position, "this list of roles is cut short: NextToken says that there are more. Leave out --max-items"}
		}
		found.Policies = roles(file.Get("Roles").items())
	case file.Get("Resources") != nil:
		found.Policies = templateRoles(file.Get("Resources"))
	default:
		return AWSFile{}, unknownForm(file, awsForms)
	}
	if len(found.Policies) == 0 {
		return found, errors.New("nothing to check: there is no role in this file")
	}
	return found, nil
}

// unknownForm says what was expected of a file, and what it may be instead.
func unknownForm(file *Node, forms string) error {
	if file.Get("lineage") != nil && file.Get("serial") != nil {
		return &FaultError{file.Position, "this is Terraform's own state file, whose form may change; " +
			`run "terraform show -json >state.json" and give that`}
	}
	return &FaultError{file.Position, "this is none of what can be checked: " + forms}
}

func roles(list []*Node) (found []Source) {
	for _, role := range list {
		source := Source{Position: role.Position, Name: role.Get("RoleName").text(), Path: "AssumeRolePolicyDocument"}
		found = append(found, source.hold(role.Get("AssumeRolePolicyDocument")))
	}
	return found
}

func (t *terraform) roles() (found AWSFile) {
	for _, r := range t.resources(func(kind string) bool { return kind == "aws_iam_role" }) {
		found.Policies = append(found.Policies, r.source("assume_role_policy"))
	}
	for _, r := range t.resources(func(kind string) bool { return kind == "aws_iam_openid_connect_provider" }) {
		if url := r.values.Get("url").text(); url != "" && !r.isUnknown("client_id_list") {
			if found.Audiences == nil {
				found.Audiences = map[string][]string{}
			}
			issuer := strings.TrimPrefix(url, "https://")
			for _, id := range r.values.Get("client_id_list").items() {
				found.Audiences[issuer] = append(found.Audiences[issuer], id.text())
			}
		}
	}
	return found
}

// templateRoles finds the roles of a CloudFormation template:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
func templateRoles(resources *Node) (found []Source) {
	for _, r := range resources.members() {
		if r.Value.Get("Type").text() != "AWS::IAM::Role" {
			continue
		}
		source := Source{Position: r.Position, Name: r.Name, Path: "AssumeRolePolicyDocument"}
		source = source.hold(r.Value.Get("Properties").Get("AssumeRolePolicyDocument"))
		if at, name := source.Policy.intrinsic(); name != "" {
			source.Position, source.Policy = at, nil
			source.Hidden = fmt.Sprintf("CloudFormation computes it: it holds %s, which only a deployment resolves", name)
		}
		found = append(found, source)
	}
	return found
}

// intrinsic finds a function of CloudFormation in a value:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
func (n *Node) intrinsic() (Position, string) {
	for _, item := range n.items() {
		if at, name := item.intrinsic(); name != "" {
			return at, name
		}
	}
	for _, member := range n.members() {
		if strings.HasPrefix(member.Name, "Fn::") || member.Name == "Ref" {
			return member.Position, member.Name
		}
		if at, name := member.Value.intrinsic(); name != "" {
			return at, name
		}
	}
	return Position{}, ""
}
