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
	command, ok := parseCommand(line)
	if !ok {
		return l.print(line)
	}
	switch command.Name {
	case "add-mask":
		if strings.TrimSpace(command.Message) != "" {
			l.job.masks = append(l.job.masks, command.Message)
		}
		return nil
	case "error", "warning", "notice":
		return l.print(strings.ToUpper(command.Name[:1]) + command.Name[1:] + ": " + command.Message)
	case "debug":
		return nil
	}
	return l.print(line)
}

func (l *log) print(text string) error {
	_, err := fmt.Fprintln(l.w, l.job.Mask(text))
	return err
}

// Command is a workflow command.
type Command struct{ Name, Message string }

// Commands finds the commands in a stage's output, as actions/runner does in src/Runner.Common/ActionCommand.cs, whether it knows them or
// not.
func Commands(output string) []Command {
	var commands []Command
	for line := range strings.Lines(output) {
		if command, ok := parseCommand(line); ok {
			commands = append(commands, command)
		}
	}
	return commands
}

var (
	unescapeMessage = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%")
	unescapeOld     = strings.NewReplacer("%3B", ";", "%0D", "\r", "%0A", "\n", "%5D", "]", "%25", "%")
)

// parseCommand takes apart ::name properties::message at the start of a line, and ##[name properties]message anywhere in it.
func parseCommand(line string) (Command, bool) {
	if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "::"); ok {
		if head, message, ok := strings.Cut(rest, "::"); ok {
			name, _, _ := strings.Cut(head, " ")
			return Command{name, unescapeMessage.Replace(message)}, true
		}
	}
	if _, rest, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "##["); ok {
		if head, message, ok := strings.Cut(rest, "]"); ok {
			name, _, _ := strings.Cut(head, " ")
			return Command{name, unescapeOld.Replace(message)}, true
		}
	}
	return Command{}, false
}
