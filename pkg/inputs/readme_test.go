package inputs

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

var update = flag.Bool("update", false, "rewrite README's tables")

const readme = "../../README.md"

// README's tables of inputs and outputs are those of action.yml.
func TestReadmeTables(t *testing.T) {
	t.Parallel()
	action, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var declarations struct{ Inputs, Outputs yaml.MapSlice }
	if err := yaml.Unmarshal(action, &declarations); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	for marker, table := range map[string]string{
		"inputs for the whole step": inputTable(declarations.Inputs, both),
		"inputs for AWS":            inputTable(declarations.Inputs, onAWS),
		"inputs for Google":         inputTable(declarations.Inputs, onGoogle),
		"outputs":                   outputTable(declarations.Outputs),
		"compared with AWS's":       comparison(declarations.Inputs, onAWS),
		"compared with Google's":    comparison(declarations.Inputs, onGoogle),
	} {
		if want, err = replace(want, marker, table); err != nil {
			t.Fatal(err)
		}
	}
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatal("README.md does not show the inputs and outputs of action.yml; run go test ./pkg/inputs -update")
	}
	if err := os.WriteFile(readme, []byte(want), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replace puts a table between the comments <!-- marker --> and <!-- end -->.
func replace(text, marker, table string) (string, error) {
	before, rest, found := strings.Cut(text, "<!-- "+marker+" -->\n")
	_, after, ended := strings.Cut(rest, "<!-- end -->")
	if !found || !ended {
		return "", fmt.Errorf("README.md has no place for the %s", marker)
	}
	return before + "<!-- " + marker + " -->\n" + table + "<!-- end -->" + after, nil
}

func inputTable(inputs yaml.MapSlice, of cloud) string {
	table := "| input | default | |\n|---|---|---|\n"
	for _, item := range inputs {
		name := item.Key.(string)
		d, known := declared[name]
		if !known || d.cloud != of {
			continue
		}
		standard := ""
		if d.Default != "" {
			standard = "`" + d.Default + "`"
		}
		table += fmt.Sprintf("| `%s` | %s | %s |\n", name, standard, description(item))
	}
	return table
}

// differences are what an input does that it does not do in the official action: version 6 of aws-actions/configure-aws-credentials,
// version 3 of google-github-actions/auth.
var differences = map[string]string{
	"audience":                      "in China the default is `sts.amazonaws.com.cn`",
	"oidc-token-audience":           "is new: [a token for anybody else](#a-token-for-anybody-else)",
	"aws-region":                    "must have a region's form: a misspelt one such as `us-esat-1`, or `aws-global`, is refused before the first request. `AWS_REGION` in the environment, without any input, does not make a step one for AWS",
	"role-to-assume":                "a role's name is completed in its account's own partition, not always in `aws`; the ARN's partition must be the region's",
	"aws-access-key-id":             "signs `AssumeRole` itself, also with `output-env-credentials: false` or a profile, and is never exported if a role is assumed",
	"web-identity-token-file":       "white space around the token is removed; needs `role-to-assume`",
	"role-chaining":                 "works with `force-skip-oidc`",
	"no-proxy":                      "knows CIDR, subdomains of a name, and hosts whose requests have a port; this machine is never reached through a proxy",
	"http-proxy":                    "holds for GitHub's ID token and Google, too; its password is masked",
	"role-session-name":             "may [name the run](#which-run-a-session-was-of): `{run_id}` and its like",
	"role-duration-seconds":         "`1h`, `3600abc`, `0` and `60` are errors",
	"role-external-id":              "is checked before the first request",
	"aws-secret-access-key":         "without `aws-access-key-id` is an error, as is `aws-session-token`",
	"mask-aws-account-id":           "masks the account also where the step fails",
	"transitive-tag-keys":           "keys of tags that are not sent are not sent, either",
	"inline-session-policy":         "must be JSON and short enough; is checked before the first request",
	"managed-session-policies":      "must be at most 10 ARNs; is checked before the first request",
	"output-credentials":            "`aws-expiration` is RFC 3339 without quotes; a key that a role was assumed with is no output",
	"output-env-credentials":        "`aws-account-id` and `authenticated-arn` are outputs also where it is `false`",
	"unset-current-credentials":     "if the step fails, the job's credentials stay as they were",
	"disable-retry":                 "holds for all requests of the step",
	"retry-max-attempts":            "only what can succeed is tried again: throttling, 5xx, faults of the network, IDPCommunicationError, keys that AWS could not fetch, a job that GitHub does not yet know to have begun; a number from 1 to 100",
	"special-characters-workaround": "fails after 32 sessions",
	"use-existing-credentials":      "`false` is false; `allowed-account-ids` holds for them, too; if AWS does not say whether they work, the step fails; `aws-account-id` and `authenticated-arn` are set",
	"allowed-account-ids":           "is checked before anything is exported; `,111111111111` allows that one account and no other",
	"action-timeout-s":              "nothing is exported before the step has finished; a step that fails does not wait for the timeout; `abc` is an error",
	"explain":                       "is new: the official action leaves it at AWS's answer",
	"aws-trust-policy":              "is new: [the step names the condition that does not hold](#when-a-cloud-says-no)",
	"google-provider":               "is new: as `aws-trust-policy`",
	"sts-endpoint":                  "must start with `https://`; `http://` is for localhost, private IP addresses and names without a dot; comes before `AWS_USE_FIPS_ENDPOINT`; `AWS_USE_DUALSTACK_ENDPOINT` is not read",
	"workload_identity_provider":    "is checked before the first request: a project's ID, a pool, a URL or a principal is told apart",
	"service_account":               "is checked before the first request",
	"project_id":                    "the default is a project only where the service account's address or the key names it: that of `N-compute@developer.gserviceaccount.com` is not `developer`, that of `sa@p.example.com.iam.gserviceaccount.com` is `example.com:p`",
	"token_format":                  "is checked before the first request",
	"access_token_lifetime":         "1 second to 12 hours, with `access_token_subject` 1 hour, is checked before the first request; where it is set, libraries that read the credentials file ask for the same",
	"access_token_scopes":           "an empty value is the default",
	"access_token_subject":          "without `token_format: access_token` is an error; works with a key, too: the official action signs claims that Google does not read",
	"id_token_audience":             "is checked before the first request",
	"create_credentials_file":       "the file is written after Google has agreed, for the runner's user alone, and names the universe; with `delegates` its type is `impersonated_service_account`, which can hold them",
	"cleanup_credentials":           "the step's own file is removed, also with `export_environment_variables: false`, and the variables get back what they held, or are emptied",
	"credentials-location":          "is new: by default the file is not in the checkout; `workspace` is the official action's place",
	"credentials_json":              "is checked whole before the first request; its lines are masked",
	"delegates":                     "may be plain addresses; they go with `access_token_subject` and into the file, too",
	"universe":                      "reaches the audience of GitHub's token and the file, too; empty is the default",
	"aws-roles":                     "is new: [several roles in one step](#several-aws-roles-in-one-step)",
	"aws-refresh":                   "is new: [credentials that renew themselves](#aws-credentials-that-renew-themselves)",
	"aws-web-identity":              "is new: [GitHub's token for tools that exchange it themselves](#aws-for-tools-that-exchange-the-token-themselves)",
	"request_reason":                "goes with every request to Google",
	"aws-profile":                   "is written to files of the job's own, since an action in a container does not see `~/.aws`; `AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE` name them. They begin with what these variables named before. Comments and nested settings stay. The end of the job takes out what the step has added and gives both variables back what they held; a job's own credentials are not written",
}

// comparison tells of every input that the official action has whether it does the same.
func comparison(inputs yaml.MapSlice, of cloud) string {
	table := "| input | compared with the official action |\n|---|---|\n"
	for _, item := range inputs {
		name := item.Key.(string)
		d, known := declared[name]
		if !known || d.cloud != of && (d.cloud != both || of == onGoogle) {
			continue
		}
		difference := "same"
		if differences[name] != "" {
			difference = "different on purpose: " + differences[name]
		}
		table += fmt.Sprintf("| `%s` | %s |\n", name, difference)
	}
	return table
}

func outputTable(outputs yaml.MapSlice) string {
	table := "| output | |\n|---|---|\n"
	for _, item := range outputs {
		table += fmt.Sprintf("| `%s` | %s |\n", item.Key, description(item))
	}
	return table
}

func description(item yaml.MapItem) string {
	return strings.ReplaceAll(strings.TrimSpace(item.Value.(map[string]any)["description"].(string)), "|", `\|`)
}
