package sandbox

// AccessKey is what an access key's ID stands for. Whoever plays another of AWS's services verifies signatures with it.
type AccessKey struct {
	Holder       string // the ARN of the user, or of the session
	Secret       string
	SessionToken string // a session's; a user has none
}

// AccessKey returns what the ID of an access key stands for, if AWS still takes it.
func (s *Sandbox) AccessKey(id string) (AccessKey, bool) {
	found, ok := s.issued.caller(id)
	if !ok || !found.expires.IsZero() && !s.now().Before(found.expires) {
		return AccessKey{}, false
	}
	return AccessKey{found.arn, found.secretKey, found.token}, true
}

// Members returns whom IAM bindings may name to mean the bearer of a Google access token, and nobody if Google takes the token no more.
// Whoever plays another of Google's services asks this.
func (s *Sandbox) Members(accessToken string) []string {
	found, ok := s.issued.grant(accessToken)
	if !ok || !s.now().Before(found.expires) {
		return nil
	}
	return found.members
}
