package aws

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"gatepass/pkg/httpclient"
	"gatepass/pkg/retry"
	"gatepass/pkg/untrusted"
)

// Refusal is what AWS answered in place of credentials, cleaned for printing.
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
type Refusal struct {
	Code      string // such as AccessDenied; empty where the answer has none that can be read
	Message   string
	Status    int    // of HTTP; 0 where it is not known
	RequestID string // AWS support asks for it
	// Date is when AWS answered, by its own clock, and Skew how far this machine's was ahead of it.
	Date time.Time
	Skew time.Duration
}

func (r *Refusal) Error() string {
	text := "AWS STS answered " + r.Code
	if r.Message != "" {
		text += ": " + r.Message
	}
	if r.RequestID == "" {
		return fmt.Sprintf("%s (HTTP %d)", text, r.Status)
	}
	return fmt.Sprintf("%s (HTTP %d, request %s)", text, r.Status, r.RequestID)
}

// explain turns an error of the SDK into a Refusal, or into what kept the answer away, and marks it where it may pass.
func (c Client) explain(err error) error {
	var api smithy.APIError
	var response *awshttp.ResponseError
	status := 0
	if errors.As(err, &response) {
		status = response.HTTPStatusCode() // 0 where none came
	}
	switch {
	case err == nil:
		return nil
	case errors.As(err, &api), retry.StatusIsTransient(status):
		return c.refused(api, response)
	case errors.Is(err, errNotSTS), status == http.StatusOK: // perhaps but half of an answer
		return retry.Briefly(errNotSTS, 0)
	case status != 0:
		return errNotSTS
	}
	return httpclient.Unreached("AWS STS", err)
}

// refused makes a Refusal of what the SDK has read, or, as what a load balancer answers has no code, of the status.
func (c Client) refused(api smithy.APIError, response *awshttp.ResponseError) error {
	refusal := &Refusal{Code: noCode}
	if api != nil {
		refusal.Code, refusal.Message = untrusted.Line(api.ErrorCode()), untrusted.Line(api.ErrorMessage())
	}
	var after time.Duration
	if response != nil {
		refusal.Status, refusal.RequestID = response.HTTPStatusCode(), untrusted.Line(response.ServiceRequestID())
		if response.Response != nil {
			after = retry.After(response.Response.Header)
			refusal.Date, refusal.Skew = httpclient.Clock(response.Response.Header, c.Now())
		}
	}
	if refusal.Code == noCode {
		refusal.Code, refusal.Message = http.StatusText(refusal.Status), strings.TrimSuffix(refusal.Message, noCode)
	}
	switch {
	case refusal.isThrottling():
		return retry.Throttled(refusal, after)
	case refusal.mayPass():
		return retry.Transient(refusal, after)
	}
	return refusal
}

// isThrottling tells whether there were too many calls. The codes are those of
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html.
func (r *Refusal) isThrottling() bool {
	switch r.Code {
	case "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException", "TooManyRequestsException",
		"RequestLimitExceeded", "PriorRequestNotComplete", "SlowDown", "BandwidthLimitExceeded":
		return true
	}
	return r.Status == http.StatusTooManyRequests
}

// mayPass tells whether the same call may succeed a moment later. The further codes are of the same list and of STS's own documentation.
func (r *Refusal) mayPass() bool {
	switch r.Code {
	case "RequestTimeout", "RequestTimeoutException", "IDPCommunicationError":
		return true
	case "InvalidIdentityToken":
		// STS did not reach the issuer's keys; the other texts of this code are refusals.
		return strings.HasPrefix(r.Message, "Couldn't retrieve verification key")
	}
	return r.isThrottling() || retry.StatusIsTransient(r.Status)
}

// noCode is what the SDK says for a code, and for a message, that is missing.
const noCode = "UnknownError"

var errNotSTS = &httpclient.GarbledError{Service: "AWS STS", Problem: "the answer is not one of AWS STS; a proxy or the endpoint may be wrong"}
