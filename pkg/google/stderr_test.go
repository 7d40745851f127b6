package google_test

import (
	"io"
	"os"
	"testing"
)

// captureStderr redirects standard error until the returned function, which gives what was written.
func captureStderr(t *testing.T) func() string {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	original := os.Stderr
	os.Stderr = write
	return func() string {
		os.Stderr = original
		if err := write.Close(); err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(read)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}
