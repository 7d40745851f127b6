package httpclient

import (
	"crypto/tls"
	"errors"
	"fmt"
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
// exist, its certificate is not trusted, it redirects, or its answer is too large.
func Unreached(service string, err error) error {
	var noHost *net.DNSError
	var noTrust *tls.CertificateVerificationError
	var tooLarge *http.MaxBytesError
	unreached := &UnreachedError{service, Fault(err)}
	if errors.As(err, &noHost) && noHost.IsNotFound || errors.As(err, &noTrust) || errors.As(err, &tooLarge) || errors.Is(err, errRedirect) {
		return unreached
	}
	return retry.Transient(unreached, 0)
}

// Fault says what was wrong with a call that got no answer, without the address, whose query and path are not for a log.
func Fault(err error) error {
	var u *url.Error
	if !errors.As(err, &u) {
		return err
	}
	if u.Timeout() {
		return errors.New("no answer in time")
	}
	return errors.New(untrusted.Line(u.Err.Error()))
}

// Clock reads when a server answered, by its own clock (RFC 9110, section 6.6.1), and how far this machine's, which said now, is ahead of it.
// Both are zero where the answer does not say. The header has whole seconds.
func Clock(header http.Header, now time.Time) (date time.Time, skew time.Duration) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return time.Time{}, 0
	}
	return date, now.Sub(date).Round(time.Second)
}
