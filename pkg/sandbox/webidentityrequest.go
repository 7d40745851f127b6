package sandbox

import (
	"net/url"
)

// webIdentityRequest is the request AssumeRoleWithWebIdentity.
type webIdentityRequest struct {
	assumption
	token string
}

func parseWebIdentityRequest(form url.Values) (webIdentityRequest, error) {
	request := webIdentityRequest{token: form.Get("WebIdentityToken")}
	var v violations
	if err := request.read(form, &v); err != nil {
		return request, err
	}
	v.length("webIdentityToken", form["WebIdentityToken"], 4, 20000, hidden)
	if err := onlyParameters(form, "WebIdentityToken"); err != nil {
		return request, err
	}
	return request, request.check(form, v)
}
