package setup

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"gatepass/pkg/trust"
)

// configuration is a file of Terraform's.
type configuration struct{ file *hclwrite.File }

func newConfiguration() configuration { return configuration{hclwrite.NewEmptyFile()} }

// resource adds a resource.
func (c configuration) resource(kind, name string) *hclwrite.Body {
	body := c.file.Body()
	if len(body.Blocks()) > 0 {
		body.AppendNewline()
	}
	return body.AppendNewBlock("resource", []string{kind, name}).Body()
}

func (c configuration) String() string { return string(hclwrite.Format(c.file.Bytes())) }

// set adds an argument that is a text.
func set(body *hclwrite.Body, name, value string) {
	body.SetAttributeValue(name, cty.StringVal(value))
}

// refer adds an argument that is an attribute of a resource, or a resource.
func refer(body *hclwrite.Body, name string, path ...string) {
	body.SetAttributeTraversal(name, traversal(path))
}

func traversal(path []string) hcl.Traversal {
	steps := hcl.Traversal{hcl.TraverseRoot{Name: path[0]}}
	for _, name := range path[1:] {
		steps = append(steps, hcl.TraverseAttr{Name: name})
	}
	return steps
}

// dependsOn has a resource wait for another one.
func dependsOn(body *hclwrite.Body, path ...string) {
	body.SetAttributeRaw("depends_on", hclwrite.TokensForTuple([]hclwrite.Tokens{hclwrite.TokensForTraversal(traversal(path))}))
}

// expression writes JSON as an expression.
func expression(n *trust.Node) hclwrite.Tokens {
	switch n.Kind {
	case trust.Object:
		var members []hclwrite.ObjectAttrTokens
		for _, m := range n.Members {
			members = append(members, hclwrite.ObjectAttrTokens{Name: key(m.Name), Value: expression(m.Value)})
		}
		return hclwrite.TokensForObject(members)
	case trust.Array:
		var items []hclwrite.Tokens
		for _, item := range n.Items {
			items = append(items, expression(item))
		}
		return hclwrite.TokensForTuple(items)
	}
	return hclwrite.TokensForValue(cty.StringVal(n.Text)) // a policy has no other
}

func key(name string) hclwrite.Tokens {
	if hclsyntax.ValidIdentifier(name) {
		return hclwrite.TokensForIdentifier(name)
	}
	return hclwrite.TokensForValue(cty.StringVal(name))
}
