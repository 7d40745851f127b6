//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gatepass/pkg/sandbox"
)

// pythonPath is that of the package python3-boto3.
const pythonPath = "/usr/bin/python3"

// awsPath is where Debian's package puts the AWS CLI, or else where GitHub's machines have it.
func awsPath(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"/usr/bin/aws", "/usr/local/bin/aws"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Fatal("install the package awscli")
	return ""
}

// steady builds the later step of that name, once.
var steady = sync.OnceValues(func() ([]byte, error) { return built("steady") })

// checkoutSteady puts what later steps run into the job's checkout.
func checkoutSteady(t *testing.T, m *machine) {
	t.Helper()
	program, err := steady()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(m.Workspace(), "steady"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	copyFile(t, filepath.Join(m.Workspace(), "steady.py"), "testdata/python/steady.py")
	giveToRunner(t, m.Workspace())
}

// refreshed is a world that counts what AWS is asked, and a job with aws-refresh in it.
type refreshed struct {
	world
	*machine
	step *step

	mu       sync.Mutex
	sessions int      // that were opened
	refusals []string // of AWS
}

// newRefreshed signs in. Sessions live that long; 0 is as long as is asked for.
func newRefreshed(t *testing.T, lifetime time.Duration, job func(*machine), more map[string]string) *refreshed {
	t.Helper()
	r := &refreshed{machine: newMachine(t)}
	config := sandbox.DefaultConfig()
	for i := range config.AWS.Roles {
		config.AWS.Roles[i].SessionLifetime = lifetime
	}
	r.world = newWorldOf(t, config, func(e sandbox.Exchange) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if e.Call == "AssumeRoleWithWebIdentity" {
			r.sessions++
		}
		if e.Refusal != "" {
			r.refusals = append(r.refusals, e.Refusal)
		}
	})
	r.permit(r.machine)
	r.Env["AWS_EC2_METADATA_DISABLED"] = "true" // whatever machine this is
	if job != nil {
		job(r.machine)
	}
	checkoutSteady(t, r.machine)
	inputs := map[string]string{"aws-region": "eu-central-1", "role-to-assume": role, "aws-refresh": "true"}
	maps.Copy(inputs, more)
	r.step = r.use(t, image(t, "legacy"), "signin", inputs)
	return r
}

// cli is a script that calls AWS by the AWS CLI for so many seconds. Debian's does not know AWS_ENDPOINT_URL_STS.
func cli(t *testing.T, seconds int) string {
	t.Helper()
	return fmt.Sprintf("end=$(($(date +%%s) + %d)); while [ $(date +%%s) -lt $end ]; do %s >>arns; sleep 1; done; sort -u arns; rm arns", seconds, cliOnce(t))
}

func cliOnce(t *testing.T) string {
	t.Helper()
	return awsPath(t) + ` --endpoint-url "$AWS_ENDPOINT_URL_STS" sts get-caller-identity --query Arn --output text`
}

const deploySession = "arn:aws:sts::123456789012:assumed-role/deploy/GitHubActions"

// A job goes on when its credentials have expired, wherever its steps run and whatever they use AWS with. Here the credentials live for a
// minute or less, which no cloud has, and each step for longer.
func TestStepsOutliveTheirCredentials(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		job      func(*machine)
		run      func(m *machine, t *testing.T, script string) string
		lifetime time.Duration
		script   string
		lines    int
	}{
		"on the machine, by the AWS CLI, boto3 and the SDK for Go": {
			nil, (*machine).hostStep, time.Minute,
			"(" + cli(t, 65) + ") >1 & " + pythonPath + " steady.py 65 >2 & ./steady 65s >3 & wait; cat 1 2 3; rm 1 2 3", 3,
		},
		"in a Docker action":                            {nil, (*machine).dockerStep, 10 * time.Second, "./steady 15s", 1},
		"in the job's container":                        {inContainer(""), (*machine).containerStep, 10 * time.Second, "./steady 15s", 1},
		"in the job's container, of the runner's ID":    {inContainer("1001:1001"), (*machine).containerStep, 10 * time.Second, "./steady 15s", 1},
		"in a Docker action beside the job's container": {inContainer(""), (*machine).dockerStep, 10 * time.Second, "./steady 15s", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRefreshed(t, test.lifetime, test.job, nil)
			environment, files := maps.Clone(r.Env), r.files(t)
			if code, _ := r.step.main(t.Context(), t); code != 0 {
				t.Fatalf("main: got exit code %d, want 0", code)
			}
			lines := strings.Split(test.run(r.machine, t, test.script), "\n")
			for _, line := range lines {
				arn, by, _ := strings.Cut(line, " by ")
				if arn != deploySession || by == "1 keys" {
					t.Errorf("a step prints %q, want %s, and more than one key", line, deploySession)
				}
			}
			if len(lines) != test.lines || len(r.refusals) > 0 {
				t.Errorf("the steps print %q, want %d lines; AWS refused %q", lines, test.lines, r.refusals)
			}
			checkRenewal(t, r)
			if code, _ := r.step.post(t); code != 0 {
				t.Errorf("post: got exit code %d, want 0", code)
			}
			checkNothingLeft(t, r.machine, environment, files)
			r.checkEmptied(t)
		})
	}
}

