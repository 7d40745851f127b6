package job

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
)

// Log returns a writer for a stage's output. It obeys workflow commands as the runner does and writes to w what the job's log would
// show: annotations as text, masked values as ***. Close writes a last line that has no end.
//
// Masking is the exact value's only; the runner also masks encodings of it.
func (j *Job) Log(w io.Writer) io.WriteCloser { return &log{job: j, w: w} }

type log struct {
	mu   sync.Mutex
	job  *Job
	w    io.Writer
	rest []byte
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found {
			return len(p), nil
		}
		l.rest = rest
		if err := l.line(string(line)); err != nil {
			return 0, err
		}
	}
}

func (l *log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) == 0 {
		return nil
	}
	return l.line(string(l.rest))
}

func (l *log) line(line string) error {
	command, message, ok := parseCommand(line)
	if !ok {
		return l.print(line)
	}
	switch command {
	case "add-mask":
		if strings.TrimSpace(message) != "" {
			l.job.masks = append(l.job.masks, message)
		}
		return nil
	case "error", "warning", "notice":
		return l.print(strings.ToUpper(command[:1]) + command[1:] + ": " + message)
	case "debug":
		return nil
	}
	return l.print(line)
}

func (l *log) print(text string) error {
	_, err := fmt.Fprintln(l.w, l.job.Mask(text))
	return err
}

var unescapeMessage = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%")

// parseCommand splits ::name properties::message, as actions/runner does in src/Runner.Common/ActionCommand.cs.
func parseCommand(line string) (name, message string, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), "::")
	if !ok {
		return "", "", false
	}
	head, message, ok := strings.Cut(rest, "::")
	name, _, _ = strings.Cut(head, " ")
	return name, unescapeMessage.Replace(message), ok
}
