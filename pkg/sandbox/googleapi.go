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

// writeGoogleAPI writes refusals as Google's APIs do:
// https://cloud.google.com/apis/design/errors#http_mapping
func writeGoogleAPI(w http.ResponseWriter, x Exchange, answer any, refused *refusal) {
	if refused != nil {
		status := map[string]any{"code": refused.status, "message": refused.message, "status": refused.code}
		if refused.permission != "" {
			status["details"] = []any{map[string]any{
				"@type":    "type.googleapis.com/google.rpc.ErrorInfo",
				"reason":   "IAM_PERMISSION_DENIED",
				"domain":   "iam.googleapis.com",
				"metadata": map[string]string{"permission": refused.permission},
			}}
		}
		answer = map[string]any{"error": status}
	}
	writeJSON(w, x.Status, answer)
}
