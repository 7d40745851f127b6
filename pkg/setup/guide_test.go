package setup_test

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"gatepass/pkg/inputs"
	"gatepass/pkg/setup"
	"gatepass/pkg/trust"
)

// jobOf is the job in the comments of what was printed.
func jobOf(t *testing.T, text string) map[string]any {
	t.Helper()
	var lines []string
	for line := range strings.Lines(text) {
		if inner, ok := strings.CutPrefix(line, "#   "); ok && (len(lines) > 0 || inner == "deploy:\n") {
			lines = append(lines, inner)
		} else if len(lines) > 0 {
			break
		}
	}
	var workflow struct{ Deploy map[string]any }
	if err := yaml.Unmarshal([]byte(strings.Join(lines, "")), &workflow); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return workflow.Deploy
}

// The step in the comments has inputs that the action takes.
func TestGuideHasTheStep(t *testing.T) {
	t.Parallel()
	jobs := setup.Jobs{Repository: "octo-org/octo-repo", Environment: "production", Issuer: trust.GitHubIssuer}
	google := setup.Google{Jobs: jobs, Project: "my-project", ProjectNumber: "123456789012", CreateProvider: true}
	account, direct := google, google
	account.ServiceAccount = "deploy@my-project.iam.gserviceaccount.com"
	direct.Role = "roles/storage.objectViewer"
	for name, print := range map[string]func() (string, error){
		"AWS":                          setup.AWS{Jobs: jobs, Account: "123456789012", Region: "us-gov-west-1"}.Terraform,
		"Google, by a service account": account.Terraform,
		"Google, direct":               direct.Commands,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := jobOf(t, printed(t, print))
			if job["environment"] != "production" {
				t.Errorf("the job's environment is %v", job["environment"])
			}
			step := job["steps"].([]any)[0].(map[string]any)
			with := map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": "https://example.com", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "token"}
			for input, value := range step["with"].(map[string]any) {
				with["INPUT_"+strings.ToUpper(input)] = value.(string)
			}
			if _, err := inputs.Parse(func(name string) (string, bool) { v, ok := with[name]; return v, ok }); err != nil {
				t.Errorf("%v, with %v", err, step["with"])
			}
		})
	}
}
