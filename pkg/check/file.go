package check

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"gatepass/pkg/fault"
	"gatepass/pkg/trust"
	"gatepass/pkg/untrusted"
)

// parseFile reads a file of JSON.
func parseFile(file string, stdin io.Reader) (*trust.Node, error) {
	text, err := readFile(file, stdin)
	if err != nil {
		return nil, err
	}
	content, err := trust.ParseJSON(text)
	if err != nil {
		return nil, notJSON(text, err)
	}
	return content, nil
}

// fileFault is a fault in a file.
type fileFault struct {
	file string
	trust.Position
	message string
}

func (f *fileFault) Error() string {
	if f.Line == 0 {
		return f.file + ": " + f.message
	}
	return fmt.Sprintf("%s:%s: %s", f.file, f.Position, f.message)
}

// faultsIn tells the faults of a file apart.
func faultsIn(file string, err error) (faults []*fileFault) {
	for _, one := range fault.Split(err) {
		found := &fileFault{file: file, message: untrusted.Line(one.Error())}
		var placed *trust.FaultError
		var unread *fs.PathError
		switch {
		case errors.As(one, &placed):
			found.Position, found.message = placed.Position, untrusted.Line(placed.Message)
		case errors.As(one, &unread):
			found.message = unread.Err.Error()
		}
		faults = append(faults, found)
	}
	return faults
}

// notJSON says how to get JSON to whom has YAML or HCL, as most people do who write policies.
func notJSON(text []byte, err error) error {
	fault := (*trust.FaultError)(nil)
	if first := bytes.TrimSpace(text); !errors.As(err, &fault) || len(first) == 0 || bytes.ContainsAny(first[:1], "{[") {
		return err
	}
	return &trust.FaultError{Position: fault.Position, Message: fault.Message + ". YAML and HCL are not read; " +
		"aws prints JSON with --output json, gcloud with --format json, and terraform with show -json"}
}

// standardInput is what a message calls the file -.
const standardInput = "<stdin>"

func displayName(file string) string {
	if file == "-" {
		return standardInput
	}
	return file
}

// maxFile bounds what is read. A Terraform plan has megabytes.
const maxFile = 256 << 20

// readFile reads a file, or standard input if its name is -.
func readFile(file string, stdin io.Reader) ([]byte, error) {
	in := stdin
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = opened.Close() }() // was only read
		in = opened
	}
	text, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxFile:
		return nil, fmt.Errorf("holds more than %d MiB", maxFile>>20)
	}
	return text, nil
}
