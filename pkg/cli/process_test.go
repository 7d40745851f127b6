package cli_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"

	"gatepass/pkg/cli"
	"gatepass/pkg/sandbox"
	"gatepass/pkg/sandbox/job"
)

// BenchmarkProcess measures the released program as a process on this machine: its start, and both stages for both clouds, by TLS, where
// each request is answered after 40 ms.
//
//	go test -run '^$' -bench Process -benchtime 50x ./pkg/cli
func BenchmarkProcess(b *testing.B) {
	var requests atomic.Int64
	clouds, err := sandbox.New(sandbox.DefaultConfig(), sandbox.Options{Observe: func(sandbox.Exchange) { requests.Add(1) }})
	if err != nil {
		b.Fatal(err)
	}
	j, err := job.New(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	for _, v := range clouds.Environment("https://sandbox") {
		server := encrypted(b, nil, after(40*time.Millisecond, clouds))
		j.Env[v.Name] = strings.Replace(v.Value, "https://sandbox", server.URL, 1)
		trust(b, j, server)
	}
	before, program, took := maps.Clone(j.Env), release(b), map[string][]time.Duration{}
	run := func(name string, env map[string]string) error {
		cmd := exec.Command(program) //nolint:noctx // it ends by itself
		cmd.Args, cmd.Dir = []string{name}, j.Workspace()
		cmd.Env = environ(env)
		start := time.Now()
		_, err := cmd.Output()
		took[name] = append(took[name], time.Since(start))
		return err
	}
	for b.Loop() {
		var exit *exec.ExitError
		if err := run(noStage, nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
			b.Fatalf("got %v, want exit code 1", err)
		}
		j.Env = maps.Clone(before)
		step := j.Step("sign-in", toBothClouds())
		for _, stage := range []string{cli.SignIn, cli.SignOut} {
			env, err := step.Begin()
			if err := errors.Join(err, run(stage, env), step.End()); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(0, "ns/op") // a round of all this says nothing
	reportProcess(b, took, requests.Load()/int64(b.N))
}

// noStage is a name that the program is started by and says it has no stage for, which is all that it does then.
const noStage = "gatepass"

// after has each request take a time, in which it is answered.
func after(takes time.Duration, h http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		end, answer := time.After(takes), httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		<-end
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = answer.Body.WriteTo(w)
	}
}

// release builds the program as a release has it.
func release(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "program")
	build := exec.CommandContext(b.Context(), ".ci/program", ".", program)
	build.Dir = "../.."
	if log, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, log)
	}
	return program
}

// reportProcess prints the table that README.md shows.
func reportProcess(b *testing.B, took map[string][]time.Duration, requests int64) {
	b.Helper()
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	fmt.Fprintf(table, "\n| the program as a process\t| median of %d\t| fastest\t|\n|---\t|---\t|---\t|\n", b.N)
	for _, row := range []struct{ name, what string }{
		{noStage, "start"},
		{cli.SignIn, fmt.Sprintf("sign-in to both clouds, %d requests of 40 ms", requests)},
		{cli.SignOut, "sign-out"},
	} {
		slices.Sort(took[row.name])
		median, fastest := milliseconds(took[row.name][b.N/2]), milliseconds(took[row.name][0])
		b.ReportMetric(median, row.name+"-ms")
		fmt.Fprintf(table, "| %s\t| %.1f ms\t| %.1f ms\t|\n", row.what, median, fastest)
	}
	if err := table.Flush(); err != nil {
		b.Fatal(err)
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
