package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatepass/pkg/sandbox"
)

// start runs `gatepass sandbox` with arguments until the test ends. It returns the variables that the command prints, and the rest of its
// output line by line.
func start(t *testing.T, args ...string) (variables map[string]string, next func() string) {
	t.Helper()
	read, write := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	command := root()
	command.SetArgs(append([]string{"sandbox", "--listen", "127.0.0.1:0"}, args...))
	command.SetOut(write)
	go func() { ended <- command.ExecuteContext(ctx) }()
	lines := bufio.NewScanner(read)
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	variables = map[string]string{}
	for lines.Scan() && lines.Text() != "# Requests:" {
		if name, value, ok := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "="); ok {
			variables[name] = strings.Trim(value, "'")
		}
	}
	return variables, func() string { lines.Scan(); return lines.Text() }
}

// claims fetches an ID token as an action would and returns what it says.
func claims(t *testing.T, variables map[string]string) map[string]any {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, variables["ACTIONS_ID_TOKEN_REQUEST_URL"]+"&audience=x", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+variables["ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct{ Value string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(answer.Value, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestSandboxPrintsItsVariablesAndItsRequests(t *testing.T) {
	variables, next := start(t)
	for _, name := range []string{"ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "AWS_ENDPOINT_URL_STS", "GHA_ENDPOINT_OVERRIDE_sts", "GHA_ENDPOINT_OVERRIDE_iamcredentials", "GHA_ENDPOINT_OVERRIDE_oauth2"} {
		if variables[name] == "" {
			t.Errorf("%s is not printed", name)
		}
	}
	printed := make(chan string)
	go func() { printed <- next() }()
	claims(t, variables)
	if got, want := <-printed, "200  GitHub, ID token: x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestClaimsComeFromTheConfigurationTheEnvironmentAndFlags(t *testing.T) {
	t.Setenv("GITHUB_REPOSITORY", "octo-org/from-environment")
	t.Setenv("GITHUB_REF", "refs/heads/from-environment")
	config := filepath.Join(t.TempDir(), "sandbox.yaml")
	if err := os.WriteFile(config, []byte("github: {claims: {actor: from-file, ref: refs/heads/from-file}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	variables, next := start(t, "--config", config, "--claim", "repository=octo-org/from-flag", "--claim", "environment=production")
	go next()
	got := claims(t, variables)
	for claim, want := range map[string]string{
		"actor":       "from-file",
		"ref":         "refs/heads/from-environment",
		"repository":  "octo-org/from-flag",
		"environment": "production",
		"sub":         "repo:octo-org/from-flag:environment:production",
	} {
		if got[claim] != want {
			t.Errorf("%s: got %v, want %s", claim, got[claim], want)
		}
	}
}

func TestSandboxPrintsItsConfiguration(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	command := root()
	command.SetArgs([]string{"sandbox", "--print-config"})
	command.SetOut(&out)
	if err := command.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := sandbox.ParseConfig([]byte(out.String())); err != nil {
		t.Error(err)
	}
}

func TestSandboxRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--listen :0":               "--listen :0: names no address; choose one, such as 127.0.0.1:8484, or 172.17.0.1:8484 for containers",
		"--claim ref":               "--claim ref: want name=value",
		"--config no/such/file":     "--config: open no/such/file: no such file or directory",
		"--listen 127.0.0.1:999999": "listen tcp: address 999999: invalid port; choose another address with --listen",
	} {
		command := root()
		command.SetArgs(append([]string{"sandbox"}, strings.Fields(args)...))
		if got := text(command.ExecuteContext(t.Context())); got != want {
			t.Errorf("%s: got %q, want %q", args, got, want)
		}
	}
}

func TestSandboxRefusesABadConfiguration(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "sandbox.yaml")
	if err := os.WriteFile(config, []byte("aws:\n  rolls: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command := root()
	command.SetArgs([]string{"sandbox", "--config", config})
	err := command.ExecuteContext(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), config+":\n") || !strings.Contains(err.Error(), "rolls") {
		t.Errorf("got %v", err)
	}
}
