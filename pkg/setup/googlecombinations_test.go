package setup_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"gatepass/pkg/setup"
	"gatepass/pkg/trust"
	"gatepass/pkg/trust/googletrust"
)

// The same for Google: in every format, lets in whom it should and nobody else.
func TestGoogleCombinations(t *testing.T) {
	t.Parallel()
	var all []setup.Google
	for jobs := range everyJobs {
		for _, direct := range []bool{true, false} {
			for _, create := range []bool{true, false} {
				g := setup.Google{Jobs: jobs, Project: "my-project", ProjectNumber: "123456789012", Provider: "octo-repo", CreateProvider: create}
				g.ServiceAccount = "deploy@my-project.iam.gserviceaccount.com"
				if direct {
					g.ServiceAccount, g.Role = "", "roles/storage.objectViewer"
				}
				all = append(all, g)
			}
		}
	}
	var kept []setup.Google
	var scripts []string
	for _, g := range all {
		script, err := g.Commands()
		if refused := isRefusedByGoogle(g); refused != (err != nil) {
			t.Errorf("%s: got error %v, want one: %v", description(g.Jobs), err, refused)
		}
		if err == nil {
			kept, scripts = append(kept, g), append(scripts, script)
		}
	}
	t.Logf("%d combinations, of which %d are refused", len(all), len(all)-len(kept))
	ran := runScripts(t, scripts)
	tried := map[string]bool{}
	for i, g := range kept {
		name := fmt.Sprintf("%s, create %v", description(g.Jobs), g.CreateProvider)
		got := googleOfCommands(t, ran[i])
		if other := googleOfTerraform(t, printed(t, g.Terraform)); !other.equals(got) {
			t.Errorf("%s: the commands make %+v, Terraform makes %+v", name, got, other)
		}
		if got.account != g.ServiceAccount {
			t.Errorf("%s: the binding is of %q", name, got.account)
		}
		// How a member gets its role makes no difference to who it is.
		g.ServiceAccount, g.Role = "", ""
		if key := fmt.Sprintf("%+v", g); !tried[key] {
			tried[key] = true
			tryOnGoogle(t, name, g, got)
		}
	}
}

func tryOnGoogle(t *testing.T, name string, g setup.Google, got googleSetup) {
	t.Helper()
	if !g.CreateProvider {
		if got.provider != nil {
			t.Errorf("%s: makes a provider", name)
		}
		// One of which no more is known than that it is there.
		got.provider = existing(g.Jobs)
	}
	text, err := json.Marshal(got.provider)
	if err != nil {
		t.Fatal(err)
	}
	node, err := trust.ParseJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := trust.ParseGoogleProvider(node)
	if err != nil {
		t.Fatal(err)
	}
	var bindings []googletrust.Binding
	for _, member := range got.members {
		bindings = append(bindings, googletrust.Binding{Text: trust.Text{Value: member}, Role: got.role})
	}
	evaluator := googletrust.Compile(provider)
	admits := func(j job) bool {
		if j.audience == "" {
			j.audience = "https://iam.googleapis.com/" + provider.Name.Value
		}
		d := evaluator.Evaluate(j.claims())
		for _, member := range got.members {
			if d.Match(member).Verdict == trust.Allowed {
				return true
			}
		}
		return false
	}
	// Without sub in a member its form does not matter.
	jobs, comparesIDs := g.Jobs, g.CreateProvider
	if isByCondition(jobs) {
		jobs.Subject, comparesIDs = setup.Both, jobs.OwnerID != ""
	}
	try(t, name, jobs, cloud{admits, rules(googletrust.Lint(provider, bindings...))}, comparesIDs, findingsOnGoogle(g))
}

// existing is a provider of which no more is known than that it takes the owner's jobs.
func existing(jobs setup.Jobs) *provider {
	p := newProvider("github-octo-repo", "octo-repo", jobs.Issuer, `assertion.repository_owner == "octo-org"`)
	p.AttributeMapping["google.subject"] = "assertion.sub"
	return p
}

// isByCondition tells whether it is the provider's condition that holds jobs to what was asked for, as members cannot.
func isByCondition(jobs setup.Jobs) bool { return jobs.Organization != "" || len(jobs.Branch) > 50 }

// isRefusedByGoogle tells which combinations are impossible on Google Cloud.
func isRefusedByGoogle(g setup.Google) bool {
	needsCondition := isByCondition(g.Jobs) || g.Workflow != "" || g.Environment != "" && g.Branch+g.Tag != ""
	return isRefused(g.Jobs) || needsCondition && !g.CreateProvider
}

// findingsOnGoogle are the rules that object to what was asked for.
func findingsOnGoogle(g setup.Google) (wanted []string) {
	writesNameAlone := !isByCondition(g.Jobs) && g.Issuer != server && (g.OwnerID == "" || g.Subject == setup.Name)
	if g.Workflow == branch {
		wanted = append(wanted, "google-mutable-workflow")
	}
	if writesNameAlone {
		wanted = append(wanted, "google-name-only-subject")
	}
	if !g.CreateProvider || g.OwnerID == "" { // the condition of the one that is there compares names
		wanted = append(wanted, "google-reusable-name")
	}
	if g.Organization != "" {
		wanted = append(wanted, "google-whole-owner")
	}
	return wanted
}
