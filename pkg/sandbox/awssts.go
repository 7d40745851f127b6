package sandbox

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
)

const awsVersion = "2011-06-15"

// aws answers AWS STS's query API:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
func (s *Sandbox) aws(r *http.Request, x *Exchange) (any, error) {
	malformed := refuse(http.StatusBadRequest, "MalformedQueryString", "The query string is malformed")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, malformed
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err := r.ParseForm(); err != nil {
		return nil, malformed
	}
	r.Body = io.NopCloser(bytes.NewReader(body)) // A signature is over all of it.
	x.Call, x.Parameters = r.PostForm.Get("Action"), withoutSecrets(r.PostForm)
	if fault, ok := s.awsFaults.next(x.Call); ok {
		return nil, fault.refusal("ServiceUnavailable", "")
	}
	if err := s.throttle.take(s.now()); err != nil {
		return nil, err
	}
	version := r.PostForm.Get("Version")
	if version == awsVersion {
		switch x.Call {
		case "AssumeRoleWithWebIdentity":
			return s.assumeRoleWithWebIdentity(r, x)
		case "AssumeRole":
			return s.assumeRole(r, x)
		case "GetCallerIdentity":
			return s.getCallerIdentity(r, x)
		}
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
	caller, err := s.authenticate(r, x)
	if err != nil {
		return nil, err
	}
	x.Detail = caller.arn
	return &callerIdentity{ARN: caller.arn, UserID: caller.userID, Account: caller.account}, nil
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

func (s *Sandbox) writeAWS(w http.ResponseWriter, x Exchange, answer any, refused *refusal) {
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
	// By this a client finds out that its own clock is wrong.
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
	w.WriteHeader(x.Status)
	// An error here is a client that has gone.
	_ = xml.NewEncoder(w).Encode(body)
}
