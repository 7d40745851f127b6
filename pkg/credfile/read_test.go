package credfile_test

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"gatepass/pkg/credfile"
)

func TestReadBelow(t *testing.T) {
	t.Parallel()
	folder, elsewhere := t.TempDir(), t.TempDir()
	for _, dir := range []string{folder, elsewhere} {
		if err := errors.Join(os.MkdirAll(dir+"/real/infra", 0o700), os.WriteFile(dir+"/real/infra/x.json", []byte("{}"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{
		"out": elsewhere + "/real", "in": "real", "x.json": "real/infra/x.json", "real/up": "..", "real/infra/y.json": "x.json",
	} {
		if err := os.Symlink(target, folder+"/"+link); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]error{
		folder + "/real/infra/x.json":         nil,
		folder + "/real/../real/infra/x.json": nil,
		folder + "/out/infra/x.json":          credfile.ErrLink,
		folder + "/in/infra/x.json":           credfile.ErrLink,
		folder + "/real/up/real/infra/x.json": credfile.ErrLink,
		folder + "/x.json":                    credfile.ErrLink,
		folder + "/real/infra/y.json":         credfile.ErrLink,
		folder + "/real/infra/z.json":         fs.ErrNotExist,
		elsewhere + "/real/infra/x.json":      credfile.ErrOutside,
		folder + "/../" + "elsewhere":         credfile.ErrOutside,
	} {
		content, err := credfile.ReadBelow(folder, path, 100)
		if !errors.Is(err, want) || want == nil && string(content) != "{}" {
			t.Errorf("%s: got %q, %v, want the error %v", path, content, err, want)
		}
	}
}
