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
	NoHost  bool // the service's name does not exist
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
	unreached := &UnreachedError{Service: service, NoHost: errors.As(err, &noHost) && noHost.IsNotFound, Cause: Fault(err)}
	if unreached.NoHost || errors.As(err, &noTrust) || errors.As(err, &tooLarge) || errors.Is(err, errRedirect) {
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

// Ahead is how far a server's clock is ahead of this machine's, by the Date header of its answer (RFC 9110, section 6.6.1), which has whole
// seconds. It is 0 without that header, and negative where the server's clock is behind.
func Ahead(header http.Header, now time.Time) time.Duration {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return 0
	}
	return date.Sub(now).Round(time.Second)
}
