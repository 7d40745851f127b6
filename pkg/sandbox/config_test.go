package sandbox_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatepass/pkg/sandbox"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestConfigFaults reads each faulty configuration of testdata/config and
// compares what is reported with the golden file beside it.
func TestConfigFaults(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/config/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no configurations: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = sandbox.ParseConfig(text)
			if err == nil {
				t.Fatal("no fault is reported")
			}
			got, golden := err.Error()+"\n", strings.TrimSuffix(file, ".yaml")+".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestNewValidates(t *testing.T) {
	t.Parallel()
	config := sandbox.DefaultConfig()
	config.AWS.Roles[0].TrustPolicy = sandbox.TrustPolicy(`{}`)
	if _, err := sandbox.New(config, sandbox.Options{}); err == nil {
		t.Error("New takes a policy without a statement")
	}
}

func TestEmptyConfig(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# nothing\n", "github: {}\n"} {
		config, err := sandbox.ParseConfig([]byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if _, err := sandbox.New(config, sandbox.Options{}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestDefaultYAMLIsACopy(t *testing.T) {
	t.Parallel()
	clear(sandbox.DefaultYAML())
	if len(sandbox.DefaultConfig().AWS.Roles) == 0 {
		t.Error("the default configuration can be changed through DefaultYAML")
	}
}