// checkRenewal wants the program and what it keeps to be the runner's, whoever renewed last.
func checkRenewal(t *testing.T, r *refreshed) {
	t.Helper()
	want := "700 1001:1001 gatepass\n600 1001:1001 credentials.json\n600 1001:1001 settings.json\n700 1001:1001 ."
	if got := r.hostStep(t, "cd '"+r.Home()+`/'"$AWS_PROFILE"; stat -c '%a %u:%g %n' gatepass credentials.json settings.json .`); got != want {
		t.Errorf("modes and owners are\n%s\nwant\n%s", got, want)
	}
}

// Credentials that last are asked for once: by the sign-in.
func TestStepsShareTheCredentialsThatLast(t *testing.T) {
	t.Parallel()
	r := newRefreshed(t, 0, nil, nil)
	if code, _ := r.step.main(t.Context(), t); code != 0 {
		t.Fatalf("main: got exit code %d, want 0", code)
	}
	for _, printed := range []string{r.hostStep(t, cli(t, 3)), r.hostStep(t, pythonPath+" steady.py 1"), r.hostStep(t, "./steady 1s"), r.dockerStep(t, "./steady 1s")} {
		if arn, _, _ := strings.Cut(printed, " by "); arn != deploySession {
			t.Errorf("a step prints %q, want %s", printed, deploySession)
		}
	}
	if r.sessions != 1 {
		t.Errorf("AWS opened %d sessions, want 1", r.sessions)
	}
	r.step.post(t)
}

// With the profile's name for one step, no other step is signed in.
func TestCredentialsForOneStepAlone(t *testing.T) {
	t.Parallel()
	r := newRefreshed(t, 0, nil, map[string]string{"aws-profile": "deploy"})
	if code, _ := r.step.main(t.Context(), t); code != 0 {
		t.Fatalf("main: got exit code %d, want 0", code)
	}
	region := "AWS_REGION=eu-central-1 " // or that is what the CLI asks for first
	if got := r.hostStep(t, "! "+region+cliOnce(t)+" 2>&1"); !strings.Contains(got, "Unable to locate credentials") {
		t.Errorf("the AWS CLI of another step prints %q", got)
	}
	if got := r.dockerStep(t, "! "+region+"./steady 1s 2>&1"); !strings.Contains(got, "no EC2 IMDS role found") {
		t.Errorf("the SDK of another Docker action prints %q", got)
	}
	if r.sessions != 1 {
		t.Errorf("AWS opened %d sessions, want that of the sign-in alone", r.sessions)
	}
	if got := r.hostStep(t, "AWS_PROFILE=deploy "+cliOnce(t)); got != deploySession {
		t.Errorf("the step with the profile's name prints %q, want %s", got, deploySession)
	}
	r.step.post(t)
}

// A folder from which nothing can be started is found out at once, and not by a later step.
func TestAFolderWithoutPrograms(t *testing.T) {
	t.Parallel()
	r := newRefreshed(t, 0, nil, nil)
	if _, err := output(exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "noexec,uid=1001,gid=1001", "none", r.Home())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := output(exec.CommandContext(context.Background(), "umount", r.Home())); err != nil {
			t.Error(err)
		}
	})
	environment, files := maps.Clone(r.Env), r.files(t)
	code, log := r.step.main(t.Context(), t)
	want := "Error: aws-refresh: later steps cannot start a program in " + r.Home() + ", as it is mounted with noexec; mount it without, or leave out aws-refresh"
	if code != 1 || !strings.Contains(log, want) {
		t.Errorf("got exit code %d, want 1, and %q", code, want)
	}
	r.step.post(t)
	checkNothingLeft(t, r.machine, environment, files)
}
