package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"gatepass/pkg/sandbox"
	"gatepass/pkg/sandbox/job"
)

// world is a script's job and the clouds it signs in to.
type world struct {
	sandbox *sandbox.Sandbox
	job     *job.Job
	current *job.Step
	steps   map[string]*job.Step
	folder  string            // of the script
	raw     []byte            // what the last stage wrote
	state   []byte            // what it saved
	before  map[string]string // the job's environment before the first stage
	shown   *strings.Replacer
	bin     string // PATH of the stages' programs

	mu    sync.Mutex
	asked []sandbox.Exchange
}

func setUp(env *testscript.Env) error {
	w := &world{}
	config := sandbox.DefaultConfig()
	if text, err := os.ReadFile(filepath.Join(env.WorkDir, "sandbox.yaml")); err == nil {
		if config, err = sandbox.ParseConfig(text); err != nil {
			return err
		}
	}
	var err error
	if w.sandbox, err = sandbox.New(config, sandbox.Options{Observe: w.observe}); err != nil {
		return err
	}
	server := httptest.NewServer(w.sandbox)
	env.Defer(server.Close)
	folder := filepath.Join(env.WorkDir, "runner")
	if w.job, err = job.New(folder); err != nil {
		return err
	}
	for _, v := range w.sandbox.Environment(server.URL) {
		w.job.Env[v.Name] = v.Value
	}
	w.shown = strings.NewReplacer(server.URL, "http://sandbox", folder, "/home/runner/work")
	w.bin = env.Getenv("PATH")
	w.folder, w.steps = env.WorkDir, map[string]*job.Step{}
	if _, err := w.step([]string{"sign-in"}); err != nil {
		return err
	}
	w.job.Env["AWS_EC2_METADATA_DISABLED"] = "true" // whatever machine runs the scripts
	// Someone debugs the job, and would have libraries write what they send and get.
	w.job.Context["RUNNER_DEBUG"] = "1"
	w.job.Env["GODEBUG"], w.job.Env["GOOGLE_SDK_GO_LOGGING_LEVEL"], w.job.Env["GRPC_GO_LOG_SEVERITY_LEVEL"] = "http2debug=2", "debug", "info"
	w.job.Env["HOME"] = filepath.Join(folder, "home")
	env.Values["world"] = w
	return nil
}

func (w *world) observe(e sandbox.Exchange) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, e)
}

// command makes a script's command of a method that returns what to print.
func command(run func(*world, []string) (string, error)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, negated bool, args []string) {
		w := ts.Value("world").(*world)
		text, err := run(w, args)
		ts.Check(err)
		_, err = fmt.Fprint(ts.Stdout(), w.show(w.job.Mask(text)))
		ts.Check(err)
		if negated {
			ts.Fatalf("cannot be negated")
		}
	}
}

// stage makes the command that runs a stage. Negated, it has to fail.
func stage(name string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, negated bool, _ []string) {
		w := ts.Value("world").(*world)
		if w.before == nil {
			w.before = maps.Clone(w.job.Env)
		}
		before := maps.Clone(w.job.Env)
		failed, err := w.run(name)
		ts.Check(err)
		var log bytes.Buffer
		show := w.job.Log(&log)
		_, err = show.Write(w.raw)
		ts.Check(errors.Join(err, show.Close(), w.current.End()))
		_, err = fmt.Fprint(ts.Stdout(), w.show(log.String()))
		ts.Check(err)
		ts.Check(errors.Join(w.noSecretIn(w.raw), w.noSecretIn(w.state), w.noSecretShown(before)))
		if failed != negated {
			ts.Fatalf("the stage failed: %v", failed)
		}
	}
}

