package credfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"gatepass/pkg/lazyregexp"
)

// maxSize is far more than a job's profiles need, and little enough to be read whole.
const maxSize = 1 << 20

// Update changes one of the files that the steps of a job share, AWSCredentials or AWSConfig: change gets the content, nothing if there is
// no file, and returns the new one. An empty one removes the file. If change fails, nothing is changed. owned is as Create returns it.
//
// The new content is written to a file of its own, which then takes the name of the old one, so that whoever reads it at any time, also
// after a crash, finds the old content or the new. This is not the way for GITHUB_ENV and its like. The runner makes those, they stay its
// own, and what takes their name inside a container is root's and closed to it. Here the file is ours, and is given to the runner's user
// before it gets the name. Two steps at once do not damage the file, but the later one wins.
func (d Dir) Update(name string, change func(old []byte) ([]byte, error)) (owned bool, err error) {
	if name != AWSCredentials && name != AWSConfig {
		return false, fmt.Errorf("%q is not the name of a file that steps share", name)
	}
	root, err := os.OpenRoot(d.Path)
	if err != nil {
		return d.updateNothing(change, err)
	}
	defer root.Close()
	old, err := d.read(root, name)
	if err != nil {
		return false, err
	}
	content, err := change(old)
	switch {
	case err != nil:
		return false, err
	case len(content) > maxSize:
		return false, d.tooLarge(name)
	case len(content) == 0:
		return true, errors.Join(ignoreMissing(root.Remove(name)), removeDrafts(root, name))
	}
	return replace(root, name, content)
}

// updateNothing is for a folder that cannot be opened. If it is gone, so are its files, which is all that a removal wants.
func (d Dir) updateNothing(change func([]byte) ([]byte, error), missing error) (owned bool, err error) {
	if !errors.Is(missing, fs.ErrNotExist) {
		return false, missing
	}
	content, err := change(nil)
	if err != nil {
		return false, err
	}
	if len(content) == 0 {
		return true, nil
	}
	return false, missing
}

// read reads a regular file of a bounded size. It opens nothing else: not the target of a symbolic link, not a pipe, on which it would
// wait, and no file that has another name too, as a hard link lends a foreign file's content to whoever may read this folder.
func (d Dir) read(root *os.Root, name string) (content []byte, err error) {
	info, err := root.Lstat(name)
	if err != nil {
		return nil, ignoreMissing(err)
	}
	if !isPlain(info) {
		return nil, d.foreign(name)
	}
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	opened, err := file.Stat()
	if err == nil && !os.SameFile(info, opened) { // it was exchanged in between
		err = d.foreign(name)
	}
	if err == nil {
		content, err = io.ReadAll(io.LimitReader(file, maxSize+1))
	}
	if err == nil && len(content) > maxSize {
		err = d.tooLarge(name)
	}
	return content, errors.Join(err, file.Close())
}

func isPlain(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return info.Mode().IsRegular() && ok && stat.Nlink == 1
}

func (d Dir) foreign(name string) error {
	return fmt.Errorf("%s is not a plain file; it is left in place", filepath.Join(d.Exported, name))
}

func (d Dir) tooLarge(name string) error {
	return fmt.Errorf("%s is larger than %d bytes", filepath.Join(d.Exported, name), maxSize)
}

// draftForm is what draftOf makes.
var draftForm = lazyregexp.New(`^[a-z-]+\.[A-Z2-7]{26}$`)

func draftOf(name string) string { return name + "." + rand.Text() }

// removeDrafts removes what a step has left behind that was killed while it wrote.
func removeDrafts(root *os.Root, name string) error {
	entries, err := fs.ReadDir(root.FS(), ".")
	errs := []error{err}
	for _, entry := range entries {
		if draft := entry.Name(); strings.HasPrefix(draft, name+".") && draftForm().MatchString(draft) && entry.Type().IsRegular() {
			errs = append(errs, ignoreMissing(root.Remove(draft)))
		}
	}
	return errors.Join(errs...)
}

// replace does not wait for the disk: a machine that loses power takes its job along.
func replace(root *os.Root, name string, content []byte) (owned bool, err error) {
	draft := draftOf(name)
	file, err := root.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return false, err
	}
	owned = give(root, file)
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err == nil {
		err = root.Rename(draft, name)
	}
	if err != nil {
		return owned, errors.Join(err, root.Remove(draft))
	}
	return owned, nil
}
