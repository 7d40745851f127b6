package awsrefresh_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gatepass/pkg/awsrefresh"
	"gatepass/pkg/credfile"
	"gatepass/pkg/inputs"
	"gatepass/pkg/sandbox"
)

// Where nothing new is to be had, the old credentials serve to their end, and nobody waits for what they do not need yet.
func TestOldCredentialsServeToTheirEnd(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*sandbox.Config, *awsrefresh.Settings)
		spoil  func(w *world)
		calls  int // of AWS, while the old credentials are good
		want   string
	}{
		"AWS refuses": {
			change: func(c *sandbox.Config, _ *awsrefresh.Settings) {
				c.AWS.Faults = []sandbox.Fault{{Times: 9, Status: 403, Code: "AccessDenied", Message: "Not authorized to perform sts:AssumeRoleWithWebIdentity"}}
			}, calls: 1,
			want: "role arn:aws:iam::123456789012:role/deploy: AWS STS answered AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity (HTTP 403, request ",
		},
		"AWS is down": {
			change: func(c *sandbox.Config, s *awsrefresh.Settings) {
				c.AWS.Faults, s.Attempts = []sandbox.Fault{{Times: 9}}, 2
			}, calls: 1,
			want: "role arn:aws:iam::123456789012:role/deploy: AWS STS answered ServiceUnavailable",
		},
		"GitHub refuses": {
			spoil: func(w *world) { w.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "of-another-job" },
			want:  `role arn:aws:iam::123456789012:role/deploy: GitHub's ID token for audience "sts.amazonaws.com": GitHub answered 401 Unauthorized`,
		},
		"the environment has no token": {
			spoil: func(w *world) { delete(w.env, "ACTIONS_ID_TOKEN_REQUEST_TOKEN") },
			want:  "the environment lacks ACTIONS_ID_TOKEN_REQUEST_URL or ACTIONS_ID_TOKEN_REQUEST_TOKEN. The runner gives both to every step; hand them on to what you start with another environment, such as a container: docker run -e ACTIONS_ID_TOKEN_REQUEST_URL -e ACTIONS_ID_TOKEN_REQUEST_TOKEN",
		},
		"the environment has a strange address": {
			spoil: func(w *world) { w.env["ACTIONS_ID_TOKEN_REQUEST_URL"] = "http://evil.example/token" },
			want:  "environment variable ACTIONS_ID_TOKEN_REQUEST_URL: must start with https://; http:// is for localhost, private IP addresses and names without a dot",
		},
		"the settings are gone": {
			spoil: func(w *world) { _ = os.Remove(filepath.Join(w.dir.Path, folder, "settings.json")) },
			want:  "no such file or directory",
		},
		"the settings are damaged": {
			spoil: func(w *world) {
				_ = os.WriteFile(filepath.Join(w.dir.Path, folder, "settings.json"), []byte("{"), 0o600)
			},
			want: "the settings of the sign-in are damaged",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // for the pauses between tries
				w := newWorld(t, test.change)
				if test.spoil != nil {
					test.spoil(w)
				}
				w.wait(time.Hour - time.Second)
				text, err := w.process().Document(t.Context())
				if err != nil || string(text) != firstDocument {
					t.Errorf("a second before the end: got %s, error %v", text, err)
				}
				if calls := w.requests()["AssumeRoleWithWebIdentity"]; calls != test.calls {
					t.Errorf("AWS was asked %d times, want %d", calls, test.calls)
				}
				w.wait(time.Hour)
				if text, err = w.process().Document(t.Context()); err == nil || text != nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("at the end: got %s, error %v\nwant %s", text, err, test.want)
				}
			})
		})
	}
}

// Whichever of the clocks is wrong, nobody is given credentials that AWS takes for expired within five minutes.
func TestTheClockOfTheMachineIsWrong(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"it is behind AWS's": 5 * time.Minute, "it is ahead of AWS's": -5 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.ahead.Store(int64(ahead))
			w.wait(2 * time.Hour)
			old := w.credentials(t)
			w.wait(3*time.Hour - 5*time.Minute)
			if renewed := w.credentials(t); renewed.AccessKeyId == old.AccessKeyId || renewed.Expiration.After(w.now().Add(time.Hour)) {
				t.Errorf("five minutes before their end: got those until %v again, or others until %v, an hour at the most from %v", old.Expiration, renewed.Expiration, w.now())
			}
		})
	}
}

