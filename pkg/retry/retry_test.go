package retry_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gatepass/pkg/retry"
)

var (
	errBusy    = errors.New("busy")
	errRefused = errors.New("refused")
	errGarbled = errors.New("garbled")
)

type test struct {
	answers []error // what each call answers; the last one again
	want    error
	calls   int
	longest time.Duration // of all waits together
}

func (test test) run(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls, start := 0, time.Now()
		err := retry.Do(t.Context(), retry.Policy{Attempts: 5, Base: time.Second, Cap: 90 * time.Second, Throttled: 20 * time.Second, AfterCap: 90 * time.Second}, func(context.Context) error {
			calls++
			return test.answers[min(calls, len(test.answers))-1]
		})
		if !errors.Is(err, test.want) {
			t.Errorf("got error %v, want %v", err, test.want)
		}
		if calls != test.calls {
			t.Errorf("%d calls, want %d", calls, test.calls)
		}
		if waited := time.Since(start); waited > test.longest {
			t.Errorf("waited %v, want at most %v", waited, test.longest)
		}
	})
}

func TestDo(t *testing.T) {
	busy, garbled := retry.Transient(errBusy, 0), retry.Briefly(errGarbled, 0)
	throttled := retry.Throttled(errBusy, 0)
	for name, test := range map[string]test{
		"success is not repeated":             {[]error{nil}, nil, 1, 0},
		"refusal is answered at once":         {[]error{errRefused}, errRefused, 1, 0},
		"passing fault":                       {[]error{busy, nil}, nil, 2, time.Second},
		"refusal after a fault":               {[]error{busy, errRefused}, errRefused, 2, time.Second},
		"throttling":                          {[]error{throttled, nil}, nil, 2, 20 * time.Second},
		"no wait after the last try":          {[]error{busy}, errBusy, 5, 15 * time.Second},
		"what passes":                         {[]error{garbled, garbled, nil}, nil, 3, 3 * time.Second},
		"what stays has two more tries":       {[]error{garbled}, errGarbled, 3, 3 * time.Second},
		"faults between do not count":         {[]error{garbled, busy, garbled, garbled}, errGarbled, 4, 7 * time.Second},
		"a server's time is kept to the cap":  {[]error{retry.Transient(errBusy, time.Hour), nil}, nil, 2, 91 * time.Second},
		"a server's time is longer than ours": {[]error{retry.Transient(errBusy, time.Minute), nil}, nil, 2, 61 * time.Second},
	} {
		t.Run(name, test.run)
	}
}

func TestServersTimeIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, calls := time.Now(), 0
		err := retry.Do(t.Context(), retry.Patient(5), func(context.Context) error {
			if calls++; calls == 1 {
				return retry.Transient(errBusy, 3*time.Second)
			}
			return nil
		})
		if waited := time.Since(start); err != nil || waited < 3*time.Second || waited > 3500*time.Millisecond {
			t.Errorf("waited %v, want 3s and at most half a second; error %v", waited, err)
		}
	})
}

// Those that are throttled together come back over 20 seconds. Of 256, 13 a second are to be expected, and 40 once in a billion runs.
func TestTheThrottledDoNotReturnTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, perSecond := time.Now(), make([]atomic.Int32, 20)
		var callers sync.WaitGroup
		for range 256 {
			callers.Go(func() {
				first := true
				_ = retry.Do(t.Context(), retry.Patient(2), func(context.Context) error {
					if !first {
						perSecond[min(time.Since(start)/time.Second, 19)].Add(1)
					}
					first = false
					return retry.Throttled(errBusy, 0)
				})
			})
		}
		callers.Wait()
		all := int32(0)
		for second := range perSecond {
			got := perSecond[second].Load()
			if all += got; got > 40 {
				t.Errorf("%d come back in second %d, want at most 40", got, second)
			}
		}
		if all != 256 {
			t.Errorf("%d come back, want 256", all)
		}
	})
}

func TestTheEndOfTheContextEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		err := retry.Do(ctx, retry.Patient(5), func(context.Context) error { return retry.Transient(errBusy, time.Hour) })
		if waited := time.Since(start); !errors.Is(err, errBusy) || waited != time.Second {
			t.Errorf("waited %v, want 1s; error %v", waited, err)
		}
	})
}

// Who has little time left spends no more than half of it on a wait, so that there is another try.
func TestAWaitLeavesTimeForATry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 100 {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			calls := 0
			err := retry.Do(ctx, retry.Patient(2), func(context.Context) error {
				if calls++; calls == 1 {
					return retry.Throttled(errBusy, 2*time.Second)
				}
				return nil
			})
			if end, _ := ctx.Deadline(); err != nil || time.Until(end) < 4*time.Second {
				t.Errorf("%v are left, want 4s; error %v", time.Until(end), err)
			}
			cancel()
		}
	})
}

// However many tries there are, and whatever a server asks for, none begins after GitHub's token has expired.
func TestManyTries(t *testing.T) {
	for name, fault := range map[string]error{
		"passing fault": retry.Transient(errBusy, 0),
		"throttling":    retry.Throttled(errBusy, 0),
		"server's time": retry.Transient(errBusy, time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				err := retry.Do(t.Context(), retry.Patient(100), func(context.Context) error { return fault })
				if waited := time.Since(start); !errors.Is(err, errBusy) || waited != 5*time.Minute {
					t.Errorf("waited %v, want 5m; error %v", waited, err)
				}
			})
		})
	}
}

func TestStatusIsTransient(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{200: false, 302: false, 400: false, 403: false, 404: false, 408: true, 429: true, 500: true, 501: false, 503: true} {
		if got := retry.StatusIsTransient(status); got != want {
			t.Errorf("%d: got %v, want %v", status, got, want)
		}
	}
}

func TestByStatus(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		calls  int
		waited time.Duration
	}{
		"refusal":     {http.StatusForbidden, 1, 0},
		"unavailable": {http.StatusServiceUnavailable, 2, 7 * time.Second},
		"throttled":   {http.StatusTooManyRequests, 2, 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls, start := 0, time.Now()
				err := retry.Do(t.Context(), retry.Policy{Attempts: 2, AfterCap: time.Minute}, func(context.Context) error {
					calls++
					return retry.ByStatus(errBusy, test.status, http.Header{"Retry-After": {"7"}})
				})
				if waited := time.Since(start).Truncate(time.Second); !errors.Is(err, errBusy) || calls != test.calls || waited != test.waited {
					t.Errorf("%d calls in %v, want %d in %v; error %v", calls, waited, test.calls, test.waited, err)
				}
			})
		})
	}
}

func TestAfter(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-1": 0, "soon": 0, "99999999": 65535 * time.Second,
		"Fri, 31 Dec 1999 23:59:59 GMT": time.Minute, "Fri, 31 Dec 1999 23:57:59 GMT": 0,
	} {
		if got := retry.After(http.Header{"Retry-After": {value}, "Date": {"Fri, 31 Dec 1999 23:58:59 GMT"}}); got != want {
			t.Errorf("%q: got %v, want %v", value, got, want)
		}
	}
}
