package awsrefresh

import (
	"runtime"
	"syscall"
)

// mayStart tells whether the file system of a folder lets programs start. Containers see it mounted as the host does.
func mayStart(folder string) bool {
	const noexec = 0x8 // ST_NOEXEC of Linux: statfs(2)
	var mount syscall.Statfs_t
	return runtime.GOOS != "linux" || syscall.Statfs(folder, &mount) != nil || mount.Flags&noexec == 0
}
