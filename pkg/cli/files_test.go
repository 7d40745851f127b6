package cli_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// checkout puts a file of the script into the workspace.
func (w *world) checkout(args []string) (string, error) {
	content, err := os.ReadFile(filepath.Join(w.folder, args[0]))
	if err != nil {
		return "", err
	}
	return "", os.WriteFile(filepath.Join(w.job.Workspace(), args[len(args)-1]), content, 0o700)
}

// idToken puts a token into the workspace that the issuer has signed for AWS.
func (w *world) idToken(args []string) (string, error) {
	request, err := http.NewRequest(http.MethodGet, w.job.Env["ACTIONS_ID_TOKEN_REQUEST_URL"]+"&audience=sts.amazonaws.com", nil) //nolint:noctx // testscript ends what hangs
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+w.job.Env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
	response, err := new(http.Client).Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct{ Value string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", err
	}
	_, err = w.requests(nil)
	if err != nil {
		return "", err
	}
	return "", os.WriteFile(filepath.Join(w.job.Workspace(), args[0]), []byte(answer.Value), 0o600)
}

// parameters prints the last request to AWS.
func (w *world) parameters([]string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range slices.Backward(w.asked) {
		if e.Service != "AWS STS" {
			continue
		}
		var text strings.Builder
		fmt.Fprintf(&text, "%s, signed by %s\n", e.Call, e.Caller)
		for _, name := range slices.Sorted(maps.Keys(e.Parameters)) {
			fmt.Fprintf(&text, "%s=%s\n", name, strings.Join(e.Parameters[name], " "))
		}
		return text.String(), nil
	}
	return "", nil
}

func (w *world) catJob(args []string) (string, error) {
	content, err := os.ReadFile(w.job.Env[args[0]])
	return string(content), err
}

// reasons prints what Google's audit logs would show.
func (w *world) reasons([]string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var lines []string
	for _, e := range w.asked {
		if strings.HasPrefix(e.Service, "Google") {
			lines = append(lines, fmt.Sprintf("%s, %s: %s\n", e.Service, e.Call, e.Reason))
		}
	}
	return strings.Join(lines, ""), nil
}

func (w *world) secretHasNoSpecialCharacter([]string) (string, error) {
	secret := w.current.Outputs["aws-secret-access-key"]
	if secret == "" || strings.ContainsAny(secret, "+/=") {
		return "", fmt.Errorf("the secret has %d characters, special ones among them", len(secret))
	}
	return "", nil
}
