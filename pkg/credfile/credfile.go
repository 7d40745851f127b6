// Package credfile keeps the files with secrets that a step leaves for later ones: where they lie, what later steps call them, and how
// they are made and removed.
//
// An action in a container and the steps after it see the same folder under different paths, and a file that root makes in a container
// is closed to the runner's user. The facts are those of actions/runner, src/Runner.Worker/Handlers/ContainerActionHandler.cs.
package credfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"gatepass/pkg/lazyregexp"
)

// nameForm is what google-github-actions/auth calls its files, as tools and .gitignore files know the pattern, or what TokenName makes.
var nameForm = lazyregexp.New(`^(gha-creds-[0-9a-f]{16}\.json|gatepass-web-identity-[0-9a-f]{16})$`)

// Dir is a folder for secret files.
type Dir struct {
	Place    Place
	Path     string // for this process
	Exported string // for later steps
	// Inside tells that Exported is but the path inside of this action's container, as nobody has told the host's. Later Docker actions know
	// it, and other steps do not.
	Inside bool
}

// Create makes a file that only the owner of the folder can read. The file must not exist; a symbolic link in its place is not followed.
// If it cannot be given to the owner of the folder, as on some rootless engines, owned is false.
func (d Dir) Create(name string, content []byte) (owned bool, err error) {
	if !nameForm().MatchString(name) {
		return false, fmt.Errorf("%q is not the name of a credentials file", name)
	}
	root, err := os.OpenRoot(d.Path)
	if err != nil {
		return false, err
	}
	defer root.Close()
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return false, err
	}
	owned = give(root, file)
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err != nil {
		return owned, errors.Join(err, root.Remove(name))
	}
	return owned, nil
}

// give makes the owner of the folder the owner of the file, as the runner's user and not root is to read it.
func give(root *os.Root, file *os.File) bool {
	info, err := root.Stat(".")
	if err != nil {
		return false
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	return ok && file.Chown(int(owner.Uid), int(owner.Gid)) == nil
}

// Remove removes a file that Create has made and tells whether it was there. It touches nothing but a regular file of such a name.
func (d Dir) Remove(name string) (removed bool, err error) {
	if !nameForm().MatchString(name) {
		return false, fmt.Errorf("%q is not the name of a credentials file", name)
	}
	root, err := os.OpenRoot(d.Path)
	if err != nil {
		return false, ignoreMissing(err)
	}
	defer root.Close()
	info, err := root.Lstat(name)
	if err != nil {
		return false, ignoreMissing(err)
	}
	if !info.Mode().IsRegular() {
		return false, fmt.Errorf("%s is not the file that was made; it is left in place", filepath.Join(d.Exported, name))
	}
	err = root.Remove(name)
	return err == nil, ignoreMissing(err)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
