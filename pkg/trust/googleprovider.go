package trust

import (
	"errors"
	"fmt"

	"gatepass/pkg/lazyregexp"
	"gatepass/pkg/untrusted"
)

// Text is a text in a file and where it begins. Its Value is empty where the file has none.
type Text struct {
	Position
	Value string
}

// Flag is a truth in a file and where it stands.
type Flag struct {
	Position
	Value bool
}

// GoogleProvider is an OIDC provider of a Google workload identity pool, as it stands in the answer of
// `gcloud iam workload-identity-pools providers describe --format=json`:
// https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers
type GoogleProvider struct {
	Position
	Name              Text   // projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER; empty if not known
	Project, Pool, ID string // the number and the names in Name
	State             Text   // ACTIVE or DELETED; empty if not known
	Disabled          Flag
	Issuer            Text
	Audiences         []Text // Defaults to the provider's own name.
	JWKS              Text   // the issuer's keys, where Google is not to fetch them
	Mapping           []GoogleMapping
	Condition         Text
	Universe          string // Defaults to googleapis.com. No file tells it.
}

// GoogleMapping is an attribute and the CEL expression that gives it.
type GoogleMapping struct{ Attribute, Expression Text }

// The forms are those of Google's IAM API: projects.locations.workloadIdentityPools.providers.
var googleProviderForm = lazyregexp.New(
	`^projects/([0-9]+)/locations/global/workloadIdentityPools/([a-z0-9-]{4,32})/providers/([a-z0-9-]{4,32})$`)

// NewGoogleProvider returns a provider of which no more than the name is known.
func NewGoogleProvider(name Text) (*GoogleProvider, error) {
	parts := googleProviderForm().FindStringSubmatch(name.Value)
	if parts == nil {
		return nil, &FaultError{name.Position, fmt.Sprintf("%q is not the name of a provider, "+
			"projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER", name.Value)}
	}
	return &GoogleProvider{Name: name, Project: parts[1], Pool: parts[2], ID: parts[3]}, nil
}

// PoolName is the name of the provider's pool, as members of IAM bindings have it. It is empty if the provider's name is.
func (p *GoogleProvider) PoolName() string {
	if p.Pool == "" {
		return ""
	}
	return "projects/" + p.Project + "/locations/global/workloadIdentityPools/" + p.Pool
}

// ParseGoogleProvider reads a provider and tells every fault, each a [FaultError]. Members that it does not know it ignores: Google's
// answer has more than decides about a token. Whether an expression is CEL it does not ask.
func ParseGoogleProvider(node *Node) (*GoogleProvider, error) {
	r := googleReader{}
	if node.Kind != Object {
		r.fault(node.Position, "this is %s, not a provider, which is %s", node.Kind, Object)
		return nil, errors.Join(r.faults...)
	}
	p := &GoogleProvider{}
	if name := r.text(node, "name"); name.Value != "" {
		named, err := NewGoogleProvider(name)
		if err != nil {
			r.faults = append(r.faults, err)
		} else {
			p = named
		}
	}
	p.Position = node.Position
	p.State = r.text(node, "state")
	if disabled := r.member(node, "disabled", Bool); disabled != nil {
		p.Disabled = Flag{disabled.Position, disabled.Text == "true"}
	}
	p.Mapping = r.mapping(node)
	p.Condition = r.text(node, "attributeCondition")
	if oidc := r.member(node, "oidc", Object); oidc != nil {
		p.Issuer = r.text(oidc, "issuerUri")
		p.Audiences = r.texts(oidc, "allowedAudiences")
		p.JWKS = r.text(oidc, "jwksJson")
		if issuer := oidc.Get("issuerUri"); issuer == nil || issuer.Text == "" && (issuer.Kind == Null || issuer.Kind == String) {
			r.fault(oidc.Position, "oidc has no issuerUri")
		}
	} else if node.Get("oidc") == nil {
		r.fault(node.Position, "this provider has no oidc: only an OIDC provider takes GitHub's tokens")
	}
	if len(r.faults) > 0 {
		return nil, errors.Join(r.faults...)
	}
	return p, nil
}

// googleReader reads members of an object and collects what is wrong with them.
type googleReader struct{ faults []error }

func (r *googleReader) fault(at Position, format string, args ...any) {
	r.faults = append(r.faults, &FaultError{at, fmt.Sprintf(format, args...)})
}

// is adds a fault unless a value is of the kind.
func (r *googleReader) is(value *Node, kind Kind, name string) bool {
	if value.Kind != kind {
		r.fault(value.Position, "%s is %s, not %s", name, value.Kind, kind)
	}
	return value.Kind == kind
}

// member returns a member that is of the kind, or nil. One that is null is none.
func (r *googleReader) member(object *Node, name string, kind Kind) *Node {
	value := object.Get(name)
	if value == nil || value.Kind == Null || !r.is(value, kind, name) {
		return nil
	}
	return value
}

func (r *googleReader) text(object *Node, name string) Text {
	if value := r.member(object, name, String); value != nil {
		return Text{value.Position, value.Text}
	}
	return Text{}
}

func (r *googleReader) texts(object *Node, name string) (texts []Text) {
	list := r.member(object, name, Array)
	if list == nil {
		return nil
	}
	for i, item := range list.Items {
		if r.is(item, String, fmt.Sprintf("%s[%d]", name, i)) {
			texts = append(texts, Text{item.Position, item.Text})
		}
	}
	return texts
}

func (r *googleReader) mapping(node *Node) (mapping []GoogleMapping) {
	object := r.member(node, "attributeMapping", Object)
	if object == nil {
		return nil
	}
	for _, member := range object.Members {
		if r.is(member.Value, String, "attributeMapping."+untrusted.Line(member.Name)) {
			mapping = append(mapping, GoogleMapping{Text{member.Position, member.Name}, Text{member.Value.Position, member.Value.Text}})
		}
	}
	return mapping
}
