//go:build e2e

package e2e

import (
	"archive/tar"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// shellImage is another name of the image that the action is built in. It has a shell and is here already, so later steps use it, too.
const shellImage = "gatepass-e2e:shell"

// fromBaseImage is the Dockerfile's line that names the image it builds in.
var fromBaseImage = regexp.MustCompile(`(?m)^FROM (\S+) AS build$`)

func baseImage() (string, error) {
	text, err := os.ReadFile(filepath.Join(repository, "Dockerfile"))
	if err != nil {
		return "", err
	}
	match := fromBaseImage.FindSubmatch(text)
	if match == nil {
		return "", fmt.Errorf("the Dockerfile has no line %s", fromBaseImage)
	}
	return string(match[1]), nil
}

// ensureBaseImage gets the image that the Dockerfile builds in.
func ensureBaseImage(ctx context.Context) error {
	name, err := baseImage()
	if err != nil {
		return err
	}
	if _, err := output(exec.CommandContext(ctx, dockerPath, "image", "inspect", name)); err != nil {
		if err := pullOrMake(ctx, name); err != nil {
			return err
		}
	}
	_, err = output(exec.CommandContext(ctx, dockerPath, "tag", name, shellImage))
	return err
}

// pullOrMake pulls the image. Where no registry answers, it makes one from this machine's own Go toolchain, BusyBox and CA
// certificates, which is all that the Dockerfile uses of it.
func pullOrMake(ctx context.Context, name string) error {
	_, refused := output(exec.CommandContext(ctx, dockerPath, "pull", "--quiet", name))
	if refused == nil {
		return nil
	}
	fmt.Fprintf(os.Stderr, "e2e: no registry gives %s, so this machine's Go and BusyBox become a stand-in\n", name)
	if err := importBaseImage(ctx, name); err != nil {
		return fmt.Errorf("no image %s: %w", name, errors.Join(refused, err))
	}
	return nil
}

func importBaseImage(ctx context.Context, name string) error {
	root, err := output(exec.CommandContext(ctx, "go", "env", "GOROOT"))
	if err != nil {
		return err
	}
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(writeBaseImage(ctx, writer, root)) }()
	cmd := exec.CommandContext(ctx, dockerPath, "import",
		"--change", "ENV PATH=/go/bin:/usr/local/go/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"--change", "ENV GOPATH=/go",
		"--change", "ENV GOTOOLCHAIN=local",
		"-", name)
	cmd.Stdin = reader
	_, err = output(cmd)
	return err
}

// writeBaseImage writes the image's files: BusyBox under each of its names, the CA certificates and the Go toolchain.
func writeBaseImage(ctx context.Context, w io.Writer, goroot string) error {
	const busybox, certificates = "/bin/busybox", "/etc/ssl/certs/ca-certificates.crt"
	if err := isStatic(busybox); err != nil {
		return fmt.Errorf("install the package busybox-static: %w", err)
	}
	applets, err := output(exec.CommandContext(ctx, busybox, "--list"))
	if err != nil {
		return err
	}
	files := tar.NewWriter(w)
	err = files.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: "tmp/", Mode: 0o1777})
	for _, applet := range strings.Fields(applets) {
		if err == nil && applet != "busybox" {
			err = files.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: "bin/" + applet, Linkname: "busybox"})
		}
	}
	if err == nil {
		err = addFile(files, busybox, "bin/busybox")
	}
	if err == nil {
		err = addFile(files, certificates, certificates[1:])
	}
	if err == nil {
		err = addToolchain(files, goroot)
	}
	if err != nil {
		return err
	}
	return files.Close()
}

// addToolchain adds what builds programs; Go's own tests and documentation stay out.
func addToolchain(files *tar.Writer, goroot string) error {
	return filepath.WalkDir(goroot, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(goroot, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name == "test" || name == "api" || name == "doc" {
				return fs.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		return addFile(files, path, "usr/local/go/"+name)
	})
}

func addFile(files *tar.Writer, path, name string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: int64(info.Mode().Perm()), Size: info.Size()}
	if err := files.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(files, file)
	return err
}

// isStatic refuses a program that would need this machine's libraries in the image.
func isStatic(path string) error {
	program, err := elf.Open(path)
	if err != nil {
		return err
	}
	defer program.Close()
	for _, part := range program.Progs {
		if part.Type == elf.PT_INTERP {
			return fmt.Errorf("%s is linked dynamically", path)
		}
	}
	return nil
}
