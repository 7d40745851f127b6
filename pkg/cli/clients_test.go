package cli_test

import (
	"context"
	"os"
	"testing"

	"cloud.google.com/go/auth/credentials"
	"golang.org/x/oauth2/google"

	"gatepass/pkg/sandbox/job"
)

// Google's own libraries read the file that a step leaves, and get a token with it where the step has got its own.
func TestGooglesLibrariesReadTheCredentialsFile(t *testing.T) {
	t.Parallel()
	const scope = "https://www.googleapis.com/auth/cloud-platform"
	libraries := map[string]func(context.Context, []byte) (string, error){
		"cloud.google.com/go/auth": func(ctx context.Context, file []byte) (string, error) {
			c, err := credentials.NewCredentialsFromJSON(credentials.ExternalAccount, file, &credentials.DetectOptions{Scopes: []string{scope}})
			if err != nil {
				return "", err
			}
			token, err := c.Token(ctx)
			if err != nil {
				return "", err
			}
			return token.Value, nil
		},
		"golang.org/x/oauth2": func(ctx context.Context, file []byte) (string, error) {
			c, err := google.CredentialsFromJSONWithType(ctx, file, google.ExternalAccount, scope)
			if err != nil {
				return "", err
			}
			token, err := c.TokenSource.Token()
			if err != nil {
				return "", err
			}
			return token.AccessToken, nil
		},
	}
	for name, account := range map[string]string{"direct federation": "", "a service account": "deploy@my-project.iam.gserviceaccount.com"} {
		for library, read := range libraries {
			t.Run(name+" with "+library, func(t *testing.T) {
				t.Parallel()
				clouds, base := newClouds(t)
				j, step, env := begin(t, clouds, base, map[string]string{
					"workload_identity_provider": "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo",
					"service_account":            account, "access_token_lifetime": "15m",
				})
				file := signedIn(t, j, step, env)
				token, err := read(t.Context(), file)
				if err != nil || token == "" {
					t.Errorf("got token %q, error %v", token, err)
				}
			})
		}
	}
}

// signedIn runs the step and returns the credentials file that it leaves.
func signedIn(t *testing.T, j *job.Job, step *job.Step, env map[string]string) []byte {
	t.Helper()
	if log, code := run(t.Context(), env, "/sign-in"); code != 0 {
		t.Fatalf("got exit code %d: %s", code, log)
	}
	if err := step.End(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(j.Env["GOOGLE_APPLICATION_CREDENTIALS"])
	if err != nil {
		t.Fatal(err)
	}
	return file
}
