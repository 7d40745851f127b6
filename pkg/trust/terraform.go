package trust

import (
	"fmt"
	"strings"
)

// terraform is what `terraform show -json` prints of a plan or a state: https://developer.hashicorp.com/terraform/internals/json-format
type terraform struct {
	root    *Node
	unknown map[string]*Node // of a resource's address, which of its values are known only after apply
	config  map[string]*Node // of a resource's address without instance keys, its expressions
}

// resource is one resource as it will be, or as it is.
type resource struct {
	Position
	address string
	kind    string
	values  *Node
	unknown *Node // has true in place of what is known only after apply
	config  *Node // has what an argument refers to
}

// readTerraform returns nil for a file of another form. Versions before 1.0 were of Terraform before 1.1.
func readTerraform(file *Node) (*terraform, error) {
	version := file.Get("format_version")
	if version == nil {
		return nil, nil
	}
	if major, _, _ := strings.Cut(version.text(), "."); major != "0" && major != "1" {
		return nil, &FaultError{version.Position, fmt.Sprintf("format_version is %q, and only versions 1.x can be checked", version.Text)}
	}
	if errored := file.Get("errored"); errored.holdsTrue() {
		return nil, &FaultError{errored.Position, "terraform plan has failed, so that not all is in this plan"}
	}
	t := &terraform{unknown: map[string]*Node{}, config: map[string]*Node{}}
	switch {
	case file.Get("planned_values") != nil:
		t.root = file.Get("planned_values").Get("root_module")
	case file.Get("values") != nil:
		t.root = file.Get("values").Get("root_module")
	}
	for _, change := range file.Get("resource_changes").items() {
		t.unknown[change.Get("address").text()] = change.Get("change").Get("after_unknown")
	}
	t.configure("", file.Get("configuration").Get("root_module"))
	return t, nil
}

// configure collects the expressions of a module's resources. Their addresses are relative to the module.
func (t *terraform) configure(prefix string, module *Node) {
	for _, r := range module.Get("resources").items() {
		t.config[prefix+r.Get("address").text()] = r.Get("expressions")
	}
	for _, call := range module.Get("module_calls").members() {
		t.configure(prefix+"module."+call.Name+".", call.Value.Get("module"))
	}
}

// resources are the resources whose type is wanted. Data sources are not: nobody deploys them.
func (t *terraform) resources(wanted func(kind string) bool) []resource {
	var found []resource
	var walk func(module *Node)
	walk = func(module *Node) {
		for _, r := range module.Get("resources").items() {
			kind, address := r.Get("type").text(), r.Get("address").text()
			if r.Get("mode").text() == "managed" && wanted(kind) {
				found = append(found, resource{r.Position, address, kind, r.Get("values"), t.unknown[address], t.config[withoutKeys(address)]})
			}
		}
		for _, child := range module.Get("child_modules").items() {
			walk(child)
		}
	}
	walk(t.root)
	return found
}

// withoutKeys takes the keys of count and for_each from an address, such as module.a["x.y"].aws_iam_role.b[0].
func withoutKeys(address string) string {
	var plain strings.Builder
	for {
		before, rest, found := strings.Cut(address, "[")
		plain.WriteString(before)
		if !found {
			return plain.String()
		}
		address = afterKey(rest)
	}
}

// afterKey is what follows a key and its bracket. A key in quotes may hold a bracket, and a quote after a backslash.
func afterKey(text string) string {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
		case text[i] == '"':
			quoted = !quoted
		case text[i] == ']' && !quoted:
			return text[i+1:]
		}
	}
	return ""
}

// source is the policy in an attribute.
func (r resource) source(attribute string) Source {
	s := Source{Position: r.Position, Name: r.address, Path: attribute}
	if r.isUnknown(attribute) {
		s.Hidden = afterApply
		return s
	}
	return s.hold(r.values.Get(attribute))
}

// isUnknown reports whether a value, or some of what it holds, is known only after apply.
func (r resource) isUnknown(attribute string) bool { return r.unknown.Get(attribute).holdsTrue() }

func (n *Node) holdsTrue() bool {
	if n == nil {
		return false
	}
	for _, item := range n.Items {
		if item.holdsTrue() {
			return true
		}
	}
	for _, member := range n.Members {
		if member.Value.holdsTrue() {
			return true
		}
	}
	return n.Kind == Bool && n.Text == "true"
}
