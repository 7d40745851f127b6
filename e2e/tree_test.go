//go:build e2e

package e2e

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// tree is what a folder or an image holds, by path, apart from its folders.
type tree map[string]node

type node struct {
	mode fs.FileMode
	// content of a link is where it leads.
	content string
}

func (n node) String() string {
	return fmt.Sprintf("%v %x", n.mode, sha256.Sum256([]byte(n.content)))
}

func treeOf(t testing.TB, folder string) tree {
	t.Helper()
	files := tree{}
	if err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		var content []byte
		if info.Mode().Type() == fs.ModeSymlink {
			var target string
			target, err = os.Readlink(path)
			content = []byte(target)
		} else {
			content, err = os.ReadFile(path)
		}
		name, _ := filepath.Rel(folder, path)
		files[name] = node{info.Mode(), string(content)}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

// checkSame wants two trees to be the same, byte by byte.
func checkSame(t *testing.T, got, want tree) {
	t.Helper()
	paths := maps.Clone(want)
	maps.Copy(paths, got)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if got[path] != want[path] {
			t.Errorf("%s is %v, want %v", path, got[path], want[path])
		}
	}
}
