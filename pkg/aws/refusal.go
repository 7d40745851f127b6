package aws

import (
	"errors"
	"fmt"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"gatepass/pkg/httpclient"
	"gatepass/pkg/untrusted"
)

// Refusal is what AWS answered in place of credentials, cleaned for printing.
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
type Refusal struct {
	Code      string // such as AccessDenied
	Message   string
	Status    int    // of HTTP; 0 where it is not known
	RequestID string // AWS support asks for it
}

func (r *Refusal) Error() string {
	text := "AWS STS answered " + r.Code
	if r.Message != "" {
		text += ": " + r.Message
	}
	return fmt.Sprintf("%s (HTTP %d, request %s)", text, r.Status, r.RequestID)
}

// explain turns an error of the SDK into a Refusal, or into what kept the answer away.
func explain(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		refusal := &Refusal{Code: untrusted.Line(api.ErrorCode()), Message: untrusted.Line(api.ErrorMessage())}
		var response *awshttp.ResponseError
		if errors.As(err, &response) {
			refusal.Status, refusal.RequestID = response.HTTPStatusCode(), untrusted.Line(response.ServiceRequestID())
		}
		return refusal
	}
	var garbled *smithy.DeserializationError
	if errors.As(err, &garbled) {
		return errNotSTS
	}
	return fmt.Errorf("AWS STS was not reached: %w", httpclient.Fault(err))
}
