package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// What differs from run to run, and what stands for it in the golden files.
var varying = []struct{ form, name string }{
	{`http://127\.0\.0\.1:[0-9]+`, "http://127.0.0.1:8484"},
	{regexp.QuoteMeta(os.TempDir()) + `/gatepass-demo-[0-9]+`, "/tmp/gatepass-demo"},
	{`[0-9]{2}:[0-9]{2}:[0-9]{2} UTC`, "06:00:00 UTC"},
	{`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`, "1234"},
}

func TestDemo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want string // the error
	}{
		"demo":         {[]string{"demo"}, ""},
		"demo-refused": {[]string{"demo", "--with", "role-to-assume=arn:aws:iam::123456789012:role/other"}, "sign-in failed with exit code 1, for the reason shown above"},
		"demo-many-roles": {[]string{
			"demo", "--with", "role-to-assume=", "--with", "workload_identity_provider=", "--with", "service_account=", "--with", "role-session-name={job}@{run_id}",
			"--with", "aws-roles=dev = arn:aws:iam::123456789012:role/deploy\nadmin = arn:aws:iam::123456789012:role/admin chain-from=dev",
		}, ""},
		"demo-no-such-input": {[]string{"demo", "--with", "rol-to-assume=x"}, `--with rol-to-assume=x: there is no input "rol-to-assume"; action.yml lists them, and --with takes input=value`},
		"no-such-command":    {[]string{"dmeo"}, "unknown command \"dmeo\" for \"gatepass\"\n\nDid you mean this?\n\tdemo\n"},
		"demo-bad-input":     {[]string{"demo", "--with", "aws-region=us-esat-1", "--with", "token_format=jwt"}, "sign-in failed with exit code 1, for the reason shown above"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			command := root()
			command.SetArgs(test.args)
			command.SetOut(&out)
			err := command.ExecuteContext(t.Context())
			if got := text(err); got != test.want {
				t.Errorf("got error %q, want %q", got, test.want)
			}
			got := out.String()
			for _, v := range varying {
				got = regexp.MustCompile(v.form).ReplaceAllString(got, v.name)
			}
			if got != "" {
				golden(t, name, got)
			}
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got\n%s", file, got)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
