package step

import (
	"errors"
	"fmt"
	"path"
	"runtime"
	"strings"
)

// Recover makes an error of a panic; it is to be deferred, in every goroutine. Go would print the panic's value, which may be anything,
// such as what a server has answered, on standard error, where the runner obeys commands. The error tells where it was, and what only where
// that is Go's own text.
func Recover(err *error) {
	value := recover()
	if value == nil {
		return
	}
	what := fmt.Sprintf("a panic of type %T", value)
	var fault runtime.Error
	if cause, ok := value.(error); ok && errors.As(cause, &fault) {
		what = fault.Error()
	}
	*err = fmt.Errorf("the action itself has a fault: %s, at %s. Please report this line to those who publish the action", what, panicked())
}

// panicked is where in this module the panic was that is being recovered from.
func panicked() string {
	const most = 100
	callers := make([]uintptr, most)
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers)])
	for panicking := false; ; {
		frame, more := frames.Next()
		if panicking && strings.HasPrefix(frame.Function, "gatepass/") || !more {
			return fmt.Sprintf("%s (%s:%d)", frame.Function, path.Base(frame.File), frame.Line)
		}
		panicking = panicking || frame.Function == "runtime.gopanic"
	}
}
