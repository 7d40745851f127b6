package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"gatepass/pkg/cli"
	"gatepass/pkg/inputs"
	"gatepass/pkg/sandbox"
	"gatepass/pkg/sandbox/job"
)

const demoHelp = `Run the action's two stages, sign-in and sign-out, as a runner would, against clouds that
are played on this machine, and show what they leave to later steps. It needs no network,
no Docker and no account.

With --with you can see what a mistake looks like.`

func demoCommand() *cobra.Command {
	var changes []string
	command := &cobra.Command{
		Use:   "demo",
		Short: "Sign a job in to both clouds, on this machine",
		Long:  demoHelp,
		Example: `  gatepass demo
  gatepass demo --with role-to-assume=arn:aws:iam::123456789012:role/other
  gatepass demo --with aws-region=us-esat-1 --with token_format=jwt
  gatepass demo --with role-to-assume= --with aws-roles='dev = arn:aws:iam::123456789012:role/deploy
      admin = arn:aws:iam::123456789012:role/admin chain-from=dev'`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			with := slices.Clone(demoInputs)
			for _, change := range changes {
				name, value, ok := strings.Cut(change, "=")
				if !ok || !inputs.Known(name) {
					return fmt.Errorf("--with %s: there is no input %q; action.yml lists them, and --with takes input=value", change, name)
				}
				with = withInput(with, name, value)
			}
			return demo(command.Context(), command.OutOrStdout(), with)
		},
	}
	command.Flags().StringArrayVar(&changes, "with", nil, "set an `input=value` of the step, or leave the input out with input=; may be repeated")
	return command
}

type input struct{ name, value string }

// demoInputs sign in to what exists in the sandbox by default.
var demoInputs = []input{
	{"aws-region", "eu-central-1"},
	{"role-to-assume", "arn:aws:iam::123456789012:role/deploy"},
	{"workload_identity_provider", "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo"},
	{"service_account", "deploy@my-project.iam.gserviceaccount.com"},
}

func withInput(all []input, name, value string) []input {
	at := slices.IndexFunc(all, func(in input) bool { return in.name == name })
	if at < 0 {
		return append(all, input{name, value})
	}
	all[at].value = value
	return all
}

// yaml is the input as a workflow has it.
func (in input) yaml() string {
	switch value := in.value; {
	case value == "":
		return ""
	case strings.Contains(value, "\n"):
		return fmt.Sprintf("      %s: |\n        %s\n", in.name, strings.ReplaceAll(value, "\n", "\n        "))
	case strings.HasPrefix(value, "{"): // else YAML takes it for a mapping
		return fmt.Sprintf("      %s: '%s'\n", in.name, strings.ReplaceAll(value, "'", "''"))
	default:
		return fmt.Sprintf("      %s: %s\n", in.name, value)
	}
}

// show is a running demo.
type show struct {
	out  io.Writer
	job  *job.Job
	step *job.Step

	mu    sync.Mutex
	asked []sandbox.Exchange
}

func demo(ctx context.Context, out io.Writer, with []input) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	folder, err := os.MkdirTemp("", "gatepass-demo-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // holds nothing of worth
	d := &show{out: out}
	if d.job, err = job.New(folder); err != nil {
		return err
	}
	clouds, err := sandbox.New(sandbox.DefaultConfig(), sandbox.Options{Observe: d.observe})
	if err != nil {
		return err
	}
	base, wait, err := serve(ctx, "127.0.0.1:0", clouds)
	if err != nil {
		return err
	}
	defer func() {
		cancel()
		_ = wait() // the story is told
	}()
	for _, v := range clouds.Environment(base) {
		d.job.Env[v.Name] = v.Value
	}
	return d.run(ctx, with)
}

func (d *show) observe(e sandbox.Exchange) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, e)
}

