package setup

import (
	"regexp"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"gatepass/pkg/quote"
)

const workloadIdentityUser = "roles/iam.workloadIdentityUser"

func (g Google) terraform() document {
	const pools = "google_iam_workload_identity_pool"
	c, name := newConfiguration(), identifier(g.Pool, "_")
	if g.CreateProvider {
		pool := c.resource(pools, name)
		set(pool, "project", g.Project)
		set(pool, "workload_identity_pool_id", g.Pool)
		provider := c.resource(pools+"_provider", name)
		set(provider, "project", g.Project)
		refer(provider, "workload_identity_pool_id", pools, name, "workload_identity_pool_id")
		set(provider, "workload_identity_pool_provider_id", g.Provider)
		var attributes []hclwrite.ObjectAttrTokens
		for _, attribute := range g.mapping() {
			attributes = append(attributes, hclwrite.ObjectAttrTokens{Name: key(attribute.Name), Value: hclwrite.TokensForValue(cty.StringVal(attribute.Expression))})
		}
		provider.SetAttributeRaw("attribute_mapping", hclwrite.TokensForObject(attributes))
		set(provider, "attribute_condition", g.condition())
		set(provider.AppendNewBlock("oidc", nil).Body(), "issuer_uri", g.Issuer)
	}
	for i, member := range g.members() {
		binding := name
		if i > 0 {
			binding += "_by_name"
		}
		g.binding(c, binding, member)
		if g.CreateProvider {
			body := c.file.Body().Blocks()
			dependsOn(body[len(body)-1].Body(), pools+"_provider", name)
		}
	}
	return document{
		text:   c.String(),
		deploy: []step{{"", "terraform apply"}},
		show:   g.describe(),
	}
}

var accountProject = regexp.MustCompile(`@([a-z0-9-]+)\.iam\.gserviceaccount\.com\z`)

// accountProject is the project of the service account, which its address tells but for the accounts of Google's own services.
func (g Google) accountProject() string {
	if parts := accountProject.FindStringSubmatch(g.ServiceAccount); parts != nil {
		return parts[1]
	}
	return g.Project
}

// binding gives a member what the jobs are to have.
func (g Google) binding(c configuration, name, member string) {
	if g.ServiceAccount == "" {
		body := c.resource("google_project_iam_member", name)
		set(body, "project", g.Project)
		set(body, "role", g.Role)
		set(body, "member", member)
		return
	}
	body := c.resource("google_service_account_iam_member", name)
	set(body, "service_account_id", "projects/"+g.accountProject()+"/serviceAccounts/"+g.ServiceAccount)
	set(body, "role", workloadIdentityUser)
	set(body, "member", member)
}

func (g Google) commands() document {
	text := ""
	if g.CreateProvider {
		place := [][]string{{"--project=" + g.Project}, {"--location=global"}}
		text = command("gcloud iam workload-identity-pools create "+g.Pool, place...) + "\n\n" +
			command("gcloud iam workload-identity-pools providers create-oidc "+g.Provider, append(place,
				[]string{"--workload-identity-pool=" + g.Pool},
				[]string{"--issuer-uri=" + g.Issuer},
				[]string{"--attribute-mapping=" + g.mapping().String()},
				[]string{"--attribute-condition=" + g.condition()})...) + "\n\n"
	}
	for i, member := range g.members() {
		if i > 0 {
			text += "\n"
		}
		if g.ServiceAccount != "" {
			text += command("gcloud iam service-accounts add-iam-policy-binding "+quote.Shell(g.ServiceAccount),
				[]string{"--project=" + g.accountProject()}, []string{"--role=" + workloadIdentityUser}, []string{"--member=" + member}) + "\n"
		} else {
			// A policy with conditional bindings takes none without being told of its condition.
			text += command("gcloud projects add-iam-policy-binding "+quote.Shell(g.Project),
				[]string{"--role=" + g.Role}, []string{"--member=" + member}, []string{"--condition=None"}) + "\n"
		}
	}
	return document{text: text, show: g.describe()}
}

func (g Google) describe() string {
	return quote.Command("gcloud", "iam", "workload-identity-pools", "providers", "describe", g.providerName(), "--format=json")
}

// bindings prints those of the service account, or of the project.
func (g Google) bindings() string {
	if g.ServiceAccount != "" {
		return quote.Command("gcloud", "iam", "service-accounts", "get-iam-policy", g.ServiceAccount, "--project="+g.accountProject(), "--format=json")
	}
	return quote.Command("gcloud", "projects", "get-iam-policy", g.Project, "--format=json")
}
