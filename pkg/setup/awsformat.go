package setup

import (
	"github.com/goccy/go-yaml"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"gatepass/pkg/quote"
	"gatepass/pkg/trust"
)

// A provider has no thumbprint: AWS verifies GitHub's certificate by its own list of authorities, and where that does not do, it takes the
// thumbprint itself: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html

func (a AWS) terraform() document {
	c := newConfiguration()
	if a.CreateProvider {
		provider := c.resource("aws_iam_openid_connect_provider", "github")
		set(provider, "url", a.Issuer)
		provider.SetAttributeValue("client_id_list", cty.ListVal([]cty.Value{cty.StringVal(a.audience())}))
	}
	name := identifier(a.Role, "_")
	role := c.resource("aws_iam_role", name)
	set(role, "name", a.Role)
	// The provider's ARN is in the policy in full, and no reference to the provider, so that the policy in a plan can be checked.
	role.SetAttributeRaw("assume_role_policy", hclwrite.TokensForFunctionCall("jsonencode", expression(a.parsedPolicy())))
	return document{
		text: c.String(),
		deploy: []step{
			{"", "terraform plan -out=plan.out"},
			{"once the check below finds nothing", "terraform apply plan.out"},
		},
		show: "terraform show -json plan.out",
		only: []string{"--only", "aws_iam_role." + name},
	}
}

func (a AWS) cloudFormation() document {
	resource := func(kind string, properties yaml.MapSlice) yaml.MapSlice {
		return yaml.MapSlice{{Key: "Type", Value: kind}, {Key: "Properties", Value: properties}}
	}
	resources := yaml.MapSlice{}
	if a.CreateProvider {
		resources = append(resources, yaml.MapItem{Key: "GitHub", Value: resource("AWS::IAM::OIDCProvider", yaml.MapSlice{
			{Key: "Url", Value: a.Issuer},
			{Key: "ClientIdList", Value: []string{a.audience()}},
		})})
	}
	resources = append(resources, yaml.MapItem{Key: "Role", Value: resource("AWS::IAM::Role", yaml.MapSlice{
		{Key: "RoleName", Value: a.Role},
		{Key: "AssumeRolePolicyDocument", Value: ordered(a.parsedPolicy())},
	})})
	return document{
		text: yamlText(yaml.MapSlice{{Key: "AWSTemplateFormatVersion", Value: "2010-09-09"}, {Key: "Resources", Value: resources}}),
		deploy: []step{{"with this in the file github.yaml", quote.Command(append([]string{"aws", "cloudformation", "deploy", "--stack-name", identifier(a.Role, "-"),
			"--template-file", "github.yaml", "--capabilities", "CAPABILITY_NAMED_IAM"}, a.inRegion()...)...)}},
		show: a.getRole(),
	}
}

// ordered is JSON for a YAML encoder that keeps its order.
func ordered(n *trust.Node) any {
	switch n.Kind {
	case trust.Object:
		var members yaml.MapSlice
		for _, m := range n.Members {
			members = append(members, yaml.MapItem{Key: m.Name, Value: ordered(m.Value)})
		}
		return members
	case trust.Array:
		var items []any
		for _, item := range n.Items {
			items = append(items, ordered(item))
		}
		return items
	}
	return n.Text
}

func yamlText(value any) string {
	text, err := yaml.MarshalWithOptions(value, yaml.IndentSequence(true))
	if err != nil {
		return "" // never: there is nothing but texts in it
	}
	return string(text)
}

func (a AWS) commands() document {
	text := ""
	if a.CreateProvider {
		text = command("aws iam create-open-id-connect-provider", a.flags([]string{"--url", a.Issuer}, []string{"--client-id-list", a.audience()})...) + "\n\n"
	}
	text += command("aws iam create-role", a.flags([]string{"--role-name", a.Role}, []string{"--assume-role-policy-document", trimmed(a.policy())})...) + "\n"
	return document{text: text, show: a.getRole()}
}

func (a AWS) getRole() string {
	return quote.Command(append([]string{"aws", "iam", "get-role", "--role-name", a.Role}, a.inRegion()...)...)
}

// flags are those of a command, and the region where that tells the partition.
func (a AWS) flags(flags ...[]string) [][]string {
	if region := a.inRegion(); region != nil {
		flags = append(flags, region)
	}
	return flags
}

func (a AWS) inRegion() []string {
	if a.partition() == "aws" {
		return nil
	}
	return []string{"--region", a.Region}
}
