package inputs_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"gatepass/pkg/inputs"
	"gatepass/pkg/untrusted"
)

// text writes inputs for the fuzzer, which knows no maps: name=value, one after the other.
func (w with) text() string {
	var all []string
	for name, value := range w {
		all = append(all, name+"="+value)
	}
	slices.Sort(all)
	return strings.Join(all, separator)
}

const (
	separator = "\x1f"
	// Where an input that holds a secret has the one, it gets the other.
	placeholder, marker = "SECRET", "s3cr3t-0123456789-s3cr3t"
)

var secretInputs = []string{"aws-access-key-id", "aws-secret-access-key", "aws-session-token", "credentials_json", "http-proxy"}

func withOf(text string) with {
	w := with{}
	for pair := range strings.SplitSeq(text, separator) {
		name, value, _ := strings.Cut(pair, "=")
		if slices.Contains(secretInputs, name) {
			value = strings.ReplaceAll(value, placeholder, marker)
		}
		w[name] = value
	}
	return w
}

// Whatever a workflow writes, the answer is inputs that can be used as they are, or faults that each name an input, in a line that does
// nothing in a log and shows no secret.
func FuzzParse(f *testing.F) {
	keys := with{"aws-access-key-id": "SECRET", "aws-secret-access-key": "SECRET", "aws-session-token": "SECRET"}
	for _, seed := range []with{
		{}, aws, google, aws.and(google), aws.and(keys), google.and(with{"access_token_lifetime": "1h30m", "access_token_scopes": "a,b\\,c"}),
		aws.and(with{"aws-region": "x\ny", "role-to-assume": "deploy", "role-duration-seconds": "3600abc", "aws-profile": "a##[b"}),
		aws.and(with{"aws-region": "::debug::x", "role-session-name": "\x1b[31m", "sts-endpoint": "https://me:SECRET@sts.example", "http-proxy": "http://me:SECRET@"}),
		aws.and(keys).and(with{"custom-tags": `{"Team": "payments"}`, "transitive-tag-keys": "Team", "GITHUB_REF": "refs/heads/::debug::x\n", "role-external-id": "octo"}),
		aws.and(with{"inline-session-policy": `{"Version": "2012-10-17"}`, "managed-session-policies": "arn:aws:iam::aws:policy/ReadOnlyAccess", "allowed-account-ids": "1,2"}),
		{"workload_identity_provider": "principalSet://x", "access_token_lifetime": "99999999999999999999h", "project_id": "x<<EOF", "delegates": "a,b"},
		{"credentials_json": `{"type":"SECRET","private_key":"SECRET","client_email":"SECRET","project_id":"SECRET"}`},
		{"credentials_json": "U0VDUkVU", "GHA_ENDPOINT_OVERRIDE_sts": "https://sts.example/v1?SECRET", "universe": "x y"},
	} {
		f.Add(seed.text())
	}
	f.Fuzz(func(t *testing.T, text string) {
		in, err := withOf(text).parse()
		if err != nil {
			checkFaults(t, err)
			return
		}
		if in.AWS == nil && in.Google == nil && in.TokenAudience == "" {
			t.Error("neither inputs nor a fault")
		}
		checkInputs(t, in)
	})
}

func checkFaults(t *testing.T, err error) {
	t.Helper()
	if strings.Contains(err.Error(), marker) {
		t.Errorf("a secret is shown: %v", err)
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok && strings.HasPrefix(err.Error(), "nothing to sign in to: ") {
		return
	}
	if !ok {
		t.Fatalf("%v is no list of faults", err)
	}
	for _, err := range joined.Unwrap() {
		var fault *inputs.Fault
		if !errors.As(err, &fault) || !inputs.Known(fault.Input) && !strings.HasPrefix(fault.Input, "environment variable ") {
			t.Errorf("%q names no input", err)
		}
		if text := err.Error(); untrusted.Inert(text) != text {
			t.Errorf("%q is live, or holds what cannot be seen", text)
		}
	}
}

// checkInputs looks at what goes into variables, outputs and files.
func checkInputs(t *testing.T, in inputs.Inputs) {
	t.Helper()
	if in.Attempts < 1 || in.Attempts > 100 || in.Timeout < 0 || in.Timeout > 7*24*time.Hour {
		t.Errorf("%d attempts in %v", in.Attempts, in.Timeout)
	}
	texts := []string{in.TokenAudience}
	if in.AWS != nil {
		texts = append(texts, in.AWS.Region, in.AWS.Audience, in.AWS.Profile)
		if in.AWS.Role != nil {
			texts = append(texts, in.AWS.Role.ARN, in.AWS.Role.SessionName, in.AWS.Role.ExternalID)
			if d := in.AWS.Role.Duration; d < 15*time.Minute || d > 12*time.Hour {
				t.Errorf("a session of %v", d)
			}
			if !json.Valid([]byte(in.AWS.Role.Policy)) && in.AWS.Role.Policy != "" {
				t.Errorf("policy %q", in.AWS.Role.Policy)
			}
		}
	}
	if in.Google != nil {
		texts = append(append(texts, in.Google.Provider, in.Google.Audience, in.Google.ServiceAccount, in.Google.ProjectID, in.Google.Universe,
			in.Google.RequestReason, in.Google.AccessToken.Subject), in.Google.Delegates...)
		if d := in.Google.AccessToken.Lifetime; d < 0 || d > 12*time.Hour {
			t.Errorf("an access token for %v", d)
		}
	}
	for _, text := range texts {
		if strings.ContainsFunc(text, unicode.IsControl) {
			t.Errorf("%q holds a control character", text)
		}
	}
}
