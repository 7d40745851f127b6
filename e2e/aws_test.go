//go:build e2e

package e2e

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
)

// Two steps write two profiles. AWS's SDK, as a later step runs it, finds both, and the end of the job leaves neither.
func TestProfilesOfTwoSteps(t *testing.T) {
	t.Parallel()
	w, m := newWorld(t), newMachine(t)
	w.permit(m)
	environment, files := maps.Clone(m.Env), m.files(t)
	deploy := m.use(t, image(t, "legacy"), "deploy", map[string]string{"aws-region": "eu-central-1", "role-to-assume": role, "aws-profile": "deploy"})
	partner := m.use(t, image(t, "legacy"), "partner", map[string]string{
		"aws-region": "us-east-1", "aws-profile": "partner",
		"aws-access-key-id": "AKIAIOSFODNN7EXAMPLE", "aws-secret-access-key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		"role-to-assume": "partner", "role-external-id": "octo-partner",
	})
	for _, step := range []*step{deploy, partner} {
		if code, _ := step.main(t.Context(), t); code != 0 {
			t.Fatalf("main: got exit code %d, want 0", code)
		}
	}
	for _, variable := range []string{"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"} {
		if owned := m.hostStep(t, `stat -c '%a %u:%g' "$`+variable+`"`); owned != "600 1001:1001" {
			t.Errorf("mode and owner of %s are %q, want \"600 1001:1001\"", variable, owned)
		}
		if host, docker := m.hostStep(t, `cat "$`+variable+`"`), m.dockerStep(t, `cat "$`+variable+`"`); host != docker {
			t.Errorf("a Docker action reads %q in %s, the host %q", docker, variable, host)
		}
	}
	for name, region := range map[string]string{"deploy": "eu-central-1", "partner": "us-east-1"} {
		profile, err := config.LoadSharedConfigProfile(context.Background(), name, func(o *config.LoadSharedConfigOptions) {
			o.CredentialsFiles, o.ConfigFiles = []string{m.Env["AWS_SHARED_CREDENTIALS_FILE"]}, []string{m.Env["AWS_CONFIG_FILE"]}
		})
		if err != nil || profile.Region != region || !strings.HasPrefix(profile.Credentials.AccessKeyID, "ASIA") || profile.Credentials.SessionToken == "" {
			t.Errorf("profile %s has region %q and key %.4s…, error %v", name, profile.Region, profile.Credentials.AccessKeyID, err)
		}
	}
	for _, step := range []*step{partner, deploy} {
		if code, _ := step.post(t); code != 0 {
			t.Errorf("post: got exit code %d, want 0", code)
		}
	}
	checkNothingLeft(t, m, environment, files)
}

// A pod has its ID token in a file that the kubelet replaces by way of links: no others are followed.
func TestTokenFileOfTheKubelet(t *testing.T) {
	t.Parallel()
	w, m := newWorld(t), newMachine(t)
	w.permit(m)
	token := w.idToken(t, "sts.amazonaws.com")
	for _, folder := range []string{filepath.Join(m.Workspace(), "pod"), filepath.Join(m.Workspace(), "pod", "..data")} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(m.Workspace(), "pod", "..data", "token"), []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("..data", "token"), filepath.Join(m.Workspace(), "pod", "token")); err != nil {
		t.Fatal(err)
	}
	m.mounts = append(m.mounts, mount{filepath.Join(m.Workspace(), "pod"), "/var/run/secrets/eks.amazonaws.com/serviceaccount"})
	inputs := map[string]string{"aws-region": "eu-central-1", "role-to-assume": role}
	for path, want := range map[string]int{
		"/var/run/secrets/eks.amazonaws.com/serviceaccount/token": 0,
		"pod/token":        1, // the same link in the checkout
		"pod/..data/token": 0,
	} {
		inputs["web-identity-token-file"] = path
		if code, log := m.use(t, image(t, "legacy"), "signin", inputs).main(t.Context(), t); code != want {
			t.Errorf("%s: got exit code %d, want %d\n%s", path, code, want, log)
		}
	}
}
