package trust

// Verdict is what a policy says to a token, or to a request with one. The zero value is the strict one.
type Verdict int

// A token is denied, or only the cloud knows, which is not a yes, or it is allowed. The least of several is what they say together.
const (
	Denied Verdict = iota
	Unknown
	Allowed
)

func (v Verdict) String() string { return [...]string{"denied", "unknown", "allowed"}[v] }
