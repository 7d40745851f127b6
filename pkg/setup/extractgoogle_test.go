package setup_test

import (
	"strings"
	"testing"
)

// newProvider is a provider of the project that all tests have.
func newProvider(pool, id, issuer, condition string) *provider {
	return &provider{
		Name:  "projects/123456789012/locations/global/workloadIdentityPools/" + pool + "/providers/" + id,
		State: "ACTIVE", OIDC: map[string]string{"issuerUri": issuer}, AttributeCondition: condition, AttributeMapping: map[string]string{},
	}
}

func googleOfCommands(t *testing.T, commands [][]string) (made googleSetup) {
	t.Helper()
	pool := ""
	for _, command := range commands {
		words, values := flags(command)
		name := words[len(words)-1]
		switch strings.Join(words[:len(words)-1], " ") {
		case "gcloud iam workload-identity-pools create":
			pool = name
		case "gcloud iam workload-identity-pools providers create-oidc":
			if values["workload-identity-pool"] != pool {
				t.Errorf("the provider is in the pool %s, not in %s", values["workload-identity-pool"], pool)
			}
			made.provider = newProvider(pool, name, values["issuer-uri"], values["attribute-condition"])
			for pair := range strings.SplitSeq(values["attribute-mapping"], ",") {
				attribute, expression, _ := strings.Cut(pair, "=")
				made.provider.AttributeMapping[attribute] = expression
			}
		case "gcloud iam service-accounts add-iam-policy-binding":
			made.account, made.role = name, values["role"]
			made.members = append(made.members, values["member"])
		case "gcloud projects add-iam-policy-binding":
			made.role = values["role"]
			made.members = append(made.members, values["member"])
		default:
			t.Errorf("what is %q?", command)
		}
	}
	return made
}

func googleOfTerraform(t *testing.T, text string) (made googleSetup) {
	t.Helper()
	for _, resource := range resources(t, text) {
		switch resource.labels[0] {
		case "google_iam_workload_identity_pool":
		case "google_iam_workload_identity_pool_provider":
			made.provider = newProvider(resource.text("workload_identity_pool_id"), resource.text("workload_identity_pool_provider_id"),
				resource.blocks[0].text("issuer_uri"), resource.text("attribute_condition"))
			for attribute, expression := range resource.values["attribute_mapping"].AsValueMap() {
				made.provider.AttributeMapping[attribute] = expression.AsString()
			}
		case "google_service_account_iam_member":
			made.account = strings.TrimPrefix(resource.text("service_account_id"), "projects/my-project/serviceAccounts/")
			made.role, made.members = resource.text("role"), append(made.members, resource.text("member"))
		case "google_project_iam_member":
			made.role, made.members = resource.text("role"), append(made.members, resource.text("member"))
		default:
			t.Errorf("what is %q?", resource.labels)
		}
	}
	return made
}
