package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxBody is well above any request of a sign-in; AWS STS itself takes 10 MB.
const maxBody = 1 << 20

// An answerer finds the answer to a request, or the refusal, and says in the
// exchange what the request was about.
type answerer func(*http.Request, *Exchange) (any, error)

// service is one of the services played: its name and how it writes answers and refusals.
type service struct {
	name  string
	write func(w http.ResponseWriter, x Exchange, answer any, refused *refusal)
}

// endpoint serves one call of a service.
type endpoint struct {
	service service
	call    string
	answer  answerer
	observe func(Exchange)
}

func (e endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := Exchange{
		Service:   e.service.name,
		Call:      e.call,
		Status:    http.StatusOK,
		UserAgent: r.UserAgent(),
		Reason:    r.Header.Get("X-Goog-Request-Reason"),
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	answer, err := e.answer(r, &x)
	var refused *refusal
	if err != nil && !errors.As(err, &refused) {
		refused = &refusal{status: http.StatusInternalServerError, code: "InternalError", message: err.Error()}
	}
	if refused != nil {
		x.Status, x.Refusal = refused.status, refused.Error()
	}
	if refused != nil && refused.retryAfter != "" {
		w.Header().Set("Retry-After", refused.retryAfter)
	}
	if refused != nil && refused.page != "" {
		writePage(w, x.Status, refused.page)
	} else {
		e.service.write(w, x, answer, refused)
	}
	e.observe(x)
}

// A refusal is the error that the service itself would answer.
type refusal struct {
	status     int
	code       string
	message    string
	info       *errorInfo // Google's APIs only
	retryAfter string     // the Retry-After header's value
	page       string     // HTML in place of the service's own form, as a proxy before it answers
}

func refuse(status int, code, format string, args ...any) error {
	return &refusal{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

func (r *refusal) Error() string {
	if r.message == "" {
		return r.code
	}
	return r.code + ": " + r.message
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// An error here is a client that has gone.
	_ = json.NewEncoder(w).Encode(body)
}

func writePage(w http.ResponseWriter, status int, page string) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.WriteHeader(status)
	// An error here is a client that has gone.
	_, _ = io.WriteString(w, page)
}

// nothing answers what no service serves.
func nothing(r *http.Request, x *Exchange) (any, error) {
	x.Call = r.Method + " " + r.URL.Path
	return nil, refuse(http.StatusNotFound, "NotFound", "the sandbox serves no %s %s", r.Method, r.URL.Path)
}
