package sandbox_test

import (
	"slices"
	"testing"
	"time"

	"gatepass/pkg/sandbox"
)

// Another service of AWS's learns whose an access key is, and what it is verified with, for as long as the key is good.
func TestWhoseAnAccessKeyIs(t *testing.T) {
	t.Parallel()
	f := newAccounts(t, nil, nil)
	session := f.federated(t, "ci-1")
	for name, test := range map[string]struct {
		id   string
		want sandbox.AccessKey
	}{
		"a user's": {ciKey.AccessKeyID, sandbox.AccessKey{
			Holder: "arn:aws:iam::111111111111:user/ci", Secret: ciKey.SecretAccessKey,
		}},
		"a session's": {session.AccessKeyID, sandbox.AccessKey{
			Holder: "arn:aws:sts::111111111111:assumed-role/federated/ci-1", Secret: session.SecretAccessKey, SessionToken: session.SessionToken,
		}},
		"nobody's": {"AKIANOBODY0000000000", sandbox.AccessKey{}},
	} {
		if got, ok := f.AccessKey(test.id); got != test.want || ok != (name != "nobody's") {
			t.Errorf("%s: got %v, %t, want %v", name, got, ok, test.want)
		}
	}
	f.wait(time.Hour)
	if got, ok := f.AccessKey(session.AccessKeyID); ok {
		t.Errorf("after an hour: got %v, want the session to have expired", got)
	}
	if _, ok := f.AccessKey(ciKey.AccessKeyID); !ok {
		t.Error("after an hour the user's key is gone, too")
	}
}

// Likewise another service of Google's.
func TestWhoseAnAccessTokenIs(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	federated := f.federate(t, pool+"/providers/octo-repo")
	if got, want := f.Members(federated), "principal://iam.googleapis.com/"+pool+"/subject/"+subject; !slices.Contains(got, want) {
		t.Errorf("a federated token: got %q, want %s among them", got, want)
	}
	account := "deploy@my-project.iam.gserviceaccount.com"
	if got, want := f.Members(f.accessToken(t, account, federated)), []string{"serviceAccount:" + account}; !slices.Equal(got, want) {
		t.Errorf("a service account's token: got %q, want %q", got, want)
	}
	if got := f.Members("ya29.d.nobody"); got != nil {
		t.Errorf("a token that was never issued: got %q, want nobody", got)
	}
	f.wait(time.Hour)
	if got := f.Members(federated); got != nil {
		t.Errorf("after an hour: got %q, want nobody", got)
	}
}
