package trust

import (
	"errors"
	"slices"
	"strings"
)

// GoogleFile is what a file tells about who may act in Google Cloud.
type GoogleFile struct {
	// Providers are workload identity providers, in the form of Google's IAM API, as gcloud prints it.
	Providers []Source
	// Bindings are IAM policies that grant roles to members, in that form, too. Of Terraform's resources, each is a policy of its own.
	Bindings []Source
}

// googleForms says which files [ReadGoogle] reads, for people.
const googleForms = `what "gcloud iam workload-identity-pools providers describe PROVIDER --workload-identity-pool POOL ` +
	`--location global --format json" or the same with "list" prints; what "terraform show -json" prints of a plan or a state`

// bindingForms says which files [ReadBindings] reads, for people.
const bindingForms = `what "gcloud iam service-accounts get-iam-policy ACCOUNT --format json" prints, or get-iam-policy of another ` +
	`resource; what "terraform show -json" prints of a plan or a state`

// ReadGoogle finds workload identity providers in a file, and who is granted what. One without a provider is an error: nothing would have
// been checked.
func ReadGoogle(file *Node) (GoogleFile, error) {
	var found GoogleFile
	switch terraform, err := readTerraform(file); {
	case err != nil:
		return found, err
	case terraform != nil:
		found.Providers, found.Bindings = terraform.providers(), terraform.bindings()
	case file.Kind == Array:
		for _, provider := range file.Items {
			if !isProvider(provider) {
				return GoogleFile{}, unknownForm(file, googleForms)
			}
			if provider.Get("oidc") != nil {
				name := provider.Get("name").text()
				name = name[strings.LastIndex(name, "/")+1:]
				found.Providers = append(found.Providers, Source{Position: provider.Position, Name: name, Policy: provider})
			}
		}
	case isProvider(file):
		found.Providers = []Source{{Position: file.Position, Policy: file}}
	default:
		return GoogleFile{}, unknownForm(file, googleForms)
	}
	if len(found.Providers) == 0 {
		return found, errors.New("nothing to check: there is no workload identity provider for OIDC in this file")
	}
	return found, nil
}

// isProvider reports whether a value may be a workload identity provider, of whichever kind.
func isProvider(value *Node) bool {
	return value.Get("attributeMapping") != nil || value.Get("oidc") != nil || strings.Contains(value.Get("name").text(), "/providers/")
}

// ReadBindings finds the IAM policies in a file: https://docs.cloud.google.com/iam/docs/reference/rest/v1/Policy
func ReadBindings(file *Node) ([]Source, error) {
	switch terraform, err := readTerraform(file); {
	case err != nil:
		return nil, err
	case terraform != nil:
		return terraform.bindings(), nil
	case file.Get("bindings") == nil && file.Get("etag") == nil: // a policy that grants nothing has no bindings
		return nil, unknownForm(file, bindingForms)
	}
	return []Source{{Position: file.Position, Policy: file}}, nil
}

// providers finds the OIDC providers. Those of other kinds have nothing to do with GitHub.
func (t *terraform) providers() (found []Source) {
	for _, r := range t.resources(func(kind string) bool { return kind == "google_iam_workload_identity_pool_provider" }) {
		source := Source{Position: r.Position, Name: r.address}
		for _, attribute := range []string{"attribute_condition", "attribute_mapping", "oidc", "disabled"} {
			if r.isUnknown(attribute) {
				source.Path, source.Hidden = attribute, afterApply
			}
		}
		switch oidc := r.values.Get("oidc").items(); {
		case source.Hidden != "":
		case len(oidc) == 0:
			continue
		default:
			source.Policy = apiProvider(r.values, oidc[0])
			source.Policy.Position = r.Position
		}
		found = append(found, source)
	}
	return found
}

// apiProvider writes a Terraform resource in the form of the API:
// https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/iam_workload_identity_pool_provider
func apiProvider(values, oidc *Node) *Node {
	settings := renamed(oidc, "issuer_uri", "issuerUri", "allowed_audiences", "allowedAudiences", "jwks_json", "jwksJson")
	provider := renamed(values, "name", "name", "state", "state", "disabled", "disabled",
		"attribute_mapping", "attributeMapping", "attribute_condition", "attributeCondition")
	provider.Members = append(provider.Members, Member{oidc.Position, "oidc", settings})
	return provider
}

// renamed is an object with some members of another one, by other names. Terraform has null where nothing is set.
func renamed(object *Node, names ...string) *Node {
	result := &Node{Kind: Object}
	if object != nil {
		result.Position = object.Position
	}
	for pair := range slices.Chunk(names, 2) {
		for _, member := range object.members() {
			if member.Name == pair[0] && member.Value.Kind != Null {
				result.Members = append(result.Members, Member{member.Position, pair[1], member.Value})
			}
		}
	}
	return result
}

// bindings finds the resources that grant roles: google_project_iam_member, google_storage_bucket_iam_binding …
func (t *terraform) bindings() (found []Source) {
	attributes := map[string]string{"iam_member": "member", "iam_binding": "members", "iam_policy": "policy_data"}
	attribute := func(kind string) string { return attributes[kind[strings.LastIndex(kind, "_iam_")+1:]] }
	for _, r := range t.resources(func(kind string) bool { return strings.HasPrefix(kind, "google_") && attribute(kind) != "" }) {
		attribute := attribute(r.kind)
		source := Source{Position: r.Position, Name: r.address, Path: attribute}
		switch {
		case r.isUnknown(attribute) && attribute != "policy_data" && !r.mayBeOfPool(attribute):
			continue
		case r.isUnknown(attribute):
			source.Hidden = afterApply
		case attribute == "policy_data":
			source = source.hold(r.values.Get(attribute))
		default:
			source.Policy = apiPolicy(r.values, attribute)
		}
		found = append(found, source)
	}
	return found
}

// apiPolicy writes a Terraform resource that grants a role as an IAM policy.
func apiPolicy(values *Node, attribute string) *Node {
	members := values.Get(attribute)
	if members != nil && members.Kind != Array {
		members = &Node{Position: members.Position, Kind: Array, Items: []*Node{members}}
	}
	binding := renamed(values, "role", "role")
	if members != nil {
		binding.Members = append(binding.Members, Member{members.Position, "members", members})
	}
	if condition := values.Get("condition").items(); len(condition) > 0 {
		binding.Members = append(binding.Members, Member{condition[0].Position, "condition", condition[0]})
	}
	bindings := &Node{Position: binding.Position, Kind: Array, Items: []*Node{binding}}
	return &Node{Position: binding.Position, Kind: Object, Members: []Member{{binding.Position, "bindings", bindings}}}
}

// mayBeOfPool reports whether an unknown member may be of a pool. Most are service accounts that are yet to be made, so it is one if what
// it refers to is a pool, or if the role is the one that pools are for.
func (r resource) mayBeOfPool(attribute string) bool {
	references := r.config.Get(attribute).Get("references").items()
	return r.values.Get("role").text() == "roles/iam.workloadIdentityUser" || slices.ContainsFunc(references, func(reference *Node) bool {
		return strings.Contains(reference.text(), "google_iam_workload_identity_pool")
	})
}
