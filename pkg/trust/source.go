package trust

import (
	"net/url"
	"strings"
)

// Source is a policy that a file holds, among others perhaps.
type Source struct {
	// Position is where the policy begins. One in a string begins with the string, and all that is in it has this place.
	Position
	// Name is what the file calls the policy: by its role, or by the address of its Terraform resource. It is empty where the policy is
	// the file.
	Name string
	// Path is the way from what has the name to the policy, such as AssumeRolePolicyDocument.
	Path string
	// Policy is nil where the file does not tell it, and then Hidden says why, or where it cannot be read, and then Fault does.
	Policy *Node
	Hidden string
	Fault  error
}

// afterApply is why a plan does not tell a value: https://developer.hashicorp.com/terraform/internals/json-format#change-representation
const afterApply = "it is known only after apply"

// hold puts a policy into the source, which may be an object or a string of JSON.
func (s Source) hold(value *Node) Source {
	if value == nil {
		s.Hidden = "the file does not tell it"
		return s
	}
	s.Position, s.Policy = value.Position, value
	if value.Kind != String {
		return s
	}
	var err error
	if s.Policy, err = ParseJSON([]byte(decoded(value.Text))); err != nil {
		s.Fault = &FaultError{s.Position, "in the string, " + err.Error()}
		return s
	}
	s.Policy.move(s.Position)
	return s
}

// Inside is the way to a place in the policy.
func (s Source) Inside(path string) string {
	if s.Path == "" || path == "" {
		return s.Path + path
	}
	return s.Path + ": " + path
}

// decoded takes the percent encoding from a document that comes from IAM's API itself; the CLI has taken it off already:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html
func decoded(document string) string {
	if plain, err := url.PathUnescape(document); err == nil && strings.HasPrefix(document, "%7B") {
		return plain
	}
	return document
}

// move gives a value, and all that it holds, another place.
func (n *Node) move(to Position) {
	n.Position = to
	for _, item := range n.Items {
		item.move(to)
	}
	for i := range n.Members {
		n.Members[i].Position = to
		n.Members[i].Value.move(to)
	}
}

// text is the value of a string, and empty for anything else.
func (n *Node) text() string {
	if n == nil || n.Kind != String {
		return ""
	}
	return n.Text
}

// items are the items of a list, and none for anything else.
func (n *Node) items() []*Node {
	if n == nil {
		return nil
	}
	return n.Items
}

// members are the members of an object, and none for anything else.
func (n *Node) members() []Member {
	if n == nil {
		return nil
	}
	return n.Members
}
