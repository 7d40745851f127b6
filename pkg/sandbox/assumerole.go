package sandbox

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"gatepass/pkg/trust"
	"gatepass/pkg/trust/awstrust"
)

const (
	assumeAction = "sts:AssumeRole"
	tagAction    = "sts:TagSession"
)

// maxChained is the longest session that a session may ask for.
const maxChained = time.Hour

// assumeRoleRequest is the request AssumeRole.
type assumeRoleRequest struct {
	assumption
	sessionTags
	externalID []string // one, or none
}

const externalIDPattern = `[\w+=,.@:\/-]*`

var externalIDForm = regexp.MustCompile(`\A` + externalIDPattern + `\z`)

func parseAssumeRole(form url.Values) (assumeRoleRequest, error) {
	request := assumeRoleRequest{externalID: form["ExternalId"]}
	var v violations
	if err := request.assumption.read(form, &v); err != nil {
		return request, err
	}
	if len(request.externalID) > 0 {
		v.length("externalId", request.externalID, 2, 1224, shown)
		v.matches("externalId", request.externalID, externalIDForm, externalIDPattern)
	}
	request.sessionTags.read(form, &v)
	if err := onlyParameters(form, "ExternalId", "Tags", "TransitiveTagKeys"); err != nil {
		return request, err
	}
	if err := request.assumption.check(form, v); err != nil {
		return request, err
	}
	return request, request.sessionTags.check()
}

// conditionKeys returns the condition keys of a request. Tags that the session
// inherits are not among aws:RequestTag.
func (r assumeRoleRequest) conditionKeys() map[string]string {
	keys := map[string]string{"sts:RoleSessionName": r.sessionName}
	if len(r.externalID) > 0 {
		keys["sts:ExternalId"] = r.externalID[0]
	}
	for _, tag := range r.tags {
		keys["aws:RequestTag/"+tag.key] = tag.value
	}
	return keys
}

// assumedRole is the answer to AssumeRole.
type assumedRole struct {
	XMLName xml.Name `xml:"AssumeRoleResult"`
	issuedSession
}

// assumeRole checks the signature first, and the role last:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
func (s *Sandbox) assumeRole(r *http.Request, x *Exchange) (any, error) {
	x.Detail = r.PostForm.Get("RoleArn")
	caller, err := s.authenticate(r, x)
	if err != nil {
		return nil, err
	}
	request, err := parseAssumeRole(r.PostForm)
	if err != nil {
		return nil, err
	}
	tags, err := request.with(caller.tags)
	if err != nil {
		return nil, err
	}
	role, err := s.assumable(caller, assumeAction, request)
	if err != nil {
		return nil, err
	}
	if len(tags) > 0 {
		if _, err := s.assumable(caller, tagAction, request); err != nil {
			return nil, err
		}
	}
	if caller.role != "" && request.duration > maxChained {
		return nil, refuse(http.StatusBadRequest, "ValidationError",
			"The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	}
	if err := role.allowsDuration(request.duration); err != nil {
		return nil, err
	}
	if err := pack(tags, s.config.AWS.PackedPolicyLimit); err != nil {
		return nil, err
	}
	return &assumedRole{issuedSession: s.openSession(request.assumption, role, tags)}, nil
}

// assumable returns the role if the caller may do the action on it. Within an
// account it is enough that the role trusts the caller; between accounts, or
// if the role trusts the whole account, the caller's own policies have to
// allow it, too:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
//
// AWS does not tell whether the role exists, nor between accounts which of the
// two policies lacks.
func (s *Sandbox) assumable(caller caller, action string, request assumeRoleRequest) (Role, error) {
	denied := func(reason string) error {
		return refuse(http.StatusForbidden, "AccessDenied", "User: %s is not authorized to perform: %s on resource: %s%s",
			caller.arn, action, request.role.text, reason)
	}
	role, ok := s.role(request.role.text)
	if !ok || caller.partition != request.role.partition {
		return role, denied("")
	}
	decision, err := s.ask(role, awstrust.Request{
		Action:  action,
		Caller:  caller.names(),
		Account: caller.accountNames(),
		Keys:    request.conditionKeys(),
	})
	if err != nil {
		return role, err
	}
	sameAccount := caller.account == request.role.account
	switch {
	case decision.Verdict == trust.Denied:
		return role, denied("")
	case caller.limited:
		return role, denied(" because no session policy allows the " + action + " action")
	case !decision.ByAccount && sameAccount, caller.may(action, request.role):
		return role, nil
	case sameAccount:
		return role, denied(" because no identity-based policy allows the " + action + " action")
	}
	return role, denied("")
}
