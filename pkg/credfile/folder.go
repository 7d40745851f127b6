package credfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"gatepass/pkg/lazyregexp"
)

// folderForm is what CreateFolder makes.
var folderForm = lazyregexp.New(`^gatepass-aws-[0-9a-f]{16}$`)

// Folder is a folder with files of one step's own.
type Folder struct {
	path string
	root *os.Root
}

// CreateFolder makes a folder that only the owner of the folder around it can open. It must not exist. It is not left to another owner, as
// the runner could not empty it.
func (d Dir) CreateFolder(name string) (Folder, error) {
	if !folderForm().MatchString(name) {
		return Folder{}, notAFolder(name)
	}
	around, err := os.OpenRoot(d.Path)
	if err != nil {
		return Folder{}, err
	}
	defer around.Close()
	if err := around.Mkdir(name, 0o700); err != nil {
		return Folder{}, err
	}
	return openNew(around, d.Path, name)
}

// CreateFolder makes a folder in the folder, for the same owner. It must not exist.
func (f Folder) CreateFolder(name string) (Folder, error) {
	if err := f.root.Mkdir(name, 0o700); err != nil {
		return Folder{}, err
	}
	return openNew(f.root, f.path, name)
}

func openNew(around *os.Root, path, name string) (Folder, error) {
	root, err := around.OpenRoot(name)
	if err != nil {
		return Folder{}, errors.Join(err, around.Remove(name))
	}
	if err := giveFolder(around, root); err != nil {
		return Folder{}, errors.Join(err, root.Close(), around.Remove(name))
	}
	return Folder{filepath.Join(path, name), root}, nil
}

func giveFolder(around, root *os.Root) error {
	folder, err := root.Open(".")
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }() // was only given
	if give(around, folder) {
		return nil
	}
	was, err := around.Stat(".")
	if err != nil {
		return err
	}
	is, err := folder.Stat()
	if err == nil && ownerOf(was) != ownerOf(is) {
		err = errors.New("a folder cannot be given to the owner of the one around it, who could not remove it")
	}
	return err
}

// OpenFolder opens a folder that CreateFolder has made.
func OpenFolder(path string) (Folder, error) {
	root, err := os.OpenRoot(path)
	return Folder{path, root}, err
}

// Close closes the folder.
func (f Folder) Close() error { return f.root.Close() }

// Create makes a file in the folder, for the folder's owner. The file must not exist.
func (f Folder) Create(name string, mode fs.FileMode, content io.Reader) error {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	give(f.root, file)
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

// Replace gives a file new content, as Update does, for the folder's owner alone.
func (f Folder) Replace(name string, content []byte) error {
	_, err := replace(f.root, name, content)
	return err
}

// Read reads a file that Create or Replace has made. It takes none that another user can have made or can read: such a file is foreign.
func (f Folder) Read(name string) ([]byte, error) {
	info, err := f.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	folder, err := f.root.Stat(".")
	if err != nil {
		return nil, err
	}
	d := Dir{Exported: f.path}
	owner := ownerOf(info)
	if info.Mode().Perm()&0o077 != 0 || owner != ownerOf(folder) && owner != os.Geteuid() {
		return nil, d.foreign(name)
	}
	return d.read(f.root, name)
}

// ErrLocked says that someone else has the lock of a folder.
var ErrLocked = errors.New("the folder is locked")

// Lock takes the folder's lock, or waits for it, but no longer than it is told to. The kernel takes the lock back when the process ends,
// however it ends: flock(2).
func (f Folder) Lock(ctx context.Context, wait time.Duration) (unlock func(), err error) {
	const pause = 20 * time.Millisecond
	folder, err := f.root.Open(".")
	if err != nil {
		return nil, err
	}
	unlock = func() { _ = folder.Close() } // unlocks, too
	for {
		err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return unlock, nil
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			unlock()
			return nil, err
		case wait <= 0:
			unlock()
			return nil, ErrLocked
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			wait = 0
		case <-timer.C:
			wait -= pause
		}
	}
}

// RemoveFolder removes a folder that CreateFolder has made, and all that is in it, and tells whether it was there. It follows no symbolic
// link.
func (d Dir) RemoveFolder(name string) (removed bool, err error) {
	if !folderForm().MatchString(name) {
		return false, notAFolder(name)
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
	if !info.IsDir() {
		return false, fmt.Errorf("%s is not the folder that was made; it is left in place", filepath.Join(d.Exported, name))
	}
	err = root.RemoveAll(name)
	return err == nil, err
}

func notAFolder(name string) error { return fmt.Errorf("%q is not the name of a step's folder", name) }

// ownerOf is the ID of a file's owner.
func ownerOf(info fs.FileInfo) int {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return -1
	}
	return int(stat.Uid)
}