// Many that need credentials at the same time make one request between them.
func TestManyAtTheSameTime(t *testing.T) {
	t.Parallel()
	for name, elapsed := range map[string]time.Duration{"the old credentials are good": time.Hour - time.Second, "the old credentials have expired": 2 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.wait(elapsed)
			var all sync.WaitGroup
			for range 16 {
				all.Go(func() {
					text, err := w.process().Document(t.Context())
					if err != nil || elapsed > time.Hour && string(text) == firstDocument {
						t.Errorf("got %s, error %v", text, err)
					}
				})
			}
			all.Wait()
			if asked := w.requests(); asked["ID token"] != 1 || asked["AssumeRoleWithWebIdentity"] != 1 {
				t.Errorf("the clouds were asked for %v, want each once", asked)
			}
		})
	}
}

// Another process has the lock and does not come to an end, as one that was stopped.
func TestWhoHasTheLockAndHangsKeepsNobodyForLong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		elapsed time.Duration
		wait    time.Duration
		calls   int
	}{
		"the old credentials are good":     {time.Hour - time.Second, 0, 0},
		"the old credentials have expired": {2 * time.Hour, 15 * time.Second, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, nil)
				w.wait(test.elapsed)
				other, err := credfile.OpenFolder(filepath.Join(w.dir.Path, folder))
				if err != nil {
					t.Fatal(err)
				}
				defer other.Close()
				unlock, err := other.Lock(t.Context(), 0)
				if err != nil {
					t.Fatal(err)
				}
				defer unlock()
				began := time.Now()
				w.credentials(t)
				if waited := time.Since(began); waited != test.wait {
					t.Errorf("waited %v, want %v", waited, test.wait)
				}
				if calls := w.requests()["AssumeRoleWithWebIdentity"]; calls != test.calls {
					t.Errorf("AWS was asked %d times, want %d", calls, test.calls)
				}
			})
		})
	}
}

// A proxy that the step was given is for renewals, too; else they take that of the later step.
func TestTheProxyIsTheSignInsOrElseTheEnvironments(t *testing.T) {
	t.Parallel()
	for name, given := range map[string]bool{"the sign-in's": true, "the environment's": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w *world
			var hosts []string // one request after the other
			proxy := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
				hosts = append(hosts, r.Host)
				w.clouds.ServeHTTP(answer, r)
			}))
			t.Cleanup(proxy.Close)
			w = newWorld(t, func(_ *sandbox.Config, s *awsrefresh.Settings) {
				if given {
					s.Proxy.HTTP = proxy.URL
				}
			})
			if !given {
				w.env["HTTP_PROXY"] = proxy.URL
			}
			w.wait(time.Hour)
			process := w.process()
			process.HTTP = nil
			if _, err := process.Document(t.Context()); err != nil || !slices.Equal(hosts, []string{"sandbox", "sandbox"}) {
				t.Errorf("the proxy was asked for %q, error %v", hosts, err)
			}
		})
	}
}

// What lies there in place of credentials is not handed out, and does not keep new ones from being.
func TestWhatIsNotTheProgramsOwnIsNotHandedOut(t *testing.T) {
	t.Parallel()
	planted := strings.ReplaceAll(firstDocument, "FIRST", "PLANTED")
	for name, plant := range map[string]func(path string) error{
		"nothing":  func(string) error { return nil },
		"a link":   func(path string) error { return os.Symlink(filepath.Join(t.TempDir(), "planted"), path) },
		"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"a file that others see": func(path string) error {
			return errors.Join(os.WriteFile(path, []byte(planted), 0o600), os.Chmod(path, 0o644))
		},
		"damaged": func(path string) error { return os.WriteFile(path, []byte(planted[:40]), 0o600) },
		"of another version": func(path string) error {
			return os.WriteFile(path, []byte(strings.Replace(planted, `"Version":1`, `"Version":2`, 1)), 0o600)
		},
		"without a token": func(path string) error {
			return os.WriteFile(path, []byte(strings.Replace(planted, "first//token==", "", 1)), 0o600)
		},
		"without an end": func(path string) error {
			return os.WriteFile(path, []byte(strings.Replace(planted, "2026-11-22T07:00:00Z", "0001-01-01T00:00:00Z", 1)), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			path := filepath.Join(w.dir.Path, folder, "credentials.json")
			if err := errors.Join(os.Remove(path), plant(path)); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if key := w.credentials(t).AccessKeyId; key == "ASIAPLANTED" || key == "ASIAFIRST" {
					t.Errorf("got %s", key)
				}
			}
			// A folder cannot be replaced, so that each call asks. All else is replaced by what the first one gets.
			want := 1
			if name == "a folder" {
				want = 2
			}
			if calls := w.requests()["AssumeRoleWithWebIdentity"]; calls != want {
				t.Errorf("AWS was asked %d times, want %d", calls, want)
			}
		})
	}
}

