package runner

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
)

// Variable is a name and its value: of the environment, of an output, or of the state.
type Variable struct{ Name, Value string }

// Variables are set in their order; the last one of a name counts.
type Variables []Variable

// Add adds a variable at the end.
func (v *Variables) Add(name, value string) { *v = append(*v, Variable{name, value}) }

// Files are the files through which a step hands values to the runner.
type Files struct{ env, output, state, summary string }

// NewFiles takes the files from the variables that the runner sets. It fails if one of them cannot be written, so that a step learns
// that before it asks for credentials.
func NewFiles(getenv func(string) string) (Files, error) {
	files := Files{getenv("GITHUB_ENV"), getenv("GITHUB_OUTPUT"), getenv("GITHUB_STATE"), getenv("GITHUB_STEP_SUMMARY")}
	var errs []error
	for _, v := range []Variable{{"GITHUB_ENV", files.env}, {"GITHUB_OUTPUT", files.output}, {"GITHUB_STATE", files.state}} {
		if v.Value == "" {
			errs = append(errs, fmt.Errorf("environment variable %s: is missing; it comes from GitHub's runner, version 2.298 or newer", v.Name))
			continue
		}
		file, err := open(v.Value)
		if err != nil {
			errs = append(errs, fmt.Errorf("environment variable %s: %w", v.Name, err))
			continue
		}
		errs = append(errs, file.Close())
	}
	return files, errors.Join(errs...)
}

// open opens a file that the runner has made, in place: one that is made anew would belong to the container's user, and the runner
// could not read it.
func open(path string) (*os.File, error) { return os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0) }

// SaveState hands a value to the step's post stage, which finds it in STATE_<name>.
func (f Files) SaveState(name, value string) error {
	_, err := appendTo("GITHUB_STATE", f.state, Variables{{name, value}})
	return err
}

// Export sets variables for all later steps, and outputs of this one. It does all of it or nothing.
func (f Files) Export(env, outputs Variables) error {
	undo, err := appendTo("GITHUB_ENV", f.env, env)
	if err != nil {
		return err
	}
	if _, err := appendTo("GITHUB_OUTPUT", f.output, outputs); err != nil {
		return errors.Join(err, undo())
	}
	return nil
}

// maxSummary is the size of a step's summary above which the runner drops all of it: actions/runner,
// src/Runner.Worker/FileCommandManager.cs.
const maxSummary = 1 << 20

// Summarize adds Markdown to the step's summary. A runner without summaries gets none.
func (f Files) Summarize(markdown string) (err error) {
	file, err := open(f.summary)
	if f.summary == "" || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if size := info.Size() + int64(len(markdown)); size > maxSummary {
		return fmt.Errorf("the step's summary would have %d bytes; the runner takes %d", size, maxSummary)
	}
	_, err = file.WriteString(markdown)
	return err
}

// appendTo adds variables to the file that a variable of the environment names. It returns what takes them out again, and does so itself if
// it fails half way.
func appendTo(named, path string, variables Variables) (undo func() error, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("environment variable %s: %w", named, err)
		}
	}()
	text, err := format(variables)
	if err != nil {
		return nil, err
	}
	file, err := open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	undo = func() error { return os.Truncate(path, info.Size()) }
	if _, err := file.WriteString(text); err != nil {
		return nil, errors.Join(err, undo())
	}
	return undo, nil
}

var nameForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// format writes NAME<<DELIMITER, the value and DELIMITER on lines of their own, each time with a delimiter that nobody can guess, so
// that no value ends early and sets a variable of its own. No line is blank, which nektos/act would refuse.
func format(variables Variables) (string, error) {
	var text strings.Builder
	for _, v := range variables {
		if !nameForm.MatchString(v.Name) {
			return "", fmt.Errorf("%q is not the name of a variable", v.Name)
		}
		if strings.ContainsRune(v.Value, 0) {
			return "", fmt.Errorf("the value of %s holds a NUL character", v.Name)
		}
		delimiter := "gatepass_" + rand.Text()
		if strings.Contains(v.Value, delimiter) {
			return "", fmt.Errorf("the value of %s holds the delimiter", v.Name)
		}
		fmt.Fprintf(&text, "%s<<%s\n%s\n%s\n", v.Name, delimiter, v.Value, delimiter)
	}
	return text.String(), nil
}
