package cli_test

import (
	"context"
	"maps"
	"os"
	"slices"
	"testing"

	"cloud.google.com/go/auth/credentials"
	"golang.org/x/oauth2/google"

	"gatepass/pkg/sandbox/job"
)

const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform"

// Google's libraries for Go, each with the two types of file that a step leaves.
var libraries = map[string]func(ctx context.Context, file []byte, delegated bool) (token string, err error){
	"cloud.google.com/go/auth": func(ctx context.Context, file []byte, delegated bool) (string, error) {
		kind := credentials.ExternalAccount
		if delegated {
			kind = credentials.ImpersonatedServiceAccount
		}
		c, err := credentials.NewCredentialsFromJSON(kind, file, &credentials.DetectOptions{Scopes: []string{cloudPlatform}})
		if err != nil {
			return "", err
		}
		token, err := c.Token(ctx)
		if err != nil {
			return "", err
		}
		return token.Value, nil
	},
	"golang.org/x/oauth2": func(ctx context.Context, file []byte, delegated bool) (string, error) {
		kind := google.ExternalAccount
		if delegated {
			kind = google.ImpersonatedServiceAccount
		}
		c, err := google.CredentialsFromJSONWithType(ctx, file, kind, cloudPlatform)
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

// Google's own libraries read the file that a step leaves, and get a token with it where the step has got its own.
func TestGooglesLibrariesReadTheCredentialsFile(t *testing.T) {
	t.Parallel()
	for name, inputs := range map[string]map[string]string{
		"direct federation": {},
		"service account":   {"service_account": "deploy@my-project.iam.gserviceaccount.com", "access_token_lifetime": "15m"},
		"delegates":         {"service_account": "release@my-project.iam.gserviceaccount.com", "delegates": "broker@my-project.iam.gserviceaccount.com"},
	} {
		for library, read := range libraries {
			t.Run(name+" with "+library, func(t *testing.T) {
				t.Parallel()
				clouds, base := newClouds(t)
				with := maps.Clone(inputs)
				with["workload_identity_provider"] = "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo"
				j, step, env := begin(t, clouds, base, with)
				token, err := read(t.Context(), signedIn(t, j, step, env), with["delegates"] != "")
				if err != nil || !slices.Contains(clouds.Secrets(), token) {
					t.Errorf("got token %q, which is none of Google's, error %v", token, err)
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
