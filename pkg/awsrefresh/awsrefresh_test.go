package awsrefresh_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatepass/pkg/aws"
	"gatepass/pkg/awsrefresh"
	"gatepass/pkg/credfile"
	"gatepass/pkg/inputs"
	"gatepass/pkg/sandbox"
	"gatepass/pkg/secret"
)

const folder = "gatepass-aws-0123456789abcdef"

var start = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)

// world is a job in which a step has signed in to AWS for an hour, and the clouds, with a clock that only tests move.
type world struct {
	clouds  *sandbox.Sandbox
	dir     credfile.Dir
	env     map[string]string
	elapsed atomic.Int64
	ahead   atomic.Int64 // how far the clouds' clock is ahead of the machine's

	mu    sync.Mutex
	asked []sandbox.Exchange
}

func newWorld(t *testing.T, change func(*sandbox.Config, *awsrefresh.Settings)) *world {
	t.Helper()
	w := &world{dir: credfile.Dir{Path: t.TempDir(), Exported: "/home/runner"}, env: map[string]string{}}
	config := sandbox.DefaultConfig()
	settings := awsrefresh.Settings{
		Region: "eu-central-1", Endpoint: "http://sandbox/aws", Audience: "sts.amazonaws.com", Attempts: 12,
		Role: inputs.AWSRole{ARN: "arn:aws:iam::123456789012:role/deploy", SessionName: "GitHubActions", Duration: time.Hour},
	}
	if change != nil {
		change(&config, &settings)
	}
	var err error
	if w.clouds, err = sandbox.New(config, sandbox.Options{Now: func() time.Time { return w.now().Add(time.Duration(w.ahead.Load())) }, Observe: w.observe}); err != nil {
		t.Fatal(err)
	}
	for _, v := range w.clouds.Environment("http://sandbox") {
		w.env[v.Name] = v.Value
	}
	program := filepath.Join(t.TempDir(), "sign-in")
	if err := os.WriteFile(program, []byte("this program"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := awsrefresh.Write(w.dir, folder, program, []awsrefresh.Session{{Settings: settings, First: first}}, start); err != nil {
		t.Fatal(err)
	}
	return w
}

// first are the credentials that the step has got.
var first = aws.Credentials{
	AccessKeyID: secret.New("ASIAFIRST"), SecretAccessKey: secret.New("first/secret+key"), SessionToken: secret.New("first//token=="),
	Expiration: start.Add(time.Hour),
}

const firstDocument = `{"Version":1,"AccessKeyId":"ASIAFIRST","SecretAccessKey":"first/secret+key","SessionToken":"first//token==","Expiration":"2026-11-22T07:00:00Z"}`

func (w *world) now() time.Time { return start.Add(time.Duration(w.elapsed.Load())) }

func (w *world) wait(d time.Duration) { w.elapsed.Store(int64(d)) }

func (w *world) observe(e sandbox.Exchange) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, e)
}

// requests counts what the clouds were asked since the last time.
func (w *world) requests() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	count := map[string]int{}
	for _, e := range w.asked {
		count[e.Call]++
	}
	w.asked = nil
	return count
}

// RoundTrip asks the clouds without a network. They get the request as it would arrive, with the headers that are signed.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		return nil, err
	}
	arrived, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		return nil, err
	}
	answer := httptest.NewRecorder()
	w.clouds.ServeHTTP(answer, arrived.WithContext(r.Context()))
	return answer.Result(), nil
}

// process is the program, as an SDK starts it.
func (w *world) process() awsrefresh.Process {
	return awsrefresh.Process{
		Folder: filepath.Join(w.dir.Path, folder),
		Getenv: func(name string) string { return w.env[name] },
		Now:    w.now,
		HTTP:   &http.Client{Transport: w},
	}
}

// answer is what the program prints.
type answer struct {
	Version                                    int
	AccessKeyId, SecretAccessKey, SessionToken string
	Expiration                                 time.Time
}

