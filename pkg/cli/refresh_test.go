package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"gatepass/pkg/credfile"
	"gatepass/pkg/sandbox/job"
)

// refreshing is a job in which a step has signed in with aws-refresh, and whose first credentials are lost, so that the next who needs some
// asks AWS. Of AWS a test can have its own.
type refreshing struct {
	job    *job.Job
	folder string
	aws    atomic.Pointer[http.HandlerFunc]
}

func newRefreshing(t *testing.T) *refreshing {
	t.Helper()
	clouds, _ := newClouds(t)
	r := &refreshing{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if aws := r.aws.Load(); aws != nil && strings.HasPrefix(request.URL.Path, "/aws") {
			(*aws)(w, request)
			return
		}
		clouds.ServeHTTP(w, request)
	}))
	t.Cleanup(server.Close)
	j, step, env := begin(t, clouds, server.URL, toAWS("aws-refresh", "true"))
	signIn := exec.CommandContext(t.Context(), "sign-in")
	signIn.Env = environ(env)
	if log, err := signIn.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	if err := step.End(); err != nil {
		t.Fatal(err)
	}
	r.job = j
	r.folder = filepath.Join(j.Temp(), j.Env["AWS_PROFILE"])
	if err := os.Remove(filepath.Join(r.folder, "credentials.json")); err != nil {
		t.Fatal(err)
	}
	return r
}

// process is the program as a later step's SDK starts it, in a process group of its own.
func (r *refreshing) process(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(r.folder, "gatepass"), "credential-process")
	cmd.Env = environ(r.job.Env)
	return cmd
}

// A process that is ended while it renews leaves no lock behind, and prints no credentials.
func TestWhoIsKilledWhileItRenewsKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			killWhileItRenews(t, signal)
		})
	}
}

func killWhileItRenews(t *testing.T, signal syscall.Signal) {
	t.Helper()
	r := newRefreshing(t)
	asked := make(chan struct{})
	hang := http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		close(asked)
		_, _ = io.Copy(io.Discard, request.Body) // or the server does not see that the client is gone
		<-request.Context().Done()
	})
	r.aws.Store(&hang)
	killed := r.process(t)
	var printed bytes.Buffer
	killed.Stdout = &printed
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	<-asked
	folder, err := credfile.OpenFolder(r.folder)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	if _, err := folder.Lock(t.Context(), 0); err != credfile.ErrLocked { //nolint:errorlint // exactly this
		t.Errorf("while it renews: got error %v, want that the folder is locked", err)
	}
	if err := killed.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	if err := killed.Wait(); err == nil || printed.Len() > 0 {
		t.Errorf("it has printed %q, error %v", &printed, err)
	}
	unlock, err := folder.Lock(t.Context(), 0)
	if err != nil {
		t.Fatalf("after it was killed: %v", err)
	}
	unlock()
	r.aws.Store(nil)
	if document, err := r.process(t).Output(); err != nil || !bytes.HasPrefix(document, []byte(`{"Version":1,"AccessKeyId":"ASIA`)) {
		t.Errorf("the next one prints %.40s, error %v", document, err)
	}
}

// The runner looks for commands on standard error, too, and an SDK may hand on there what the program says.
func TestARefusedRenewalPrintsNoCommand(t *testing.T) {
	t.Parallel()
	r := newRefreshing(t)
	refuse := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("x-amzn-RequestId", "1##[error]2")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, "<ErrorResponse><Error><Code>Access\n::add-mask::Denied</Code><Message>No.\n::set-output name=x::1\r##[error]y</Message></Error></ErrorResponse>")
	})
	r.aws.Store(&refuse)
	cmd := r.process(t)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	want := "gatepass: the AWS credentials cannot be renewed: role arn:aws:iam::123456789012:role/deploy: AWS STS answered "
	if err == nil || stdout.Len() > 0 || !strings.HasPrefix(stderr.String(), want) {
		t.Errorf("error %v, printed %q, and on standard error %q, want %q", err, &stdout, &stderr, want)
	}
	text := strings.TrimSuffix(stderr.String(), "\n")
	if strings.ContainsAny(text, "\r\n") || strings.Contains(text, "##[") {
		t.Errorf("the text %q holds a command", text)
	}
}
