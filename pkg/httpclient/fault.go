package httpclient

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"gatepass/pkg/retry"
	"gatepass/pkg/untrusted"
)

// UnreachedError is a call that got no answer.
type UnreachedError struct {
	Service string
	Cause   error
}

func (e *UnreachedError) Error() string {
	return fmt.Sprintf("%s was not reached: %v", e.Service, e.Cause)
}

func (e *UnreachedError) Unwrap() error { return e.Cause }

// GarbledError is an answer that is none of the service's.
type GarbledError struct {
	Service string
	Problem string
}

func (e *GarbledError) Error() string { return e.Problem }

// Unreached is the [UnreachedError] of a call, marked for another try unless another one would fail in the same way: the host does not
// exist, or its certificate is not trusted. Someone who redirects, or who does not come to an end, is not the service: a [GarbledError].
func Unreached(service string, err error) error {
	var noHost *net.DNSError
	var noTrust *tls.CertificateVerificationError
	unreached := &UnreachedError{service, Fault(err)}
	switch {
	case errors.Is(err, errRedirect), errors.Is(err, errTooLarge):
		return &GarbledError{service, fmt.Sprintf("the answer of %s %v; a proxy or the endpoint may be wrong", service, Fault(err))}
	case errors.As(err, &noHost) && noHost.IsNotFound, errors.As(err, &noTrust):
		return unreached
	}
	return retry.Transient(unreached, 0)
}

// Fault says what was wrong with a call that got no answer, without the address, whose query and path are not for a log.
func Fault(err error) error {
	var u *url.Error
	switch {
	case !errors.As(err, &u):
		return err
	case u.Timeout():
		return errors.New("no answer in time")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the answer broke off")
	case errors.Is(err, io.EOF):
		return errors.New("the connection was closed before an answer")
	}
	return errors.New(untrusted.Line(u.Err.Error()))
}

// Clock reads when a server answered, by its own clock (RFC 9110, section 6.6.1), and how far this machine's, which said now, is ahead of
// it. Both are zero where the answer does not say. The header has whole seconds.
func Clock(header http.Header, now time.Time) (date time.Time, skew time.Duration) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return time.Time{}, 0
	}
	return date, now.Sub(date).Round(time.Second)
}