// What a step has asked at a FIPS endpoint is renewed at one.
func TestARenewalIsAtTheEndpointOfTheSignIn(t *testing.T) {
	t.Parallel()
	step := inputs.Inputs{AWS: &inputs.AWS{Source: inputs.FromGitHub, Region: "us-east-1", FIPS: true, Role: &inputs.AWSRole{ARN: "arn:aws:iam::123456789012:role/deploy", SessionName: "GitHubActions", Duration: time.Hour}}}
	w := newWorld(t, func(_ *sandbox.Config, settings *awsrefresh.Settings) { *settings = awsrefresh.SettingsOf(step) })
	w.wait(time.Hour)
	var hosts []string
	p := w.process()
	p.HTTP.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		hosts = append(hosts, r.URL.Host)
		return w.RoundTrip(r)
	})
	if _, err := p.Document(t.Context()); err == nil {
		t.Error("the sandbox is at another path, but no error")
	}
	if want := []string{"sandbox", "sts-fips.us-east-1.amazonaws.com"}; !slices.Equal(hosts, want) {
		t.Errorf("asked %q, want %q", hosts, want)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A program that runs on when the job has ended, and the post step has removed the folder, is told so.
func TestAfterTheJobsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	if _, err := w.dir.RemoveFolder(folder); err != nil {
		t.Fatal(err)
	}
	if _, err := w.process().Document(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "the sign-in that they are of has ended: ") {
		t.Errorf("got error %v", err)
	}
}

func TestACancelledRenewalEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.wait(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if text, err := w.process().Document(ctx); err == nil {
		t.Errorf("got %s", text)
	}
}

func TestWriteLeavesAllOrNothing(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "sign-in")
	if err := os.WriteFile(program, []byte("this program"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := credfile.Dir{Path: t.TempDir()}
	if err := awsrefresh.Write(dir, folder, filepath.Join(dir.Path, "none"), []awsrefresh.Session{{First: first}}, start); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a program: got error %v", err)
	}
	if left, err := os.ReadDir(dir.Path); err != nil || len(left) > 0 {
		t.Errorf("left %v, error %v", left, err)
	}
	if err := awsrefresh.Write(dir, folder, program, []awsrefresh.Session{{First: first}}, start); err != nil {
		t.Fatal(err)
	}
	if err := awsrefresh.Write(dir, folder, program, []awsrefresh.Session{{First: first}}, start); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second time: got error %v", err)
	}
	copied, err := os.ReadFile(filepath.Join(dir.Path, folder, "gatepass"))
	if err != nil || string(copied) != "this program" {
		t.Errorf("the program is %q, error %v", copied, err)
	}
	if info, err := os.Stat(filepath.Join(dir.Path, folder, "gatepass")); err != nil || info.Mode() != 0o700 {
		t.Errorf("its mode is %v, error %v", info.Mode(), err)
	}
}

// A service that repeats what it was sent tells it to whoever reads the SDK's error, in a log where nobody has masked it.
func TestARenewalThatFailsPrintsNoSecret(t *testing.T) {
	t.Parallel()
	const token = "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl"
	for name, answers := range map[string]map[string]string{
		"GitHub": {"/github/idtoken": ""},
		"AWS":    {"/github/idtoken": `{"value": "` + token + `"}`, "/aws": ""},
	} {
		w := newWorld(t, nil)
		w.wait(2 * time.Hour)
		w.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = token
		p := w.process()
		p.HTTP = &http.Client{Transport: repeater(answers)}
		if _, err := p.Document(t.Context()); err == nil || !strings.Contains(err.Error(), "you said ***") || strings.Contains(err.Error(), "c2lnbmF0dXJl") {
			t.Errorf("%s: got error %v", name, err)
		}
	}
}

// repeater are answers by their path. Where one is empty, it is a refusal that repeats the token that was sent.
type repeater map[string]string

func (r repeater) RoundTrip(request *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	text := r[request.URL.Path]
	if text == "" {
		sent := strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer ") + request.FormValue("WebIdentityToken")
		text = `<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>you said ` + sent + `</Message></Error></ErrorResponse>`
		answer.WriteHeader(http.StatusForbidden)
	}
	_, err := answer.WriteString(text)
	return answer.Result(), err
}
