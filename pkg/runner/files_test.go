package runner_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gatepass/pkg/runner"
	"gatepass/pkg/sandbox/job"
)

// files makes the runner's files, with a first line in each that an earlier command wrote.
func files(t *testing.T) (runner.Files, map[string]string) {
	t.Helper()
	paths := map[string]string{}
	for _, name := range []string{"GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STATE"} {
		paths[name] = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(paths[name], []byte("BEFORE=1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := runner.NewFiles(func(name string) string { return paths[name] })
	if err != nil {
		t.Fatal(err)
	}
	return f, paths
}

func read(t *testing.T, path string) []job.Pair {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := job.ParseCommandFile(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return pairs
}

func variables(namesAndValues ...string) (v runner.Variables) {
	for pair := range slices.Chunk(namesAndValues, 2) {
		v.Add(pair[0], pair[1])
	}
	return v
}

func pairs(namesAndValues ...string) []job.Pair {
	all := []job.Pair{before}
	for _, v := range variables(namesAndValues...) {
		all = append(all, job.Pair(v))
	}
	return all
}

var before = job.Pair{Name: "BEFORE", Value: "1"}

func TestExport(t *testing.T) {
	t.Parallel()
	f, paths := files(t)
	err := f.Export(variables("AWS_REGION", "eu-central-1", "EMPTY", ""), variables("aws-account-id", "1"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, paths["GITHUB_ENV"]), pairs("AWS_REGION", "eu-central-1", "EMPTY", ""); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := read(t, paths["GITHUB_OUTPUT"]), pairs("aws-account-id", "1"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A delimiter that can be guessed lets a value end early and set a variable of its own.
func TestDelimitersCannotBeGuessed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2 {
		f, paths := files(t)
		if err := f.Export(variables("A", "1", "B", "2"), nil); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(paths["GITHUB_ENV"])
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if _, delimiter, ok := strings.Cut(line, "<<"); ok {
				seen[delimiter] = true
			}
		}
	}
	if len(seen) != 4 {
		t.Errorf("4 values have the delimiters %v", seen)
	}
}

func TestSaveState(t *testing.T) {
	t.Parallel()
	f, paths := files(t)
	if err := f.SaveState("gatepass", "{}"); err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, paths["GITHUB_STATE"]), pairs("gatepass", "{}"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAFailedExportChangesNothing(t *testing.T) {
	t.Parallel()
	good, bad := variables("A", "1"), variables("B", "1", "C D", "2")
	for name, try := range map[string]func(runner.Files, map[string]string) error{
		"name of a variable": func(f runner.Files, _ map[string]string) error { return f.Export(bad, good) },
		"name of an output":  func(f runner.Files, _ map[string]string) error { return f.Export(good, bad) },
		"name with a line break": func(f runner.Files, _ map[string]string) error {
			return f.Export(variables("A\nB", "1"), good)
		},
		"NUL in a value": func(f runner.Files, _ map[string]string) error {
			return f.Export(good, variables("A", "\x00"))
		},
		"vanished file": func(f runner.Files, paths map[string]string) error {
			if err := os.Remove(paths["GITHUB_OUTPUT"]); err != nil {
				return err
			}
			err := f.Export(good, good)
			if _, statErr := os.Stat(paths["GITHUB_OUTPUT"]); statErr == nil {
				t.Error("the file was made anew")
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, paths := files(t)
			if err := try(f, paths); err == nil {
				t.Error("no error")
			}
			if got := read(t, paths["GITHUB_ENV"]); !slices.Equal(got, []job.Pair{before}) {
				t.Errorf("exported %q", got)
			}
		})
	}
}

func TestMissingFilesAreNamed(t *testing.T) {
	t.Parallel()
	_, err := runner.NewFiles(func(string) string { return "" })
	for _, name := range []string{"GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STATE"} {
		if want := "environment variable " + name + ": is missing; it comes from GitHub's runner, version 2.298 or newer"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

// Whatever names and values are, the runner reads from each file what was to be written, no variable more, or nothing of it.
func FuzzExport(f *testing.F) {
	const planted = "x\n_GitHubActionsFileCommandDelimeter_\nLD_PRELOAD=/evil.so\nZ<<_GitHubActionsFileCommandDelimeter_\ny"
	f.Add("NAME", "value", "name", "")
	f.Add("NAME", planted, "name", planted)
	f.Add("NAME<<EOF", "x", "name", "x")
	f.Add("A=B", "\r\n\n", "a\nb", "x")
	f.Add("A", "gatepass_\nB=1\n", "a", "\x00")
	f.Add("A", "\n\nB<<gatepass_", "a", "\ufeff\u2028B=1")
	f.Fuzz(func(t *testing.T, name, value, output, result string) {
		out, paths := files(t)
		want := map[string][]job.Pair{"GITHUB_ENV": {before}, "GITHUB_OUTPUT": {before}, "GITHUB_STATE": {before}}
		if out.Export(variables(name, value, "LAST", value), variables(output, result, "last", result)) == nil {
			want["GITHUB_ENV"] = pairs(name, value, "LAST", value)
			want["GITHUB_OUTPUT"] = pairs(output, result, "last", result)
		}
		if out.SaveState(name, result) == nil {
			want["GITHUB_STATE"] = pairs(name, result)
		}
		for file, want := range want {
			if got := read(t, paths[file]); !slices.Equal(got, want) {
				t.Errorf("%s: got %q, want %q", file, got, want)
			}
		}
	})
}
