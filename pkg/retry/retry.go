// Package retry calls again what failed for a passing reason, and only that: a refusal is answered at once.
package retry

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// Policy bounds the tries of a call. The zero value tries once.
type Policy struct {
	// Attempts is the number of calls in all.
	Attempts int
	// Base is the longest wait before the second call; it doubles with each further one. The wait is drawn evenly from zero to that
	// (full jitter), so that many jobs that fail together do not return together.
	Base time.Duration
	// Cap is the longest wait.
	Cap time.Duration
	// Throttled is the longest wait after a call that came too soon, if it is longer than the others. It is drawn evenly from zero, too.
	Throttled time.Duration
	// AfterCap is the longest time that a server may ask for with Retry-After. The wait comes on top, so that not all return at once.
	AfterCap time.Duration
	// Limit is how long after the first call another one may begin. Zero is no limit.
	Limit time.Duration
}

// Patient is the policy of a number of tries for calls that take well under a second. Its waits double from half a second to ten, so
// that twelve tries wait 38 seconds on average and 75 at the most.
//
// Throttling says that many ask, and not how many. Who is throttled comes back at any moment of the next 20 seconds, so that n who are
// throttled together are n/20 a second. The largest matrix has 256 jobs (https://docs.github.com/actions/reference/limits): 13 a second,
// which a service that lets 20 through takes at their second try. A wait that starts at half a second and doubles has each of them
// throttled four times, on average, before it is long enough, and the last of them is no sooner done. This one does not grow: twelve tries
// wait 110 seconds on average.
//
// No call begins after the five minutes that GitHub's token lives, which most of them are made with.
func Patient(attempts int) Policy {
	return Policy{
		Attempts: attempts, Base: 500 * time.Millisecond, Cap: 10 * time.Second, Throttled: 20 * time.Second,
		AfterCap: time.Minute, Limit: 5 * time.Minute,
	}
}

// transient marks an error as worth another try.
type transient struct {
	error
	after     time.Duration
	brief     bool
	throttled bool
}

func (t *transient) Unwrap() error { return t.error }

// Transient marks err as worth another try, not before the given time has passed, as far as the policy has it. Zero leaves the time to the
// policy.
func Transient(err error, after time.Duration) error { return &transient{error: err, after: after} }

// Briefly marks err as worth but two more tries, however many the policy has: most likely it will stay, and whoever waits is to know soon.
func Briefly(err error, after time.Duration) error {
	return &transient{error: err, after: after, brief: true}
}

// few is the number of those tries.
const few = 2

// Throttled marks err like [Transient], and as the answer to a call that came too soon.
func Throttled(err error, after time.Duration) error {
	return &transient{error: err, after: after, throttled: true}
}

// ByStatus marks err, which an answer stands for, as far as the answer's status tells that it passes. The answer may ask for a wait.
func ByStatus(err error, status int, header http.Header) error {
	switch {
	case status == http.StatusTooManyRequests:
		return Throttled(err, After(header))
	case StatusIsTransient(status):
		return Transient(err, After(header))
	}
	return err
}

// Do calls op until it succeeds, fails for good, or has had all its tries. It returns op's last error without the mark.
// There is no wait after the last try, and the end of ctx ends a wait.
func Do(ctx context.Context, p Policy, op func(context.Context) error) error {
	limited, brief := ctx, 0
	if p.Limit > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, p.Limit)
		defer cancel()
	}
	for attempt := 1; ; attempt++ {
		err := op(ctx)
		var t *transient
		if !errors.As(err, &t) {
			return err
		}
		if t.brief {
			brief++
		}
		if attempt >= p.Attempts || brief > few || limited.Err() != nil {
			return t.error
		}
		timer := time.NewTimer(p.wait(limited, attempt, t))
		select {
		case <-limited.Done():
			timer.Stop()
			return t.error
		case <-timer.C:
		}
	}
}

func (p Policy) wait(ctx context.Context, attempt int, t *transient) time.Duration {
	longest := p.Base
	for range attempt - 1 {
		longest = min(2*longest, p.Cap)
	}
	if t.throttled {
		longest = max(longest, p.Throttled)
	}
	after := min(t.after, p.AfterCap)
	if end, ok := ctx.Deadline(); ok { // no more than half of what is left, so that there is time for the call
		longest = min(longest, max((time.Until(end)-after)/2, p.Base))
	}
	return after + rand.N(longest+1) //nolint:gosec // jitter needs no cryptographic randomness
}

// StatusIsTransient tells whether an HTTP status stands for a passing fault: 408, 429 and 5xx, but not 501.
func StatusIsTransient(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooManyRequests ||
		(status >= 500 && status != http.StatusNotImplemented)
}

// After reads the wait that a Retry-After header asks for (RFC 9110, section 10.2.3), in seconds or until a date. That is compared with the
// answer's own, which is by the same clock. No header, and one that says neither, give zero.
func After(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	seconds, err := strconv.ParseUint(value, 10, 16)
	if err == nil || errors.Is(err, strconv.ErrRange) { // then it is the most that there is, 18 hours
		return time.Duration(seconds) * time.Second
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return 0
	}
	return max(until.Sub(now), 0)
}
