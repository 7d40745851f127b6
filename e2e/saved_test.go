//go:build e2e

package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// saved is an image as `docker save` writes it: https://github.com/moby/moby/blob/v28.0.0/image/spec/spec.md
type saved struct {
	Config struct {
		Architecture string
		Config       struct{ Entrypoint []string }
	}
	// layers are tar files, not compressed.
	layers [][]byte
}

func save(t testing.TB, image string) saved {
	t.Helper()
	archive := filepath.Join(t.TempDir(), "image.tar")
	docker(t, "save", "--output", archive, image)
	return readSaved(t, archive)
}

func readSaved(t testing.TB, archive string) saved {
	t.Helper()
	content, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, file := range untar(t, content) {
		files[file.Name] = file.content
	}
	var manifest []struct {
		Config string
		Layers []string
	}
	if err := json.Unmarshal(files["manifest.json"], &manifest); err != nil || len(manifest) != 1 {
		t.Fatalf("manifest.json is %q, error %v", files["manifest.json"], err)
	}
	var s saved
	if err := json.Unmarshal(files[manifest[0].Config], &s.Config); err != nil {
		t.Fatal(err)
	}
	for _, name := range manifest[0].Layers {
		s.layers = append(s.layers, unzipped(t, files[name]))
	}
	return s
}

type member struct {
	*tar.Header
	content []byte
}

func untar(t testing.TB, content []byte) []member {
	t.Helper()
	var members []member
	for reader := tar.NewReader(bytes.NewReader(content)); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return members
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, member{header, content})
	}
}

// unzipped is a layer without its compression, in which registries have it, and engines with containerd's image store.
func unzipped(t testing.TB, layer []byte) []byte {
	t.Helper()
	if !bytes.HasPrefix(layer, []byte{0x1f, 0x8b}) {
		return layer
	}
	reader, err := gzip.NewReader(bytes.NewReader(layer))
	if err == nil {
		layer, err = io.ReadAll(reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	return layer
}

// compressed is how many bytes a machine would fetch.
func (s saved) compressed(t testing.TB) int {
	t.Helper()
	size := 0
	for _, layer := range s.layers {
		compress := exec.CommandContext(t.Context(), "gzip", "-n", "-9") // as .ci/image has it
		compress.Stdin = bytes.NewReader(layer)
		zipped, err := compress.Output()
		if err != nil {
			t.Fatal(err)
		}
		size += len(zipped)
	}
	return size
}

// tree is what the layers hold. All of it must be root's.
func (s saved) tree(t testing.TB) tree {
	t.Helper()
	files := tree{}
	for _, layer := range s.layers {
		for _, file := range untar(t, layer) {
			if file.Uid != 0 || file.Gid != 0 {
				t.Errorf("%s belongs to %d:%d, want 0:0", file.Name, file.Uid, file.Gid)
			}
			if file.Typeflag != tar.TypeDir {
				files[filepath.Clean(file.Name)] = node{file.FileInfo().Mode(), string(file.content) + file.Linkname}
			}
		}
	}
	return files
}
