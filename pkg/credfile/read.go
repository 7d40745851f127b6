package credfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// ErrLink says that a path leads elsewhere.
var ErrLink = errors.New("a symbolic link is not followed; give the path of the file itself")

// ErrOutside says that a path is not in the folder that it should be in.
var ErrOutside = errors.New("the file is not in the checkout")

// ReadBelow reads a file in a folder whose content is foreign, such as a checkout, of at most limit bytes. Unlike Read it follows no
// symbolic link in place of any folder on the way. Whoever puts one there meanwhile does not get out of the folder, as [os.Root] sees to
// it.
func ReadBelow(folder, path string, limit int64) ([]byte, error) {
	below, err := filepath.Rel(folder, path)
	if err != nil || !filepath.IsLocal(below) {
		return nil, ErrOutside
	}
	root, err := os.OpenRoot(filepath.Clean(folder))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	for i := range below + "/" {
		if i < len(below) && below[i] != '/' {
			continue
		}
		info, err := root.Lstat(below[:i])
		if err != nil {
			return nil, err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			return nil, ErrLink
		}
	}
	file, err := root.OpenFile(below, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	return readOpen(file, path, limit, isPlain)
}

// Read reads a file that someone else has named, of at most limit bytes. It reads regular files only, as others may never end, and follows
// no symbolic link in place of the file or of its folder, and no hard link, unless that is allowed: it could lead root to any file of the
// machine.
func Read(path string, limit int64, followLinks bool) ([]byte, error) {
	flags := os.O_RDONLY | syscall.O_NONBLOCK
	if !followLinks {
		flags |= syscall.O_NOFOLLOW
		folder, err := os.Lstat(filepath.Dir(path))
		if err != nil {
			return nil, err
		}
		if folder.Mode()&fs.ModeSymlink != 0 {
			return nil, ErrLink
		}
	}
	file, err := os.OpenFile(path, flags, 0)
	if errors.Is(err, syscall.ELOOP) {
		return nil, ErrLink
	}
	if err != nil {
		return nil, err
	}
	if followLinks {
		return readOpen(file, path, limit, func(info fs.FileInfo) bool { return info.Mode().IsRegular() })
	}
	return readOpen(file, path, limit, isPlain)
}

// readOpen reads and closes a file if it is of the right kind.
func readOpen(file *os.File, path string, limit int64, isRight func(fs.FileInfo) bool) ([]byte, error) {
	defer func() { _ = file.Close() }() // was only read
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !isRight(info):
		return nil, fmt.Errorf("%s is not a plain file", path)
	}
	content, err := io.ReadAll(io.LimitReader(file, limit+1)) // a file can grow, and those of the kernel tell no size
	if err == nil && int64(len(content)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return content, err
}
