package awstrust

import (
	"strings"

	"gatepass/pkg/trust"
)

func (p *parser) conditions(block *trust.Node, path string, s *statement) {
	if block.Kind != trust.Object {
		p.fault(block.Position, path, "must be an object such as {\"StringEquals\": {…}}")
		return
	}
	for _, member := range block.Members {
		path := join(path, member.Name)
		operator, problem := newOperator(member.Name)
		if problem != "" {
			p.fault(member.Position, path, "%s", problem)
			continue
		}
		if member.Value.Kind != trust.Object {
			p.fault(member.Value.Position, path, "must be an object with condition keys")
			continue
		}
		for i, key := range member.Value.Members {
			for _, other := range member.Value.Members[:i] {
				if strings.EqualFold(other.Name, key.Name) {
					p.fault(key.Position, join(path, key.Name), "is here for the second time: condition keys have no case, and the first is at %s", other.Position)
				}
			}
			if prefix, name, _ := strings.Cut(key.Name, ":"); prefix == "" || name == "" {
				p.fault(key.Position, join(path, key.Name), "is no condition key: those have the form aws:SourceIp or ISSUER:sub")
			}
			c := condition{Position: key.Position, path: join(path, key.Name), operator: operator, key: key.Name}
			c.values = p.conditionValues(key.Value, c.path, operator)
			s.conditions = append(s.conditions, c)
		}
	}
}

func (p *parser) conditionValues(node *trust.Node, path string, operator operator) (values []value) {
	if node.Kind == trust.Array && len(node.Items) == 0 {
		return nil // IAM takes it, and does not say what it means.
	}
	values = p.list(node, path, "must be a string, a number or a boolean, or a list of those", func(item *trust.Node) bool {
		return item.Kind == trust.String || item.Kind == trust.Number || item.Kind == trust.Bool
	})
	for i := range values {
		p.conditionValue(&values[i], operator)
	}
	return values
}

func (p *parser) conditionValue(v *value, operator operator) {
	v.parts = []part{{text: v.text}}
	if p.policy.variables && operator.variables {
		parts, problem := variables(v.text)
		if problem != "" {
			p.fault(v.Position, v.path, "%q %s", v.text, problem)
		}
		v.parts = parts
	}
	switch {
	case v.kind == trust.Number && operator.isText() && !integerForm().MatchString(v.text):
		p.fault(v.Position, v.path, "%s compares texts: write %s in quotes", operator.name, v.text)
	case !operator.valid(v.text):
		p.fault(v.Position, v.path, "%q is not %s, which %s needs", v.text, operator.form, operator.name)
	}
}
