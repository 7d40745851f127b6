package sandbox

import (
	"net/http"
)

// What the faults of the token endpoints may call them, which are both "token"
// to an observer.
const (
	stsCall   = "token"
	oauthCall = "oauth2/token"
)

// canonical is what Google's APIs say with a status that says why by itself:
// https://cloud.google.com/apis/design/errors#handling_errors
var canonical = map[int]struct{ code, message string }{
	http.StatusBadRequest:          {"INVALID_ARGUMENT", "Request contains an invalid argument."},
	http.StatusUnauthorized:        {"UNAUTHENTICATED", unauthenticatedMessage},
	http.StatusForbidden:           {"PERMISSION_DENIED", "The caller does not have permission"},
	http.StatusNotFound:            {"NOT_FOUND", "Requested entity was not found."},
	http.StatusConflict:            {"ABORTED", "The operation was aborted."},
	http.StatusTooManyRequests:     {"RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."},
	http.StatusInternalServerError: {"INTERNAL", "Internal error encountered."},
	http.StatusServiceUnavailable:  {"UNAVAILABLE", "The service is currently unavailable."},
	http.StatusGatewayTimeout:      {"DEADLINE_EXCEEDED", "Deadline expired before operation could complete."},
}

// googleFault returns the fault that a call is to fail with, and nil if it is not to.
func (s *Sandbox) googleFault(call string) error {
	fault, ok := s.googleFaults.next(call)
	if !ok {
		return nil
	}
	if call == stsCall || call == oauthCall {
		// RFC 6749 has no codes for these statuses, and nobody has quoted Google's.
		code := "invalid_request"
		if fault.Status == http.StatusTooManyRequests || fault.Status >= http.StatusInternalServerError {
			code = "temporarily_unavailable"
		}
		return fault.refusal(code, "")
	}
	usual, ok := canonical[fault.Status]
	if !ok {
		usual.code = "UNKNOWN"
	}
	refused := fault.refusal(usual.code, usual.message)
	switch fault.Reason {
	case "":
	case iamPermissionDenied:
		denied := permissionDenied(permissionOf[call])
		refused.info = denied.info
		if fault.Message == "" {
			refused.message = denied.message
		}
	default:
		refused.info = &errorInfo{Reason: fault.Reason, Domain: "googleapis.com", Metadata: map[string]string{"service": iamCredentialsAPI}}
	}
	return refused
}
