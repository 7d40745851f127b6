package setup_test

import (
	"slices"
	"testing"

	"gatepass/pkg/setup"
	"gatepass/pkg/trust"
)

// FuzzNames: whatever a branch and an environment are called, all formats say the same and let in that job, whose claims have these very
// names.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"main", "$(id)", "`id`", "it's", `"`, `\`, "${aws:username}", "%{if}", "a: b", "- a", "# a", "é", "eu:west", "!Ref x", "null", "0x1", "{{", "~", "'\"'"} {
		f.Add(name, false)
		f.Add(name, true)
	}
	f.Fuzz(func(t *testing.T, name string, isBranch bool) {
		jobs := setup.Jobs{Repository: "octo-org/octo-repo", OwnerID: "65", RepositoryID: "74", Environment: name, Issuer: trust.GitHubIssuer}
		if isBranch {
			jobs.Branch, jobs.Environment = name, ""
		}
		if name == "" {
			t.Skip("is as if it were not said")
		}
		a := setup.AWS{Jobs: jobs, Account: "123456789012", Region: "eu-central-1", CreateProvider: true}
		g := setup.Google{Jobs: jobs, Project: "my-project", ProjectNumber: "123456789012", Provider: "octo-repo", Role: "roles/viewer", CreateProvider: true}
		onAWS, err := a.Commands()
		if err != nil {
			t.Skip("is no such name")
		}
		onGoogle := printed(t, g.Commands)
		ran := runScripts(t, []string{onAWS, onGoogle})
		gotAWS, gotGoogle := awsOfCommands(t, ran[0]), googleOfCommands(t, ran[1])
		for _, other := range []awsSetup{awsOfTerraform(t, printed(t, a.Terraform)), awsOfTemplate(t, printed(t, a.CloudFormation))} {
			if !other.equals(gotAWS) {
				t.Errorf("the commands make %+v, and there is %+v", gotAWS, other)
			}
		}
		if other := googleOfTerraform(t, printed(t, g.Terraform)); !other.equals(gotGoogle) {
			t.Errorf("the commands make %+v, Terraform makes %+v", gotGoogle, other)
		}
		tryOnAWS(t, name, a, gotAWS)
		if slices.Contains(gotGoogle.members, "") {
			t.Error("a member is empty")
		}
		if len(name) < 50 {
			tryOnGoogle(t, name, g, gotGoogle)
		}
		for _, text := range []string{onAWS, onGoogle} {
			if got := jobOf(t, text)["environment"]; !isBranch && got != name {
				t.Errorf("the job's environment is %q, not %q", got, name)
			}
		}
	})
}
