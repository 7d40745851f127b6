//go:build e2e

package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"gatepass/pkg/sandbox"
)

// exchanger is a later step that exchanges GitHub's token itself.
type exchanger struct {
	job    func(*machine) // what is special about its job; nil for one on the machine itself
	run    func(m *machine, t *testing.T, script string) string
	script string
	lines  int    // that it prints
	folder string // where it finds the token
}

// Whatever AWS's tools are, and wherever their steps run, they get a session with the token that the step has left. The step itself asks
// GitHub once, and AWS not at all.
func TestWhoExchangesTheToken(t *testing.T) {
	t.Parallel()
	// The AWS CLI keeps its session in the user's home.
	byPython := "export AWS_DATA_PATH=$PWD/botocore HOME=$(mktemp -d); " + awsPath(t) + " sts get-caller-identity --query Arn --output text; " + pythonPath + " whoami.py"
	for name, test := range map[string]exchanger{
		"on the machine, by the AWS CLI, boto3 and the SDK for Go": {nil, (*machine).hostStep, byPython + `; ./steady 0s; rm -r "$HOME"`, 3, ""},
		"in a Docker action":                            {nil, (*machine).dockerStep, "./steady 0s", 1, "/github/home"},
		"in the job's container":                        {inContainer(""), (*machine).containerStep, "./steady 0s", 1, "/github/home"},
		"in the job's container, of the runner's ID":    {inContainer("1001:1001"), (*machine).containerStep, "./steady 0s", 1, "/github/home"},
		"in a Docker action beside the job's container": {inContainer(""), (*machine).dockerStep, "./steady 0s", 1, "/github/home"},
	} {
		t.Run(name, test.test)
	}
}

func (test exchanger) test(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked []string
	w, m := newWorldOf(t, sandbox.DefaultConfig(), func(e sandbox.Exchange) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, e.Service+", "+e.Call)
	}), newMachine(t)
	w.permit(m)
	m.Env["AWS_EC2_METADATA_DISABLED"] = "true" // whatever machine this is
	// What an earlier step has left, which AWS's tools would prefer.
	m.Env["AWS_ACCESS_KEY_ID"], m.Env["AWS_SECRET_ACCESS_KEY"] = "AKIAEARLIER", "earlier"
	if test.job != nil {
		test.job(m)
	}
	checkoutSteady(t, m)
	checkoutBotocore(t, w, m)
	environment, files := maps.Clone(m.Env), m.files(t)
	step := m.use(t, image(t, "legacy"), "signin", map[string]string{"aws-region": "eu-central-1", "role-to-assume": role, "aws-web-identity": "true"})
	if code, _ := step.main(t.Context(), t); code != 0 {
		t.Fatalf("main: got exit code %d, want 0", code)
	}
	if want := []string{"GitHub, ID token"}; !slices.Equal(asked, want) {
		t.Errorf("the step has asked %q, want %q", asked, want)
	}

	for line := range strings.Lines(test.run(m, t, test.script)) {
		test.lines--
		if arn, _, _ := strings.Cut(strings.TrimSpace(line), " by "); arn != deploySession {
			t.Errorf("a step prints %q, want %s", line, deploySession)
		}
	}
	if test.lines != 0 {
		t.Errorf("%d sessions too few", test.lines)
	}
	folder := test.folder
	if folder == "" {
		folder = m.Home()
	}
	got := test.run(m, t, `dirname "$AWS_WEB_IDENTITY_TOKEN_FILE"; stat -c '%a %u:%g' "$AWS_WEB_IDENTITY_TOKEN_FILE"`)
	if want := folder + "\n600 1001:1001"; got != want {
		t.Errorf("the token's folder, mode and owner are\n%s\nwant\n%s", got, want)
	}

	if code, _ := step.post(t); code != 0 {
		t.Errorf("post: got exit code %d, want 0", code)
	}
	delete(environment, "AWS_ACCESS_KEY_ID") // keys are not brought back
	delete(environment, "AWS_SECRET_ACCESS_KEY")
	checkNothingLeft(t, m, environment, files)
	m.checkEmptied(t)
}

// checkoutBotocore puts a program into the job's checkout, and what tells AWS's libraries for Python of another STS: those of Debian do not
// know AWS_ENDPOINT_URL_STS. https://docs.aws.amazon.com/boto3/latest/guide/configuration.html has AWS_DATA_PATH.
func checkoutBotocore(t *testing.T, w world, m *machine) {
	t.Helper()
	copyFile(t, filepath.Join(m.Workspace(), "whoami.py"), "testdata/python/whoami.py")
	const rules = "botocore/sts/2011-06-15/endpoint-rule-set-1.json"
	text, err := os.ReadFile(filepath.Join("testdata", rules))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(m.Workspace(), rules)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "SANDBOX", w.base+"/aws", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	giveToRunner(t, m.Workspace())
}
