package awsprofile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"

	"gatepass/pkg/awsprofile"
)

// readsRight checks with AWS's own parser that the profile is what was added, that it gives no credentials once it is removed, and that
// every other section reads as before.
func readsRight(t *testing.T, c change, after, removed string) {
	t.Helper()
	read := reader(t, c.file)
	got, err := read(after, c.profile.Name)
	if err != nil {
		t.Fatalf("AWS's SDK does not read the profile: %v", err)
	}
	if c.file == awsprofile.Config && got.Region != c.profile.Region {
		t.Errorf("AWS's SDK reads region %q, want %q", got.Region, c.profile.Region)
	}
	if keys := got.Credentials; c.file == awsprofile.Credentials &&
		(keys.AccessKeyID != c.profile.AccessKeyID.Reveal() || keys.SecretAccessKey != c.profile.SecretAccessKey.Reveal() || keys.SessionToken != c.profile.SessionToken.Reveal()) {
		t.Errorf("AWS's SDK reads keys %q %q %q", keys.AccessKeyID, keys.SecretAccessKey, keys.SessionToken)
	}
	if got.RoleARN != "" || got.Source != nil || got.CredentialProcess != "" || got.SSOSessionName != "" {
		t.Errorf("AWS's SDK does not stop at the keys: %+v", got)
	}
	if got, err := read(removed, c.profile.Name); err == nil && removed != after && (got.Region == c.profile.Region || got.Credentials.HasKeys()) {
		t.Errorf("AWS's SDK still reads %+v", got)
	}
	for _, name := range names(c.before) {
		if strings.Trim(name, "'\"") == c.profile.Name {
			continue
		}
		want, wantErr := read(c.before, name)
		for when, text := range map[string]string{"added": after, "removed": removed} {
			if got, err := read(text, name); fmt.Sprint(err) != fmt.Sprint(wantErr) || !reflect.DeepEqual(got, want) {
				t.Errorf("profile %q with the new one %s: AWS's SDK reads %+v, %v\nwant %+v, %v", name, when, got, err, want, wantErr)
			}
		}
	}
}

// reader has AWS's SDK read texts, all at the same path, as the SDK tells where a value is from.
func reader(t *testing.T, file awsprofile.File) func(text, name string) (config.SharedConfig, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	return func(text, name string) (config.SharedConfig, error) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return config.LoadSharedConfigProfile(t.Context(), name, func(o *config.LoadSharedConfigOptions) {
			o.ConfigFiles, o.CredentialsFiles = []string{}, []string{}
			if file == awsprofile.Config {
				o.ConfigFiles = []string{path}
			} else {
				o.CredentialsFiles = []string{path}
			}
		})
	}
}

// names are all that can be the name of a profile in a text, however it is written.
func names(text string) []string {
	var found []string
	for line := range strings.Lines(text) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), "]")
		if name, ok := strings.CutPrefix(name, "["); ok {
			fields := strings.Fields(name)
			found = append(found, strings.Join(fields, " "), strings.Join(fields[min(1, len(fields)):], " "))
		}
	}
	return found
}

// Both files together, as a later step has them.
func TestAWSReadsTheWholeProfile(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"default", "dev", "a.b@c:d=e", "名前"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			paths := map[awsprofile.File]string{awsprofile.Credentials: filepath.Join(dir, "credentials"), awsprofile.Config: filepath.Join(dir, "config")}
			for file, path := range paths {
				text, err := file.Add([]byte("[profile other]\nregion = us-east-1\n"), profile(name), false)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cfg, err := config.LoadDefaultConfig(t.Context(), config.WithSharedConfigProfile(name),
				config.WithSharedConfigFiles([]string{paths[awsprofile.Config]}), config.WithSharedCredentialsFiles([]string{paths[awsprofile.Credentials]}))
			if err != nil {
				t.Fatal(err)
			}
			keys, err := cfg.Credentials.Retrieve(t.Context())
			if err != nil || keys.AccessKeyID != "ASIANEW" || keys.SecretAccessKey != "new/secret+key=" || keys.SessionToken != "new//token==" || cfg.Region != "eu-central-1" {
				t.Errorf("got %+v in %s, error %v", keys, cfg.Region, err)
			}
		})
	}
}
