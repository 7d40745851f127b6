package awsprofile_test

import (
	"fmt"
	"os"
	"os/exec"
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
	if got.RoleARN != "" || got.Source != nil || got.SSOSessionName != "" {
		t.Errorf("AWS's SDK does not stop at the credentials: %+v", got)
	}
	command := ""
	if c.profile.Process != "" {
		command = fmt.Sprintf(`sh -c 'exec "${%s%%/*}"/%s'`, c.file.Variable(), c.profile.Process)
	}
	if got.CredentialProcess != command {
		t.Errorf("AWS's SDK reads the command %q, want %q", got.CredentialProcess, command)
	}
	if got, err := read(removed, c.profile.Name); err == nil && removed != after && (got.Region == c.profile.Region || got.Credentials.HasKeys() || got.CredentialProcess != "") {
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

// The command finds the program beside the file, whatever the folder is called, where AWS's tools hand it to a shell and where they do not.
func TestTheCommandStartsTheProgramBesideTheFile(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"plain", "with a space", "$HOME", "`id`", "it's", `"quoted"`, "a;b&c", "*", "-n"} {
		for _, file := range []awsprofile.File{awsprofile.Credentials, awsprofile.Config} {
			t.Run(file.Variable()+" "+name, func(t *testing.T) { // one by one: a program that another test's child still has open cannot be started
				folder := filepath.Join(t.TempDir(), name)
				program := filepath.Join(folder, "gatepass-aws-0123456789abcdef", "gatepass")
				if err := os.MkdirAll(filepath.Dir(program), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(program, []byte("#!/bin/sh\necho started with $*\n"), 0o700); err != nil {
					t.Fatal(err)
				}
				text, err := file.Add(nil, renewing("dev"), false)
				if err != nil {
					t.Fatal(err)
				}
				got, err := reader(t, file)(string(text), "dev")
				if err != nil {
					t.Fatal(err)
				}
				words := strings.SplitN(got.CredentialProcess, " ", 3) // as a tool without a shell does it: sh, -c and what is quoted
				for _, args := range [][]string{{"sh", "-c", got.CredentialProcess}, {words[0], words[1], strings.Trim(words[2], "'")}} {
					cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
					cmd.Env = []string{"PATH=/usr/bin:/bin", file.Variable() + "=" + filepath.Join(folder, "file")}
					if printed, err := cmd.Output(); err != nil || string(printed) != "started with credential-process\n" {
						t.Errorf("%q: got %q, error %v", args, printed, err)
					}
				}
			})
		}
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