// run tells the story of one job.
func (d *show) run(ctx context.Context, with []input) error {
	fmt.Fprintln(d.out, "One step of a job, with the clouds played on this machine.")
	d.title("The step in the workflow")
	fmt.Fprintln(d.out, "  - uses: OWNER/gatepass@v1\n    with:")
	values := map[string]string{}
	for _, in := range with {
		fmt.Fprint(d.out, in.yaml())
		values[in.name] = in.value
	}
	before := maps.Clone(d.job.Env)
	d.step = d.job.Step("sign-in", values)

	d.title("What the step prints")
	signInErr := d.stage(ctx, cli.SignIn)

	d.title("What it asked the clouds")
	d.indented(func(w io.Writer) {
		d.mu.Lock() // a request that was given up may still be answered
		defer d.mu.Unlock()
		printExchanges(w, d.asked)
	})

	d.title("What a later step finds in its environment")
	d.variables(before)
	if path := d.job.Env["GOOGLE_APPLICATION_CREDENTIALS"]; path != "" {
		d.title("Google's credentials file")
		if err := d.file(path); err != nil {
			return err
		}
	}

	d.title("What it prints when the job ends")
	if err := d.stage(ctx, cli.SignOut); err != nil {
		return err
	}
	d.title("What is left")
	return errors.Join(d.left(before), signInErr)
}

func (d *show) title(text string) {
	fmt.Fprintf(d.out, "\n%s\n%s\n", text, strings.Repeat("─", len(text)))
}

func (d *show) indented(write func(io.Writer)) {
	var text bytes.Buffer
	write(&text)
	if text.Len() == 0 {
		fmt.Fprintln(&text, "nothing")
	}
	for line := range strings.Lines(text.String()) {
		if line != "\n" {
			line = "  " + line
		}
		fmt.Fprint(d.out, line)
	}
}

// stage runs a stage of the action in this process, with nothing but what a runner gives it.
func (d *show) stage(ctx context.Context, name string) error {
	env, err := d.step.Begin()
	if err != nil {
		return err
	}
	code := 0
	d.indented(func(w io.Writer) {
		log := d.job.Log(w)
		lookup := func(name string) (string, bool) { value, ok := env[name]; return value, ok }
		program, _ := os.Executable() // for aws-refresh; empty where it cannot be told
		code = cli.Action{Stdout: log, Lookup: lookup, WorkDir: d.job.Workspace(), Program: program}.Main(ctx, []string{"/" + name})
		_ = log.Close()
	})
	if err := d.step.End(); err != nil {
		return err
	}
	if code != 0 {
		return fmt.Errorf("%s failed with exit code %d, for the reason shown above", name, code)
	}
	return nil
}

// variables prints what differs from the environment before the step.
func (d *show) variables(before map[string]string) {
	changed := d.changed(before)
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		fmt.Fprintf(d.out, "  %s=%s\n", name, d.job.Mask(changed[name]))
	}
	if len(changed) == 0 {
		fmt.Fprintln(d.out, "  nothing new")
	}
}

func (d *show) changed(before map[string]string) map[string]string {
	changed := maps.Clone(d.job.Env)
	maps.DeleteFunc(changed, func(name, value string) bool { old, ok := before[name]; return ok && old == value })
	return changed
}

// left prints what the job's end has not removed: of the variables, only those that still hold something.
func (d *show) left(before map[string]string) error {
	changed := d.changed(before)
	all := len(changed)
	maps.DeleteFunc(changed, func(_, value string) bool { return value == "" })
	switch {
	case len(changed) > 0:
		d.variables(before)
	case all > 0:
		fmt.Fprintf(d.out, "  the %d variables, all of them empty\n", all)
	default:
		fmt.Fprintln(d.out, "  nothing in the environment")
	}
	files, err := filepath.Glob(filepath.Join(d.job.Temp(), "*-*"))
	if err != nil {
		return err
	}
	for _, file := range files {
		fmt.Fprintln(d.out, " ", file)
	}
	if len(files) == 0 {
		fmt.Fprintln(d.out, "  no credentials file")
	}
	return nil
}

func (d *show) file(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, content, "", "  "); err != nil {
		return err
	}
	d.indented(func(w io.Writer) {
		fmt.Fprintf(w, "%s, mode %#o\n%s\n", path, info.Mode(), d.job.Mask(pretty.String()))
	})
	return nil
}
