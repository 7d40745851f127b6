package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

// parseGoogleRequest reads the JSON of a Google API's request. Google does not
// overlook a field that it does not know.
func parseGoogleRequest(body io.Reader, request any) error {
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(request)
	if err == nil || errors.Is(err, io.EOF) {
		return nil
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return invalidArgument("Invalid JSON payload received. Unknown name %s: Cannot find field.", name)
	}
	return invalidArgument("Invalid JSON payload received.")
}

func invalidArgument(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "INVALID_ARGUMENT", format, args...)
}

// errorInfo is the detail by which a program tells refusals apart:
// https://cloud.google.com/apis/design/errors#error_info
type errorInfo struct {
	Type     string            `json:"@type"`
	Reason   string            `json:"reason"`
	Domain   string            `json:"domain"`
	Metadata map[string]string `json:"metadata"`
}

const iamPermissionDenied = "IAM_PERMISSION_DENIED"

// permissionDenied refuses for want of one of the permissions on service accounts.
func permissionDenied(permission string) *refusal {
	permission = "iam.serviceAccounts." + permission
	return &refusal{
		status:  http.StatusForbidden,
		code:    "PERMISSION_DENIED",
		message: "Permission '" + permission + "' denied on resource (or it may not exist).",
		info: &errorInfo{
			Reason:   iamPermissionDenied,
			Domain:   "iam.googleapis.com",
			Metadata: map[string]string{"permission": permission},
		},
	}
}

// serviceDisabled refuses a call that counts for a project in which the API is
// disabled.
func serviceDisabled(project string) *refusal {
	return &refusal{
		status: http.StatusForbidden,
		code:   "PERMISSION_DENIED",
		message: "IAM Service Account Credentials API has not been used in project " + project + " before or it is disabled. " +
			"Enable it by visiting https://console.developers.google.com/apis/api/" + iamCredentialsAPI + "/overview?project=" + project + " then retry. " +
			"If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.",
		info: &errorInfo{
			Reason:   "SERVICE_DISABLED",
			Domain:   "googleapis.com",
			Metadata: map[string]string{"consumer": "projects/" + project, "service": iamCredentialsAPI},
		},
	}
}

const unauthenticatedMessage = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."

func unauthenticated() error {
	return refuse(http.StatusUnauthorized, "UNAUTHENTICATED", unauthenticatedMessage)
}

// writeGoogleAPI writes refusals as Google's APIs do:
// https://cloud.google.com/apis/design/errors#http_mapping
func writeGoogleAPI(w http.ResponseWriter, x Exchange, answer any, refused *refusal) {
	if refused != nil {
		status := map[string]any{"code": refused.status, "message": refused.message, "status": refused.code}
		if refused.info != nil {
			refused.info.Type = "type.googleapis.com/google.rpc.ErrorInfo"
			status["details"] = []*errorInfo{refused.info}
		}
		answer = map[string]any{"error": status}
	}
	writeJSON(w, x.Status, answer)
}
