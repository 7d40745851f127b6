package awstrust

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gatepass/pkg/lazyregexp"
	"gatepass/pkg/trust"
)

// Parse reads a trust policy, and finds every fault in it: what AWS does not take, and what no answer can be given about. The error joins
// errors of type [trust.FaultError].
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func Parse(document *trust.Node) (*Policy, error) {
	p := parser{sids: map[string]bool{}}
	if document.Kind != trust.Object {
		return nil, &trust.FaultError{Position: document.Position, Message: "a policy is an object, not " + document.Kind.String()}
	}
	p.elements(document, "", "Version", "Id", "Statement")
	if version := document.Get("Version"); version != nil {
		if !isString(version) || version.Text != "2012-10-17" && version.Text != "2008-10-17" {
			p.fault(version.Position, "Version", `must be "2012-10-17" or "2008-10-17"`)
		}
		p.policy.variables = version.Text == "2012-10-17"
	}
	if id := document.Get("Id"); id != nil && !isString(id) {
		p.fault(id.Position, "Id", "must be a string")
	}
	p.statements(document)
	if len(p.faults) > 0 {
		slices.SortStableFunc(p.faults, func(a, b *trust.FaultError) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		return nil, joinFaults(p.faults)
	}
	return &p.policy, nil
}

// parser collects the faults.
type parser struct {
	policy Policy
	sids   map[string]bool
	faults []*trust.FaultError
}

func (p *parser) fault(at trust.Position, path, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if path != "" {
		message = path + ": " + message
	}
	p.faults = append(p.faults, &trust.FaultError{Position: at, Message: message})
}

func joinFaults(faults []*trust.FaultError) error {
	var list []error
	for _, fault := range faults {
		list = append(list, fault)
	}
	return errors.Join(list...)
}

func isString(n *trust.Node) bool { return n != nil && n.Kind == trust.String }

// elements adds a fault for every member of an object that has none of the names.
func (p *parser) elements(object *trust.Node, path string, names ...string) {
	for _, member := range object.Members {
		if slices.Contains(names, member.Name) {
			continue
		}
		message := "a trust policy has no such element"
		for _, name := range names {
			if strings.EqualFold(name, member.Name) {
				message += "; write " + name
			}
		}
		p.fault(member.Position, join(path, member.Name), "%s", message)
	}
}

func join(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

// statements reads the statements. IAM takes one without a list around it, too.
func (p *parser) statements(document *trust.Node) {
	node := document.Get("Statement")
	switch {
	case node == nil:
		p.fault(document.Position, "", "the policy has no Statement")
	case node.Kind == trust.Array:
		if len(node.Items) == 0 {
			p.fault(node.Position, "Statement", "must have at least one statement")
		}
		for i, item := range node.Items {
			p.statement(item, fmt.Sprintf("Statement[%d]", i))
		}
	default:
		p.statement(node, "Statement")
	}
}

func (p *parser) statement(node *trust.Node, path string) {
	if node.Kind != trust.Object {
		p.fault(node.Position, path, "a statement is an object, not %s", node.Kind)
		return
	}
	s := statement{Position: node.Position, path: path}
	p.elements(node, path, "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition")
	if sid := node.Get("Sid"); sid != nil {
		if !isString(sid) {
			p.fault(sid.Position, path+".Sid", "must be a string")
		} else if s.sid = sid.Text; s.sid != "" && p.sids[s.sid] {
			p.fault(sid.Position, path+".Sid", "%q is the Sid of another statement, too", s.sid)
		}
		p.sids[s.sid] = true
	}
	switch effect := node.Get("Effect"); {
	case effect == nil:
		p.fault(node.Position, path, "the statement has no Effect")
	case !isString(effect) || effect.Text != "Allow" && effect.Text != "Deny":
		p.fault(effect.Position, path+".Effect", "must be Allow or Deny")
	default:
		s.deny = effect.Text == "Deny"
	}
	p.principals(node, &s)
	p.actions(node, &s)
	if block := node.Get("Condition"); block != nil {
		p.conditions(block, path+".Condition", &s)
	}
	p.policy.statements = append(p.policy.statements, s)
}

// either returns the member that has one of two names, of which a statement has exactly one.
func (p *parser) either(node *trust.Node, path, name, notName string) (found *trust.Member, not bool) {
	for i, member := range node.Members {
		switch {
		case member.Name != name && member.Name != notName:
		case found != nil:
			p.fault(member.Position, join(path, member.Name), "a statement has %s or %s, not both", name, notName)
		default:
			found, not = &node.Members[i], member.Name == notName
		}
	}
	if found == nil {
		p.fault(node.Position, path, "the statement has no %s", name)
	}
	return found, not
}

func (p *parser) principals(node *trust.Node, s *statement) {
	member, not := p.either(node, s.path, "Principal", "NotPrincipal")
	if member == nil {
		return
	}
	path := s.path + "." + member.Name
	s.principal = principals{Position: member.Position, path: path, not: not}
	switch {
	case isString(member.Value) && member.Value.Text == "*":
		everyone := value{Position: member.Value.Position, path: path, text: "*"}
		s.principal.names = []principal{{everyone, kindAWS}}
		return
	case member.Value.Kind != trust.Object || len(member.Value.Members) == 0:
		p.fault(member.Value.Position, path, `must be "*", or an object such as {"Federated": "ARN"}`)
		return
	}
	for _, kind := range member.Value.Members {
		path := path + "." + kind.Name
		if !slices.Contains([]string{kindAWS, kindFederated, "Service", "CanonicalUser"}, kind.Name) {
			p.fault(kind.Position, path, "is no kind of principal; AWS, Federated, Service and CanonicalUser are")
			continue
		}
		for _, name := range p.strings(kind.Value, path) {
			if kind.Name == kindAWS && !awsForm().MatchString(name.text) {
				p.fault(name.Position, name.path, "%q is not the ARN of a root, user, role or session, an account or *", name.text)
			}
			s.principal.names = append(s.principal.names, principal{name, kind.Name})
		}
	}
}

// actionForm is that of the names of actions. AWS's are in ASCII.
var actionForm = lazyregexp.New(`\A(?:\*|[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+)\z`)

func (p *parser) actions(node *trust.Node, s *statement) {
	member, not := p.either(node, s.path, "Action", "NotAction")
	if member == nil {
		return
	}
	path := s.path + "." + member.Name
	s.action = actions{Position: member.Position, path: path, not: not, names: p.strings(member.Value, path)}
	for _, name := range s.action.names {
		if !actionForm().MatchString(name.text) {
			p.fault(name.Position, name.path, "%q is not an action such as sts:AssumeRoleWithWebIdentity", name.text)
		}
	}
}

// strings reads a string or a list of at least one.
func (p *parser) strings(node *trust.Node, path string) []value {
	return p.list(node, path, "must be a string, or a list of strings", func(item *trust.Node) bool { return isString(item) && item.Text != "" })
}

func (p *parser) list(node *trust.Node, path, problem string, valid func(item *trust.Node) bool) (values []value) {
	if node.Kind != trust.Array {
		if !valid(node) {
			p.fault(node.Position, path, "%s", problem)
			return nil
		}
		return []value{{Position: node.Position, path: path, text: node.Text, kind: node.Kind}}
	}
	if len(node.Items) == 0 {
		p.fault(node.Position, path, "the list is empty")
	}
	for i, item := range node.Items {
		path := fmt.Sprintf("%s[%d]", path, i)
		if !valid(item) {
			p.fault(item.Position, path, "%s", problem)
			continue
		}
		values = append(values, value{Position: item.Position, path: path, text: item.Text, kind: item.Kind})
	}
	return values
}
