package aws

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"

	"gatepass/pkg/secret"
)

// The kubelet replaces service account tokens by way of symbolic links:
// https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
var kubeletForm = regexp.MustCompile(`^/var/run/secrets/[^/]+/serviceaccount/token$`)

// longestToken is what STS takes.
const longestToken = 20000

// ReadTokenFile reads an ID token from a file. A symbolic link is not followed, nor one in place of its folder, as what a checkout brings
// could lead to any file of the machine.
func ReadTokenFile(path string) (secret.String, error) {
	const input = "web-identity-token-file"
	content, err := readTokenFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return secret.String{}, fmt.Errorf("%s: there is no file %s in the folders that this action's container sees: the checkout and the runner's temporary folder", input, path)
	case err != nil:
		return secret.String{}, fmt.Errorf("%s: %w", input, err)
	}
	token := bytes.TrimSpace(content)
	if len(token) == 0 || len(token) > longestToken || bytes.ContainsFunc(token, notPrintable) {
		return secret.String{}, fmt.Errorf("%s: %s does not hold a token", input, path)
	}
	return secret.New(string(token)), nil
}

func readTokenFile(path string) ([]byte, error) {
	flags := os.O_RDONLY
	if !kubeletForm.MatchString(path) {
		flags |= syscall.O_NOFOLLOW
		folder, err := os.Lstat(filepath.Dir(path))
		if err != nil {
			return nil, err
		}
		if folder.Mode()&fs.ModeSymlink != 0 {
			return nil, errLink
		}
	}
	file, err := os.OpenFile(path, flags|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) {
		return nil, errLink
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // was only read
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	return io.ReadAll(io.LimitReader(file, longestToken+2))
}

var errLink = errors.New("a symbolic link is not followed; give the path of the file itself")
