package credfile_test

import (
	"testing"

	"gatepass/pkg/credfile"
)

// A file of the kernel tells no size, as one that still grows tells none that holds.
func TestReadIsBounded(t *testing.T) {
	t.Parallel()
	const file = "/proc/version"
	content, err := credfile.Read(file, 10, false)
	if want := file + " is larger than 10 bytes"; err == nil || err.Error() != want {
		t.Errorf("got %q, error %v, want the error %s", content, err, want)
	}
}
