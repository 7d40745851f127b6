//go:build e2e

package e2e

import (
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"gatepass/pkg/sandbox"
)

// manyRoles are the lines of aws-roles: one that GitHub's token lets in, and one that its session lets in.
const manyRoles = "deploy = " + role + "\nadmin = arn:aws:iam::123456789012:role/admin chain-from=deploy region=us-east-1"

// A later step, of the runner's user, is whom it says that it is, by the AWS CLI and by boto3.
func TestManyRolesOfOneStep(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		more     map[string]string
		lifetime time.Duration // of sessions; 0 is as long as is asked for
		by       []string      // how a step says whom; %s is the profile
	}{
		"beside keys in the environment": {nil, 0, []string{cliOnce(t) + " --profile %s", boto(" %s")}},
		"and nothing else":               {map[string]string{"output-env-credentials": "false"}, 0, []string{"AWS_PROFILE=%s " + cliOnce(t), "AWS_PROFILE=%s " + boto("")}},
		"renewed with every use":         {map[string]string{"aws-refresh": "true"}, 10 * time.Second, []string{"AWS_PROFILE=%s " + cliOnce(t), cliOnce(t) + " --profile %s", "AWS_PROFILE=%s " + boto("")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			config := sandbox.DefaultConfig()
			for i := range config.AWS.Roles {
				config.AWS.Roles[i].SessionLifetime = test.lifetime
			}
			var mu sync.Mutex
			requests := map[string]int{}
			w := newWorldOf(t, config, func(e sandbox.Exchange) {
				mu.Lock()
				defer mu.Unlock()
				requests[e.Call]++
			})
			w.permit(m)
			m.Env["AWS_EC2_METADATA_DISABLED"] = "true" // whatever machine this is
			checkoutSteady(t, m)
			environment, files := maps.Clone(m.Env), m.files(t)
			inputs := map[string]string{"aws-region": "eu-central-1", "aws-roles": manyRoles}
			maps.Copy(inputs, test.more)
			step := m.use(t, image(t, "legacy"), "signin", inputs)
			if code, _ := step.main(t.Context(), t); code != 0 {
				t.Fatalf("main: got exit code %d, want 0", code)
			}
			if requests["ID token"] != 1 || requests["AssumeRoleWithWebIdentity"] != 1 || requests["AssumeRole"] != 1 || len(requests) != 3 {
				t.Errorf("the sign-in made the requests %v, want one for a token and one for each role", requests)
			}
			for _, by := range test.by {
				for _, profile := range []string{"deploy", "admin"} {
					script := strings.ReplaceAll(by, "%s", profile)
					if got, want := m.hostStep(t, script), "arn:aws:sts::123456789012:assumed-role/"+profile+"/GitHubActions"; got != want {
						t.Errorf("%s: got %q, want %s", script, got, want)
					}
				}
			}
			checkManyRenewals(t, m, inputs["aws-refresh"] != "")
			if code, _ := step.post(t); code != 0 {
				t.Errorf("post: got exit code %d, want 0", code)
			}
			checkNothingLeft(t, m, environment, files)
			m.checkEmptied(t)
		})
	}
}

// boto is a later step that uses boto3 once, as a profile that it names itself or that its environment names.
func boto(profile string) string {
	return pythonPath + ` -c 'import boto3, os, sys; print(boto3.Session(profile_name=(sys.argv + [None])[1]).client("sts", endpoint_url=os.environ["AWS_ENDPOINT_URL_STS"]).get_caller_identity()["Arn"])'` + profile
}

// checkManyRenewals has a Docker action, which is root, renew the chain. What it leaves is the runner's.
func checkManyRenewals(t *testing.T, m *machine, renewed bool) {
	t.Helper()
	if !renewed {
		return
	}
	if got, want := m.dockerStep(t, "AWS_PROFILE=admin ./steady 1s"), "arn:aws:sts::123456789012:assumed-role/admin/GitHubActions by "; !strings.HasPrefix(got, want) {
		t.Errorf("a Docker action prints %q, want %s…", got, want)
	}
	want := "700 1001:1001 1\n600 1001:1001 1/credentials.json\n600 1001:1001 1/settings.json\n" +
		"700 1001:1001 2\n600 1001:1001 2/credentials.json\n600 1001:1001 2/settings.json\n700 1001:1001 gatepass"
	if got := m.hostStep(t, "cd '"+m.Home()+`'/gatepass-aws-????????????????; stat -c '%a %u:%g %n' 1 1/* 2 2/* gatepass`); got != want {
		t.Errorf("modes and owners are\n%s\nwant\n%s", got, want)
	}
}
