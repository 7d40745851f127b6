//go:build e2e

package e2e

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatepass/pkg/sandbox"
)

// readFile is a later step that needs the Google credentials, and describeFile one that looks at who may have them.
const (
	readFile     = `cat "$GOOGLE_APPLICATION_CREDENTIALS"`
	describeFile = `stat -c '%a %u:%g' "$GOOGLE_APPLICATION_CREDENTIALS"`
)

// checkNoSecret wants no secret in the log, where one shows that was masked too late.
func checkNoSecret(t *testing.T, w world, log string) {
	t.Helper()
	for _, secret := range w.Secrets() {
		if strings.Contains(log, secret) {
			t.Errorf("the log shows the secret %.8s…", secret)
		}
	}
}

// checkMasked wants all that the step was given to be masked in the rest of the job, too.
func checkMasked(t *testing.T, w world, m *machine) {
	t.Helper()
	var unused []string // the step was given no key of a user
	for _, user := range sandbox.DefaultConfig().AWS.Users {
		unused = append(unused, user.AccessKeyID, user.SecretAccessKey)
	}
	for _, secret := range w.Secrets() {
		if m.Mask(secret) == secret && !slices.Contains(unused, secret) {
			t.Errorf("the secret %.8s… is not masked", secret)
		}
	}
}

func checkAWS(t *testing.T, m *machine) {
	t.Helper()
	for name, form := range map[string]string{
		"AWS_ACCESS_KEY_ID":     `ASIA[A-Z0-9]{16}`,
		"AWS_SECRET_ACCESS_KEY": `\S{40}`,
		"AWS_SESSION_TOKEN":     `\S{100,}`,
		"AWS_REGION":            `eu-central-1`,
		"AWS_DEFAULT_REGION":    `eu-central-1`,
	} {
		if value := m.hostStep(t, "printenv "+name); !regexp.MustCompile(`^(?:` + form + `)$`).MatchString(value) {
			t.Errorf("a later step has %s=%q, want %s", name, value, form)
		}
	}
}

// checkFile wants the credentials file in the runner's temporary folder, for the runner's eyes only, and in all later steps' reach.
func checkFile(t *testing.T, m *machine, s *step) {
	t.Helper()
	path := m.Env["GOOGLE_APPLICATION_CREDENTIALS"]
	if form := `^` + regexp.QuoteMeta(m.Home()) + `/gha-creds-[0-9a-f]{16}\.json$`; !regexp.MustCompile(form).MatchString(path) {
		t.Errorf("GOOGLE_APPLICATION_CREDENTIALS is %q, want %s", path, form)
	}
	if got := s.Outputs["credentials_file_path"]; got != path {
		t.Errorf("the output credentials_file_path is %q, want %q", got, path)
	}
	if owned := m.hostStep(t, describeFile); owned != "600 1001:1001" {
		t.Errorf("mode and owner of the file are %q, want \"600 1001:1001\"", owned)
	}
	content := m.hostStep(t, readFile)
	if !strings.Contains(content, `"external_account"`) {
		t.Errorf("a later step reads %q, want credentials", content)
	}
	inContainer := filepath.Join("/github/home", filepath.Base(path))
	if printed := m.dockerStep(t, `echo "$GOOGLE_APPLICATION_CREDENTIALS"; `+readFile); printed != inContainer+"\n"+content {
		t.Errorf("a later Docker action prints %q, want the path %s and the credentials", printed, inContainer)
	}
}

// checkNothingLeft wants the job as it was before the step.
func checkNothingLeft(t *testing.T, m *machine, environment map[string]string, files []string) {
	t.Helper()
	for _, name := range exported(m, environment) {
		if m.Env[name] != environment[name] {
			t.Errorf("%s is still set", name)
		}
	}
	checkFiles(t, m, files)
}

func checkFiles(t *testing.T, m *machine, want []string) {
	t.Helper()
	if got := m.files(t); !slices.Equal(got, want) {
		t.Errorf("the job's folders hold\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// exported names the variables that a step has set.
func exported(m *machine, before map[string]string) []string {
	var names []string
	for name, value := range m.Env {
		if old, was := before[name]; !was || value != old {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
