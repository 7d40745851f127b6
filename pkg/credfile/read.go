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
	defer func() { _ = file.Close() }() // was only read
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(), !followLinks && !isPlain(info):
		return nil, fmt.Errorf("%s is not a plain file", path)
	case info.Size() > limit:
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return io.ReadAll(io.LimitReader(file, limit))
}
