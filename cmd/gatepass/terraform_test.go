package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Terraform's providers know the resources and arguments that are printed. This needs their registry, so it is done where
// GATEPASS_TERRAFORM names a terraform or a tofu, as the workflow CI does.
func TestTerraformTakesWhatIsPrinted(t *testing.T) {
	t.Parallel()
	program := os.Getenv("GATEPASS_TERRAFORM")
	if program == "" {
		t.Skip("GATEPASS_TERRAFORM names no terraform or tofu")
	}
	files, err := filepath.Glob("testdata/setup-*-terraform*.golden")
	if err != nil || len(files) == 0 {
		t.Fatalf("there is nothing to validate, error %v", err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "main.tf"), text, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"init", "-input=false"}, {"validate"}} {
				cmd := exec.CommandContext(t.Context(), program, append([]string{"-chdir=" + dir}, args...)...)
				if printed, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%s: %v\n%s", args[0], err, printed)
				}
			}
		})
	}
}
