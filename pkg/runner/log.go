// Package runner speaks the protocol between an action and the runner that started it: workflow commands on standard output, and the
// files for variables, outputs and state.
//
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands describes it; actions/runner defines it.
package runner

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/sethvargo/go-githubactions"

	"gatepass/pkg/secret"
	"gatepass/pkg/untrusted"
)

// Log writes the step's log, without what it has masked. It writes to one stream only, since the runner reads standard output and standard
// error side by side, and a mask on one would come too late for a text on the other. It may be used by several goroutines.
type Log struct {
	out     *keeper
	actions *githubactions.Action
	known   *secret.Known
}

// NewLog makes a log that writes to the standard output of a step.
func NewLog(w io.Writer) *Log {
	out := &keeper{w: w}
	return &Log{out, githubactions.New(githubactions.WithWriter(out)), &secret.Known{}}
}

// Mask has the runner print *** in place of a secret from now on. An empty secret is left out, as the runner warns of it.
func (l *Log) Mask(secrets ...secret.String) {
	l.known.Add(secrets...)
	for _, s := range secrets {
		for _, line := range s.Lines() {
			l.actions.AddMask(line)
		}
	}
}

// Hide puts *** in the place of what is masked. The log does so itself; it is for texts that the runner gets elsewhere, and in another
// form.
func (l *Log) Hide(text string) string { return l.known.Hide(text) }

// Info writes a line.
func (l *Log) Info(format string, values ...any) {
	fmt.Fprintln(l.out, untrusted.Inert(l.Hide(fmt.Sprintf(format, values...))))
}

// Warning writes an annotation, which may have several lines.
func (l *Log) Warning(text string) { l.annotate(l.actions.Warningf, text) }

// Error writes an annotation, which may have several lines.
func (l *Log) Error(text string) { l.annotate(l.actions.Errorf, text) }

// MaxAnnotation is the number of characters after which the runner cuts an annotation, in the log, too: actions/runner,
// src/Runner.Worker/ExecutionContext.cs.
const MaxAnnotation = 4096

// annotate writes what does not fit into an annotation below it. It cuts no word, as the runner masks a secret only where it is whole.
func (l *Log) annotate(write func(string, ...any), text string) {
	text = inert(l.Hide(text))
	fits, rest := text, ""
	if len(text) > MaxAnnotation {
		fits, rest = cut(text)
	}
	write("%s", fits)
	for line := range strings.SplitSeq(rest, "\n") {
		if rest != "" {
			l.Info("%s", line)
		}
	}
}

// cut cuts a text that is too long at a line break, or else at a blank. One that has neither does not go into the annotation at all.
func cut(text string) (fits, rest string) {
	for _, at := range []string{"\n", " "} {
		if end := strings.LastIndex(text[:MaxAnnotation], at); end > 0 {
			return text[:end], text[end+1:]
		}
	}
	return "The message is below in the log, as it is too long for an annotation.", text
}

// Err is the first fault in writing. After it a secret may be unmasked, so nothing may be exported.
func (l *Log) Err() error {
	l.out.mu.Lock()
	defer l.out.mu.Unlock()
	return l.out.err
}

func inert(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = untrusted.Inert(lines[i])
	}
	return strings.Join(lines, "\n")
}

// keeper writes whole lines and keeps the first fault. It reports none, since go-githubactions panics on one.
type keeper struct {
	mu  sync.Mutex
	w   io.Writer
	err error
}

func (k *keeper) Write(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, err := k.w.Write(p); err != nil && k.err == nil {
		k.err = fmt.Errorf("write the log: %w", err)
	}
	return len(p), nil
}
