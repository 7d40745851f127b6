package cli_test

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gatepass/pkg/retry"
	"gatepass/pkg/sandbox"
	"gatepass/pkg/sandbox/job"
	"gatepass/pkg/sandbox/wire"
)

// outcome is what became of a step that met a fault.
type outcome struct {
	code     int
	attempts int           // at the service with the fault
	took     time.Duration // on a clock on which computing takes no time; 0 of a process of its own, whose clock is another
	log      string        // as the job shows it
	err      string        // what the log says first of what went wrong
}

// Whatever goes wrong on the way to a service, for a moment or for good: the step signs in, or says with one error what is wrong and what
// to do. It ends in a time that is known, shows no secret, and leaves nothing. .github/FAULTS.md is a table of it.
func TestFaults(t *testing.T) {
	t.Parallel()
	clouds, err := sandbox.New(sandbox.DefaultConfig(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	services := hops
	if testing.Short() { // for the race detector, under which this takes minutes
		services = hops[:2]
	}
	var rows []row
	for _, f := range faults {
		for _, h := range services {
			t.Run(f.name+", "+h.name, func(t *testing.T) {
				once, always := meet(t, clouds, f, h, 1), meet(t, clouds, f, h, 0)
				check(t, f, once)
				check(t, f, always)
				rows = append(rows, newRow(f, h, once, always))
			})
		}
	}
	if len(rows) < len(faults)*len(hops) {
		return // -run has left some out
	}
	var lines []string
	for _, r := range merge(rows) {
		lines = append(lines, r.String())
	}
	checkTable(t, "network", "| fault | of | if it passes | if it stays | what the log says then |\n", lines)
}

// check wants an outcome to be one of two, in time.
func check(t *testing.T, f fault, got outcome) {
	t.Helper()
	errors := strings.Count("\n"+got.log, "\nError: ")
	switch {
	case got.code == 0 && errors > 0, got.code != 0 && errors != 1:
		t.Errorf("got exit code %d and %d errors:\n%s", got.code, errors, got.log)
	case got.code != 0 && !strings.Contains(got.log, got.err+"\n\n"):
		t.Errorf("the error is not explained:\n%s", got.log)
	}
	if got.took > f.limit(got.attempts) {
		t.Errorf("%d attempts took %v, want at most %v", got.attempts, got.took, f.limit(got.attempts))
	}
}

// limit is the longest that a number of attempts take, with the waits between them. The last of the attempts may be a right one.
func (f fault) limit(attempts int) time.Duration {
	policy := retry.Patient(attempts)
	limit := time.Duration(attempts) * f.each
	for attempt := range attempts - 1 {
		wait := min(policy.Base<<attempt, policy.Cap)
		if f.status == http.StatusTooManyRequests {
			wait = max(wait, policy.Throttled)
		}
		limit += wait + min(f.after, policy.AfterCap)
	}
	return limit
}

// meet signs in, on a network and by a clock of the test's own, where a hop is at fault.
func meet(t *testing.T, clouds *sandbox.Sandbox, f fault, h hop, times int) (got outcome) {
	t.Helper()
	if f.certificate != nil || f.host != "" {
		return f.meetForReal(t, clouds, h, times)
	}
	synctest.Test(t, func(t *testing.T) {
		network := &wire.Network{}
		p := &proxy{clouds: clouds, hop: h, fault: f, times: times, under: network.Dial}
		defer serve(network, p)()
		got = p.signIn(t, inputsFor(h), onWire(clouds), p.inProcess(t))
	})
	return got
}

// inProcess runs a stage in this process, on the proxy's network.
func (p *proxy) inProcess(t *testing.T) stageFunc {
	return func(_ *job.Job, env map[string]string, stage string) ([]byte, int) {
		log, code := runOver(t.Context(), p.Dial, env, stage)
		return []byte(log), code
	}
}

// stage runs a stage of the action, and returns what it has printed and its exit code.
type stageFunc func(j *job.Job, env map[string]string, stage string) (raw []byte, code int)

// secrets are those that a step can know: what it was given, and what the sandbox has issued since.
func (p *proxy) secrets(env map[string]string) []string {
	all := p.clouds.Secrets()
	given, known := slices.Collect(maps.Values(env)), all[p.issued:]
	for _, secret := range all[:p.issued] {
		if slices.ContainsFunc(given, func(value string) bool { return strings.Contains(value, secret) }) {
			known = append(known, secret)
		}
	}
	return known
}

// signIn runs both stages of a step. If the first one fails, neither leaves anything.
func (p *proxy) signIn(t *testing.T, inputs, jobEnv map[string]string, run stageFunc) (got outcome) {
	t.Helper()
	j, err := job.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(j.Env, jobEnv)
	before := maps.Clone(j.Env)
	p.issued = len(p.clouds.Secrets())
	step := j.Step("sign-in", inputs)
	start := time.Now()
	got.log, got.code = p.stage(t, j, step, "sign-in", run)
	got.took, got.attempts = time.Since(start), p.attempts()
	if _, said, found := strings.Cut(got.log, "Error: "); found {
		got.err, _, _ = strings.Cut(said, "\n\n")
		got.err = strings.TrimSuffix(got.err, "\n")
	}
	if got.code != 0 {
		nothingLeft(t, j, step, before)
	}
	log, code := p.stage(t, j, step, "sign-out", run)
	if code != 0 || got.code != 0 && log != "" {
		t.Errorf("sign-out: got exit code %d, and the log\n%s", code, log)
	}
	maps.DeleteFunc(j.Env, func(_, value string) bool { return value == "" })
	clear(step.Outputs)
	nothingLeft(t, j, step, before)
	return got
}

// stage runs one stage, and looks for secrets in all that it has written but what is for later steps.
func (p *proxy) stage(t *testing.T, j *job.Job, step *job.Step, name string, run stageFunc) (log string, code int) {
	t.Helper()
	env, err := step.Begin()
	if err != nil {
		t.Fatal(err)
	}
	raw, code := run(j, env, name)
	var shown bytes.Buffer
	out := j.Log(&shown)
	if _, err := out.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := step.End(); err != nil {
		t.Fatal(err)
	}
	if err := leak(printed(string(raw))+step.Summary, p.secrets(env)); err != nil {
		t.Errorf("%s: %v\n%s", name, err, &shown)
	}
	return shown.String(), code
}

// inputsFor are those of a sign-in to both clouds. GitHub is asked by each of them for itself, so that with a fault there it is AWS alone.
func inputsFor(h hop) map[string]string {
	if h == toGitHub {
		return toAWS("output-credentials", "true")
	}
	return with(toBothClouds(), "output-credentials", "true")
}
