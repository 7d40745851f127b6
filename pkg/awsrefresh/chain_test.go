package awsrefresh_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"gatepass/pkg/awsrefresh"
	"gatepass/pkg/inputs"
)

// newChain is a world in which a step has left two sessions: 1, by GitHub's token for an hour, and 2, by the first one for 15 minutes. As
// AWS's SDK signs by its own clock, this is for synctest's.
func newChain(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, nil)
	w.pass(0)
	now := first
	now.Expiration = time.Now().Add(time.Hour)
	program := filepath.Join(t.TempDir(), "sign-in")
	if err := os.WriteFile(program, []byte("this program"), 0o600); err != nil {
		t.Fatal(err)
	}
	session := awsrefresh.Settings{
		Region: "eu-central-1", Endpoint: "http://sandbox/aws", Audience: "sts.amazonaws.com", Attempts: 12,
		Role: inputs.AWSRole{ARN: "arn:aws:iam::123456789012:role/deploy", SessionName: "GitHubActions", Duration: time.Hour},
	}
	chained := session
	chained.Source = "1"
	chained.Role = inputs.AWSRole{
		ARN: "arn:aws:iam::123456789012:role/admin", SessionName: "GitHubActions", Duration: 15 * time.Minute,
		ExternalID: "octo", Tags: []inputs.Tag{{Key: "Team", Value: "payments"}}, TransitiveTagKeys: []string{"Team"},
	}
	sessions := []awsrefresh.Session{{Name: "1", Settings: session, First: now}, {Name: "2", Settings: chained, First: now}}
	if err := awsrefresh.Write(w.dir, chainFolder, program, sessions, start); err != nil {
		t.Fatal(err)
	}
	return w
}

const chainFolder = "gatepass-aws-fedcba9876543210"

// pass lets time pass, on both clocks.
func (w *world) pass(d time.Duration) {
	<-time.After(d)
	w.wait(time.Since(start))
}

func (w *world) ask(t *testing.T, session string) {
	t.Helper()
	p := w.process()
	p.Folder = filepath.Join(w.dir.Path, chainFolder, session)
	if _, err := p.Document(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Each session has its own end. A chained one that is renewed renews what it is chained from, if that is at its end, too, and else uses it.
func TestAChainIsRenewedAsFarAsItIsAtItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newChain(t)
		for i, test := range []struct {
			after   time.Duration
			session string
			want    map[string]int
		}{
			{0, "2", map[string]int{}},
			{time.Hour, "2", map[string]int{"ID token": 1, "AssumeRoleWithWebIdentity": 1, "AssumeRole": 1}},
			{0, "1", map[string]int{}},
			{10 * time.Minute, "2", map[string]int{"AssumeRole": 1}},
			{2 * time.Hour, "1", map[string]int{"ID token": 1, "AssumeRoleWithWebIdentity": 1}},
			{0, "2", map[string]int{"AssumeRole": 1}},
		} {
			w.pass(test.after)
			w.ask(t, test.session)
			if got := w.requests(); !maps.Equal(got, test.want) {
				t.Errorf("%d, session %s: the clouds were asked for %v, want %v", i, test.session, got, test.want)
			}
		}
	})
}

// A chained renewal asks for what the step has asked for, in the name of the source.
func TestAChainedRenewalIsTheSameSignIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { testChainedRenewal(t, newChain(t)) })
}

func testChainedRenewal(t *testing.T, w *world) {
	w.pass(time.Hour)
	w.ask(t, "2")
	last := w.asked[len(w.asked)-1]
	got := fmt.Sprint(last.Caller, last.Parameters["RoleArn"], last.Parameters["DurationSeconds"], last.Parameters["ExternalId"], last.Parameters["Tags.member.1.Key"], last.Parameters["TransitiveTagKeys.member.1"])
	want := "arn:aws:sts::123456789012:assumed-role/deploy/GitHubActions[arn:aws:iam::123456789012:role/admin] [900] [octo] [Team] [Team]"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCommandOfASession(t *testing.T) {
	t.Parallel()
	for session, want := range map[string]string{
		"":  "gatepass-aws-fedcba9876543210/gatepass credential-process",
		"2": "gatepass-aws-fedcba9876543210/gatepass credential-process 2",
	} {
		if got := awsrefresh.Command(chainFolder, session); got != want {
			t.Errorf("session %q: got %s, want %s", session, got, want)
		}
	}
}
