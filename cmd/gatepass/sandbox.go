package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"gatepass/pkg/sandbox"
	"gatepass/pkg/untrusted"
)

const sandboxHelp = `Serve GitHub's token issuer, AWS STS and Google's STS, IAM Credentials API and OAuth
endpoint on this machine. The sandbox verifies every token and refuses what the clouds
would refuse, in their own words.

It prints the variables that point the action, nektos/act or an SDK at it. What exists in
it is a YAML file; --print-config shows the default, with comments.

The job's claims come from the configuration, from GITHUB_REPOSITORY, GITHUB_REF and its
like where they are set, and from --claim. --claim wins over the environment, and that
over the configuration.

For containers, listen on an address that they reach, such as --listen 172.17.0.1:8484.`

type sandboxOptions struct {
	listen      string
	config      string
	claims      []string
	printConfig bool
}

func sandboxCommand() *cobra.Command {
	var o sandboxOptions
	command := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve GitHub, AWS and Google on this machine",
		Long:  sandboxHelp,
		Example: `  gatepass sandbox
  gatepass sandbox --claim ref=refs/heads/topic --claim environment=production
  gatepass sandbox --print-config >sandbox.yaml && gatepass sandbox --config sandbox.yaml`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return o.run(command.Context(), command.OutOrStdout())
		},
	}
	flags := command.Flags()
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8484", "the `address` to listen on")
	flags.StringVar(&o.config, "config", "", "the YAML `file` that says what exists")
	flags.StringArrayVar(&o.claims, "claim", nil, "a claim of the job's ID token, `name=value`; may be repeated")
	flags.BoolVar(&o.printConfig, "print-config", false, "print the default configuration and end")
	return command
}

func (o sandboxOptions) run(ctx context.Context, out io.Writer) error {
	if o.printConfig {
		_, err := out.Write(sandbox.DefaultYAML())
		return err
	}
	config, err := o.load(os.LookupEnv)
	if err != nil {
		return err
	}
	s, err := sandbox.New(config, sandbox.Options{Observe: printRequests(out)})
	if err != nil {
		return err
	}
	base, wait, err := serve(ctx, o.listen, s)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "# The sandbox runs at %s until you press Ctrl-C. To use it, run this in another terminal:\n", base)
	for _, v := range s.Environment(base) {
		fmt.Fprintf(out, "export %s='%s'\n", v.Name, v.Value)
	}
	fmt.Fprintln(out, "# Requests:")
	return wait()
}

func (o sandboxOptions) load(lookup func(string) (string, bool)) (sandbox.Config, error) {
	text := sandbox.DefaultYAML()
	if o.config != "" {
		var err error
		if text, err = os.ReadFile(o.config); err != nil {
			return sandbox.Config{}, fmt.Errorf("--config: %w", err)
		}
	}
	config, err := sandbox.ParseConfig(text)
	if err != nil {
		return sandbox.Config{}, fmt.Errorf("%s:\n%w", o.config, err)
	}
	config.ClaimsFromEnvironment(lookup)
	for _, claim := range o.claims {
		name, value, ok := strings.Cut(claim, "=")
		if !ok {
			return sandbox.Config{}, fmt.Errorf("--claim %s: want name=value", claim)
		}
		config.SetClaim(name, value)
	}
	return config, nil
}

// serve serves a handler at an address until ctx ends. wait returns when it has ended.
func serve(ctx context.Context, address string, handler http.Handler) (base string, wait func() error, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return "", nil, fmt.Errorf("%w; choose another address with --listen", err)
	}
	if host, ok := listener.Addr().(*net.TCPAddr); ok && host.IP.IsUnspecified() {
		return "", nil, errors.Join(fmt.Errorf("--listen %s: names no address; choose one, such as 127.0.0.1:8484, or 172.17.0.1:8484 for containers", address), listener.Close())
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	wait = func() error {
		defer stop()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
	return "http://" + listener.Addr().String(), wait, nil
}

// printRequests returns an observer that prints each request as it comes.
func printRequests(out io.Writer) func(sandbox.Exchange) {
	var mu sync.Mutex
	return func(e sandbox.Exchange) {
		mu.Lock()
		defer mu.Unlock()
		printExchanges(out, []sandbox.Exchange{e})
	}
}

// services is the order in which a sign-in asks.
var services = []string{"GitHub", "AWS STS", "Google STS", "Google IAM Credentials", "Google OAuth"}

// printExchanges prints requests, a line each, and under it why one was refused.
func printExchanges(out io.Writer, exchanges []sandbox.Exchange) {
	slices.SortFunc(exchanges, func(a, b sandbox.Exchange) int {
		return cmp.Or(slices.Index(services, a.Service)-slices.Index(services, b.Service), cmp.Compare(a.Call+a.Detail, b.Call+b.Detail))
	})
	for _, e := range exchanges {
		fmt.Fprintf(out, "%d  %s, %s: %s\n", e.Status, e.Service, untrusted.Line(e.Call), untrusted.Line(e.Detail))
		if e.Refusal != "" {
			fmt.Fprintf(out, "     %s\n", untrusted.Line(e.Refusal))
		}
	}
}
