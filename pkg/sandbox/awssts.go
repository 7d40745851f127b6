package sandbox

import (
	"encoding/xml"
	"net/http"
	"regexp"
	"strings"
)

const awsVersion = "2011-06-15"

// aws answers AWS STS's query API:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
func (s *Sandbox) aws(r *http.Request, x *Exchange) (any, error) {
	if err := r.ParseForm(); err != nil {
		return nil, refuse(http.StatusBadRequest, "MalformedQueryString", "The query string is malformed")
	}
	x.Call = r.PostForm.Get("Action")
	version := r.PostForm.Get("Version")
	switch {
	case version == awsVersion && x.Call == "AssumeRoleWithWebIdentity":
		return s.assumeRoleWithWebIdentity(r, x)
	case version == awsVersion && x.Call == "GetCallerIdentity":
		return s.getCallerIdentity(r, x)
	}
	if version == "" {
		version = "NO_VERSION_SPECIFIED"
	}
	return nil, refuse(http.StatusBadRequest, "InvalidAction", "Could not find operation %s for version %s", x.Call, version)
}

// callerIdentity is the answer to GetCallerIdentity.
type callerIdentity struct {
	XMLName xml.Name `xml:"GetCallerIdentityResult"`
	ARN     string   `xml:"Arn"`
	UserID  string   `xml:"UserId"`
	Account string   `xml:"Account"`
}

func (s *Sandbox) getCallerIdentity(r *http.Request, x *Exchange) (any, error) {
	session, err := s.authenticate(r)
	if err != nil {
		return nil, err
	}
	x.Detail = session.arn
	return &callerIdentity{ARN: session.arn, UserID: session.userID, Account: session.account}, nil
}

// authenticate finds the session that signed a request with Signature Version 4:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
func (s *Sandbox) authenticate(r *http.Request) (session, error) {
	authorization := r.Header.Get("Authorization")
	if authorization == "" {
		return session{}, refuse(http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	_, credential, _ := strings.Cut(authorization, "Credential=")
	accessKey, _, _ := strings.Cut(credential, "/")
	session, ok := s.issued.session(accessKey)
	if !ok || session.token != r.Header.Get("X-Amz-Security-Token") {
		return session, refuse(http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid.")
	}
	if !s.now().Before(session.expires) {
		return session, refuse(http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired")
	}
	return session, nil
}

// roleARN is the ARN of an IAM role, in its parts.
type roleARN struct {
	text      string
	partition string
	account   string
	name      string // without the path
}

var roleARNForm = regexp.MustCompile(`\Aarn:(aws[a-z-]*):iam::(\d{12}):role/(?:[!-~]+/)?([\w+=,.@-]{1,64})\z`)

func parseRoleARN(text string) (roleARN, error) {
	match := roleARNForm.FindStringSubmatch(text)
	if match == nil {
		return roleARN{}, refuse(http.StatusBadRequest, "ValidationError", "Request ARN is invalid")
	}
	return roleARN{text, match[1], match[2], match[3]}, nil
}

// provider returns the ARN that the provider for an issuer has in the role's account.
func (r roleARN) provider(issuer string) string {
	return "arn:" + r.partition + ":iam::" + r.account + ":oidc-provider/" + strings.TrimPrefix(issuer, "https://")
}

// session returns the ARN of a session of the role. It has the role's name, not its path.
func (r roleARN) session(name string) string {
	return "arn:" + r.partition + ":sts::" + r.account + ":assumed-role/" + r.name + "/" + name
}

// awsAnswer is the envelope of an answer.
type awsAnswer struct {
	XMLName   xml.Name
	Result    any
	RequestID string `xml:"ResponseMetadata>RequestId"`
}

// awsRefusal is the envelope of a refusal.
type awsRefusal struct {
	XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ ErrorResponse"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message,omitempty"`
	RequestID string   `xml:"RequestId"`
}

func writeAWS(w http.ResponseWriter, x Exchange, answer any, refused *refusal) {
	id := randomUUID()
	name := xml.Name{Space: "https://sts.amazonaws.com/doc/" + awsVersion + "/", Local: x.Call + "Response"}
	var body any = awsAnswer{XMLName: name, Result: answer, RequestID: id}
	if refused != nil {
		fault := "Sender"
		if refused.status >= http.StatusInternalServerError {
			fault = "Receiver"
		}
		body = awsRefusal{Type: fault, Code: refused.code, Message: refused.message, RequestID: id}
	}
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("x-amzn-RequestId", id)
	w.WriteHeader(x.Status)
	// An error here is a client that has gone.
	_ = xml.NewEncoder(w).Encode(body)
}