func (w *world) credentials(t *testing.T) answer {
	t.Helper()
	text, err := w.process().Document(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	if secrets := w.clouds.Secrets(); a.AccessKeyId != "ASIAFIRST" && (!slices.Contains(secrets, a.AccessKeyId) || !slices.Contains(secrets, a.SecretAccessKey) || !slices.Contains(secrets, a.SessionToken)) {
		t.Error("the credentials are none of AWS's")
	}
	return a
}

func TestTheFirstCredentialsAreTheStepsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	text, err := w.process().Document(t.Context())
	if err != nil || string(text) != firstDocument {
		t.Errorf("got %s, error %v\nwant %s", text, err, firstDocument)
	}
	if asked := w.requests(); len(asked) > 0 {
		t.Errorf("the clouds were asked for %v", asked)
	}
}

func TestCredentialsAreRenewedFiveMinutesBeforeTheirEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	renewals, key := 0, w.credentials(t).AccessKeyId
	for _, test := range []struct {
		at      time.Duration
		renewed bool
		until   time.Duration
	}{
		{54*time.Minute + 59*time.Second, false, time.Hour},
		{55 * time.Minute, true, time.Hour + 55*time.Minute},
		{56 * time.Minute, false, time.Hour + 55*time.Minute},
		{time.Hour + 49*time.Minute + 59*time.Second, false, time.Hour + 55*time.Minute},
		{5 * time.Hour, true, 6 * time.Hour}, // long after their end
	} {
		w.wait(test.at)
		got := w.credentials(t)
		if test.renewed {
			renewals++
		}
		if renewed := got.AccessKeyId != key; renewed != test.renewed || !got.Expiration.Equal(start.Add(test.until)) || got.Version != 1 {
			t.Errorf("after %v: renewed %v, want %v; until %v, want %v", test.at, renewed, test.renewed, got.Expiration, start.Add(test.until))
		}
		key = got.AccessKeyId
	}
	if asked := w.requests(); asked["ID token"] != renewals || asked["AssumeRoleWithWebIdentity"] != renewals {
		t.Errorf("the clouds were asked for %v, want each %d times", asked, renewals)
	}
}

// A renewal asks for what the step has asked for.
func TestARenewalIsTheSameSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(config *sandbox.Config, s *awsrefresh.Settings) {
		s.Role.SessionName, s.Role.Duration, s.Role.Policy = "nightly", 20*time.Minute, `{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`
		s.Role.PolicyARNs = []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}
		s.Audience = "our-audience"
		config.AWS.OIDCProviders[0].ClientIDs = []string{"our-audience"}
		text := strings.ReplaceAll(string(config.AWS.Roles[0].TrustPolicy), "sts.amazonaws.com", "our-audience")
		config.AWS.Roles[0].TrustPolicy = sandbox.TrustPolicy(text)
	})
	w.env["GITHUB_RUN_ID"] = "1234567890"
	w.wait(time.Hour)
	if until := w.credentials(t).Expiration; !until.Equal(start.Add(80 * time.Minute)) {
		t.Errorf("the new credentials last until %v", until)
	}
	last := w.asked[len(w.asked)-1]
	got := fmt.Sprint(last.Call, last.Parameters["RoleArn"], last.Parameters["RoleSessionName"], last.Parameters["DurationSeconds"], last.Parameters["Policy"], last.Parameters["PolicyArns.member.1.arn"])
	want := `AssumeRoleWithWebIdentity[arn:aws:iam::123456789012:role/deploy] [nightly] [1200] [{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}] [arn:aws:iam::aws:policy/ReadOnlyAccess]`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !strings.Contains(last.UserAgent, "md/run_id#1234567890") {
		t.Errorf("CloudTrail would see %s", last.UserAgent)
	}
}

// The one secret on the disk is what the program hands out, and it is for the runner's user alone.
func TestNothingOnTheDiskIsSecretButTheCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.wait(time.Hour)
	w.credentials(t)
	err := filepath.WalkDir(w.dir.Path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, secret := range w.clouds.Secrets() {
			if strings.Contains(string(content), secret) && (entry.Name() != "credentials.json" || info.Mode() != 0o600) {
				t.Errorf("%s, mode %v, holds a secret", path, info.Mode())
			}
		}
		for _, name := range []string{"ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL"} {
			if strings.Contains(string(content), w.env[name]) {
				t.Errorf("%s holds %s", path, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