// What differs from run to run, and what stands for it.
var varying = []struct {
	form *regexp.Regexp
	name string
}{
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "1234"}, // a request's
	{regexp.MustCompile(`[0-9]{2}:[0-9]{2}:[0-9]{2} UTC`), "06:00:00 UTC"},
	{regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z`), "2026-11-22T06:00:00Z"},
}

func (w *world) show(text string) string {
	text = w.shown.Replace(text)
	for _, v := range varying {
		text = v.form.ReplaceAllString(text, v.name)
	}
	return text
}

func (w *world) run(name string) (failed bool, err error) {
	env, err := w.current.Begin()
	if err != nil {
		return false, err
	}
	program, err := lookPath(name, w.bin)
	if err != nil {
		return false, err
	}
	cmd := exec.Command(program) //nolint:noctx // testscript ends what hangs
	cmd.Dir = w.job.Workspace()
	cmd.Env = environ(env)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	w.raw, err = cmd.Output()
	var stateErr error
	if w.state, stateErr = os.ReadFile(env["GITHUB_STATE"]); stateErr != nil {
		return false, stateErr
	}
	if stderr.Len() > 0 {
		return false, fmt.Errorf("written to standard error: %s", stderr.Bytes())
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return true, nil
	}
	return false, err
}

// environ is the environment of a process. Built with the race detector, every process sleeps for a second when it ends, unless GORACE says
// otherwise, which is handed on.
func environ(variables map[string]string) []string {
	list := []string{"GORACE=" + os.Getenv("GORACE")}
	for name, value := range variables {
		list = append(list, name+"="+value)
	}
	return list
}

func lookPath(name, path string) (string, error) {
	for _, folder := range filepath.SplitList(path) {
		if file := filepath.Join(folder, name); isFile(file) {
			return file, nil
		}
	}
	return "", fmt.Errorf("%s is not in %s", name, path)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// noSecretIn checks that no secret is printed but to mask it, neither before its mask, nor after it. Nor is one saved: the runner keeps a
// step's state in the clear.
func (w *world) noSecretIn(log []byte) error { return leak(printed(string(log)), w.sandbox.Secrets()) }

// noSecretShown checks what a job shows of what a stage has left it: the runner prints variables above the logs of later steps, what a
// workflow does with outputs nobody knows, and the summary is a page. By then all of it is masked.
func (w *world) noSecretShown(before map[string]string) error {
	exported := maps.Clone(w.job.Env)
	maps.DeleteFunc(exported, func(name, value string) bool { return before[name] == value })
	return leak(w.job.Mask(assignments(exported)+assignments(w.current.Outputs)+w.current.Summary), w.sandbox.Secrets())
}

func (w *world) step(args []string) (string, error) {
	id := args[0]
	if w.steps[id] == nil || len(args) > 1 {
		w.steps[id] = w.job.Step(id, map[string]string{})
	}
	w.current = w.steps[id]
	return "", nil
}

func (w *world) with(args []string) (string, error) {
	w.current.With[args[0]] = w.expand(strings.ReplaceAll(strings.Join(args[1:], " "), `\n`, "\n"))
	return "", nil
}

func (w *world) jobEnv(args []string) (string, error) {
	return "", set(w.job.Env, w.expand(strings.Join(args, " ")))
}

var outputForm = regexp.MustCompile(`@steps\.([\w-]+)\.outputs\.([\w-]+)`)

var keyForm = regexp.MustCompile(`^@key\((.*)\)$`)

// expand puts in the outputs of steps, and keys of service accounts.
func (w *world) expand(text string) string {
	if account := keyForm.FindStringSubmatch(text); account != nil {
		key, err := w.sandbox.ServiceAccountKey(account[1])
		if err != nil {
			return err.Error()
		}
		return string(key)
	}
	return outputForm.ReplaceAllStringFunc(text, func(expression string) string {
		parts := outputForm.FindStringSubmatch(expression)
		return w.steps[parts[1]].Outputs[parts[2]]
	})
}

func (w *world) context(args []string) (string, error) { return "", set(w.job.Context, args[0]) }

func set(variables map[string]string, assignment string) error {
	name, value, ok := strings.Cut(assignment, "=")
	if !ok {
		return errors.New("want NAME=VALUE")
	}
	variables[name] = value
	return nil
}

func (w *world) rawLog([]string) (string, error) { return string(w.raw), nil }

func (w *world) laterStep([]string) (string, error) {
	changed := maps.Clone(w.job.Env)
	maps.DeleteFunc(changed, func(name, value string) bool { old, ok := w.before[name]; return ok && old == value })
	return assignments(changed), nil
}

func (w *world) outputs([]string) (string, error) { return assignments(w.current.Outputs), nil }

func (w *world) summary([]string) (string, error) { return w.current.Summary, nil }

func assignments(variables map[string]string) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		fmt.Fprintf(&text, "%s=%s\n", name, variables[name])
	}
	return text.String()
}

func (w *world) credentialsFile([]string) (string, error) {
	content, err := os.ReadFile(w.job.Env["GOOGLE_APPLICATION_CREDENTIALS"])
	return string(content) + "\n", err
}

// requests sorts what was asked, since the clouds are asked at the same time.
func (w *world) requests([]string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var lines []string
	for _, e := range w.asked {
		line := fmt.Sprintf("%s, %s: %s -> %d", e.Service, e.Call, e.Detail, e.Status)
		if e.Refusal != "" {
			line += " " + e.Refusal
		}
		lines = append(lines, line+"\n")
	}
	w.asked = nil
	slices.Sort(lines)
	return strings.Join(lines, ""), nil
}

func (w *world) left([]string) (string, error) {
	var text strings.Builder
	root := filepath.Dir(w.job.Temp())
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			fmt.Fprintln(&text, path)
		}
		return err
	})
	return text.String(), err
}
