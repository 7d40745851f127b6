package sandbox_test

import (
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"gatepass/pkg/sandbox"
)

func TestThrottle(t *testing.T) {
	t.Parallel()
	f := newAccounts(t, func(a *sandbox.AWS) { a.Throttle.PerSecond = 4 }, nil)
	form := url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}}
	throttled := refusal{400, "Throttling", "Rate exceeded"}
	for _, test := range []struct {
		at      time.Duration
		granted int
	}{
		{0, 4},
		{200 * time.Millisecond, 0},
		{250 * time.Millisecond, 1},
		{750 * time.Millisecond, 2},
		{time.Minute, 4},
	} {
		f.wait(test.at)
		for range test.granted {
			if got := f.signedForm(t, ciKey, "", form); got.status != http.StatusOK {
				t.Errorf("at %s: %v", test.at, awsRefusal(t, got))
			}
		}
		got := f.signedForm(t, ciKey, "", form)
		if got.status == http.StatusOK || awsRefusal(t, got) != throttled {
			t.Errorf("at %s: status %d: %s", test.at, got.status, got.body)
		}
	}
}

// TestThrottleConcurrency lets many jobs call at once.
func TestThrottleConcurrency(t *testing.T) {
	t.Parallel()
	f := newAccounts(t, func(a *sandbox.AWS) { a.Throttle.PerSecond = 5 }, nil)
	var granted atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if _, err := f.client("eu-central-1", ciKey).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}); err == nil {
				granted.Add(1)
			}
		})
	}
	wg.Wait()
	if granted.Load() != 5 {
		t.Errorf("%d calls are granted, want 5", granted.Load())
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	const noKey = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
	f := newAccounts(t, func(a *sandbox.AWS) {
		a.Faults = []sandbox.Fault{
			{Times: 2, RetryAfter: "1"},
			{Call: "GetCallerIdentity", Status: 403, Code: "InvalidClientTokenId", Message: "Not yet."},
			{Status: 400, Code: "InvalidIdentityToken", Message: noKey},
		}
	}, nil)
	callerForm := url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}}
	for i, test := range []struct {
		form       url.Values
		want       refusal
		retryAfter string
	}{
		{assumeRoleForm(own + "by-user"), refusal{503, "ServiceUnavailable", ""}, "1"},
		{assumeRoleForm(own + "by-user"), refusal{503, "ServiceUnavailable", ""}, "1"},
		{assumeRoleForm(own + "by-user"), refusal{400, "InvalidIdentityToken", noKey}, ""},
		{assumeRoleForm(own + "by-user"), refusal{}, ""},
		{callerForm, refusal{403, "InvalidClientTokenId", "Not yet."}, ""},
		{callerForm, refusal{}, ""},
	} {
		answer, got := f.signedForm(t, ciKey, "", test.form), refusal{}
		if answer.status != http.StatusOK {
			got = awsRefusal(t, answer)
		}
		if got != test.want || answer.header.Get("Retry-After") != test.retryAfter {
			t.Errorf("call %d: got %v, retry after %q; want %v, %q", i, got, answer.header.Get("Retry-After"), test.want, test.retryAfter)
		}
	}
}

// TestSDKRetriesFaults lets the SDK's own client get over the faults of a configuration.
func TestSDKRetriesFaults(t *testing.T) {
	t.Parallel()
	config, err := sandbox.ParseConfig([]byte("aws:\n  faults:\n    - { times: 2, retry-after: 1 }\n    - { status: 400, code: Throttling, message: Rate exceeded }\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := config.AWS.Faults[0].RetryAfter; got != "1" {
		t.Errorf("retry-after is %q, want 1", got)
	}
	config.AWS.Users = readConfig(t, "testdata/accounts.yaml").AWS.Users
	var asked recorder
	f := serve(t, config, asked.observe)
	_, err = f.client("eu-central-1", ciKey).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}, func(o *sts.Options) {
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = 4
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	})
	if err != nil {
		t.Error(err)
	}
	var got []string
	for _, x := range asked.take() {
		got = append(got, x.Refusal)
	}
	if want := []string{"ServiceUnavailable", "ServiceUnavailable", "Throttling: Rate exceeded", ""}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
