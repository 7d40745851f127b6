package sandbox

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"net/http"
	"slices"
	"time"
)

// issuedSession is what the answers to the requests to assume a role have in common.
type issuedSession struct {
	RoleID          string `xml:"AssumedRoleUser>AssumedRoleId"`
	RoleARN         string `xml:"AssumedRoleUser>Arn"`
	AccessKeyID     string `xml:"Credentials>AccessKeyId"`
	SecretAccessKey string `xml:"Credentials>SecretAccessKey"`
	SessionToken    string `xml:"Credentials>SessionToken"`
	Expiration      string `xml:"Credentials>Expiration"`
}

func (s *Sandbox) role(arn string) (Role, bool) {
	at := slices.IndexFunc(s.config.AWS.Roles, func(r Role) bool { return r.ARN == arn })
	if at < 0 {
		return Role{}, false
	}
	return s.config.AWS.Roles[at], true
}

func (r Role) allowsDuration(duration time.Duration) error {
	if duration > r.maxSession() {
		return refuse(http.StatusBadRequest, "ValidationError",
			"The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return nil
}

// openSession issues credentials for a session of role with tags.
func (s *Sandbox) openSession(request assumption, role Role, tags []sessionTag) issuedSession {
	expires := s.now().Add(cmp.Or(role.SessionLifetime, request.duration))
	issued := issuedSession{
		RoleID:          iamID("AROA", role.ARN) + ":" + request.sessionName,
		RoleARN:         request.role.session(request.sessionName),
		AccessKeyID:     "ASIA" + base32.StdEncoding.EncodeToString(randomBytes(10)),
		SecretAccessKey: base64.StdEncoding.EncodeToString(randomBytes(30)),
		SessionToken:    base64.StdEncoding.EncodeToString(randomBytes(300)),
		Expiration:      expires.UTC().Format(time.RFC3339),
	}
	s.issued.addCaller(issued.AccessKeyID, caller{
		arn:            issued.RoleARN,
		userID:         issued.RoleID,
		partition:      request.role.partition,
		account:        request.role.account,
		secretKey:      issued.SecretAccessKey,
		token:          issued.SessionToken,
		expires:        expires,
		role:           role.ARN,
		tags:           transitive(tags),
		limited:        request.policies.any(),
		mayAssume:      role.MayAssume,
		mayTagSessions: role.MayTagSessions,
	})
	return issued
}

// iamID returns the unique id of an IAM resource. The prefix tells what it is:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
func iamID(prefix, arn string) string {
	hash := sha256.Sum256([]byte(arn))
	return prefix + base32.StdEncoding.EncodeToString(hash[:])[:17]
}
