package google

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"google.golang.org/api/googleapi"

	"gatepass/pkg/httpclient"
	"gatepass/pkg/retry"
	"gatepass/pkg/untrusted"
)

// Refusal is what Google answered in place of a token, cleaned for printing.
type Refusal struct {
	API     string // such as Google STS
	Code    string // invalid_grant of OAuth (RFC 6749, section 5.2), PERMISSION_DENIED of Google's APIs (google.rpc.Code)
	Message string
	Status  int // of HTTP

	// Reason and Metadata are google.rpc.ErrorInfo's, such as IAM_PERMISSION_DENIED and permission, consumer, service:
	// https://docs.cloud.google.com/apis/design/errors#error_info
	Reason   string
	Metadata map[string]string

	// Date is when Google answered, by its own clock, and Skew how far this machine's was ahead of it.
	Date time.Time
	Skew time.Duration
}

func (r *Refusal) Error() string {
	text := r.API + " answered"
	if r.Code != "" {
		text += " " + r.Code + ":"
	}
	if r.Message != "" {
		text += " " + r.Message
	}
	return fmt.Sprintf("%s (HTTP %d)", text, r.Status)
}

// call makes a call, and makes it again after a passing fault. The generated clients do not retry.
func call[T any](ctx context.Context, c Client, api string, do func(...googleapi.CallOption) (T, error)) (T, error) {
	var answer T
	err := retry.Do(ctx, c.Retry, func(context.Context) (err error) {
		answer, err = do()
		return c.explain(api, err)
	})
	return answer, err
}

// A binding that was just made may take a moment to hold; nothing tells that from one that is missing. So a permission that is denied is
// asked for again, but no other refusal is. https://docs.cloud.google.com/iam/docs/access-change-propagation
const propagation = time.Second

// explain turns an error of a generated client into a Refusal, or into what kept the answer away, and marks it where it may pass.
func (c Client) explain(api string, err error) error {
	if err == nil {
		return nil
	}
	var answer *googleapi.Error
	if errors.As(err, &answer) {
		refusal := parse(answer.Body)
		refusal.API, refusal.Status = api, answer.Code
		refusal.Date, refusal.Skew = httpclient.Clock(answer.Header, c.Now())
		if refusal.Reason == "IAM_PERMISSION_DENIED" {
			return retry.Briefly(refusal, propagation)
		}
		return retry.ByStatus(refusal, answer.Code, answer.Header)
	}
	var unanswered *url.Error
	if !errors.As(err, &unanswered) { // what came is not what the client can read, which half an answer is not either
		return retry.Briefly(notGoogle(api), 0)
	}
	return httpclient.Unreached(api, err)
}

func notGoogle(api string) error {
	return &httpclient.GarbledError{Service: api, Problem: "the answer is not one of Google's; a proxy or the endpoint may be wrong"}
}

// parse reads both shapes of Google's errors: {"error": "…", "error_description": "…"} of the STS and OAuth endpoints, and
// {"error": {"status": "…", "message": "…"}} of the others (https://google.aip.dev/193). Anything else is quoted.
func parse(body string) *Refusal {
	var oauth struct {
		Error            string
		ErrorDescription string `json:"error_description"`
	}
	if json.Unmarshal([]byte(body), &oauth) == nil && oauth.Error != "" {
		return &Refusal{Code: untrusted.Line(oauth.Error), Message: untrusted.Line(oauth.ErrorDescription)}
	}
	var api struct {
		Error struct {
			Status, Message string
			Details         []struct {
				Reason   string
				Metadata map[string]string
			}
		}
	}
	if json.Unmarshal([]byte(body), &api) == nil && api.Error.Message != "" {
		refusal := &Refusal{Code: untrusted.Line(api.Error.Status), Message: untrusted.Line(api.Error.Message)}
		for _, detail := range api.Error.Details {
			if detail.Reason != "" && refusal.Reason == "" { // the one detail of type ErrorInfo
				refusal.Reason, refusal.Metadata = untrusted.Line(detail.Reason), clean(detail.Metadata)
			}
		}
		return refusal
	}
	return &Refusal{Message: untrusted.Line(body)}
}

func clean(metadata map[string]string) map[string]string {
	cleaned := make(map[string]string, len(metadata))
	for name, value := range metadata {
		cleaned[untrusted.Line(name)] = untrusted.Line(value)
	}
	return cleaned
}
