package sandbox

import (
	"io"
	"net/http"
	"regexp"
	"slices"
	"time"

	"gatepass/pkg/trust/awstrust"
)

// caller is whom an access key stands for: an IAM user, or a session of a role.
type caller struct {
	arn       string
	userID    string
	partition string
	account   string

	secretKey string
	token     string    // a session's; a user has none
	expires   time.Time // zero for a user, whose key does not expire

	role           string       // the ARN of the session's role
	tags           []sessionTag // those of the session that its own sessions inherit
	limited        bool         // by session policies
	mayAssume      []string
	mayTagSessions bool
}

var secretKeyForm = regexp.MustCompile(`\A[A-Za-z0-9/+]{40}\z`)

// newUser returns a user, whose ARN is known to be one.
func newUser(user User) caller {
	match := userARNForm.FindStringSubmatch(user.ARN)
	return caller{
		arn:            user.ARN,
		userID:         iamID("AIDA", user.ARN),
		partition:      match[1],
		account:        match[2],
		secretKey:      user.SecretAccessKey,
		mayAssume:      user.MayAssume,
		mayTagSessions: user.MayTagSessions,
	}
}

// authenticate finds the caller that signed a request.
func (s *Sandbox) authenticate(r *http.Request, x *Exchange) (caller, error) {
	if r.Header.Get("Authorization") == "" {
		return caller{}, refuse(http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	signature, err := parseSignature(r.Header)
	if err != nil {
		return caller{}, err
	}
	if err := signature.check(r.Header, s.now()); err != nil {
		return caller{}, err
	}
	found, ok := s.issued.caller(signature.accessKey)
	// A partition knows nothing of the keys of another.
	if !ok || found.token != r.Header.Get("X-Amz-Security-Token") || found.partition != partitionOf(signature.region) {
		return caller{}, refuse(http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid.")
	}
	if !found.expires.IsZero() && !s.now().Before(found.expires) {
		return caller{}, refuse(http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return caller{}, err
	}
	if err := signature.verify(r, body, found.secretKey); err != nil {
		return caller{}, err
	}
	x.Caller = found.arn
	if slices.Contains(s.config.AWS.DisabledRegions, signature.region) {
		return caller{}, refuse(http.StatusForbidden, "RegionDisabledException", "STS is not activated in this region for account:%s. "+
			"Your account administrator can activate STS in this region using the IAM Console.", found.account)
	}
	return found, nil
}

// names returns how a policy may name the caller itself.
func (c caller) names() []string {
	if c.role == "" {
		return []string{c.arn}
	}
	return []string{c.arn, c.role}
}

// accountNames returns how a policy may name the caller's account.
func (c caller) accountNames() []string {
	return []string{"arn:" + c.partition + ":iam::" + c.account + ":root", c.account}
}

// may reports whether the caller's own policies allow an action on a role.
func (c caller) may(action string, role roleARN) bool {
	if action == tagAction && !c.mayTagSessions {
		return false
	}
	return slices.ContainsFunc(c.mayAssume, func(like string) bool {
		return awstrust.Like(like, role.text)
	})
}
