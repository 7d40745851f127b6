package inputs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gatepass/pkg/lazyregexp"
)

// AWSRole is the role to assume, and what its session is to be like.
type AWSRole struct {
	ARN               string // or, where the credentials that ask for it tell the account, its name with its path
	SessionName       string
	Duration          time.Duration // 15 minutes to 12 hours, in whole seconds
	ExternalID        string
	Policy            string // JSON that narrows the role
	PolicyARNs        []string
	Tags              []Tag
	TransitiveTagKeys []string // of Tags
}

// The forms and limits are those of the STS API reference, AssumeRole and AssumeRoleWithWebIdentity, and of "IAM identifiers" in the IAM
// User Guide.
var (
	roleARNForm    = lazyregexp.New(`^arn:(aws[a-z-]*):iam::([0-9]{12}):role/[\w+=,.@/-]{1,512}$`)
	roleNameForm   = lazyregexp.New(`^[\w+=,.@/-]{1,512}$`)
	externalIDForm = lazyregexp.New(`^[\w+=,.@:/-]*$`)
	policyARNForm  = lazyregexp.New(`^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[\w+=,.@/-]{1,512}$`)
)

const (
	shortestSession = 15 * time.Minute
	longestSession  = 12 * time.Hour
	mostPolicies    = 10
	longestPolicy   = 2048
)

// Account is the account in the role's ARN, or nothing where it is a name.
func (r AWSRole) Account() string {
	if parts := roleARNForm().FindStringSubmatch(r.ARN); parts != nil {
		return parts[2]
	}
	return ""
}

// role reads what a session is to be like. The region tells the partition, which the role's must be.
func (r *reader) role(source AWSSource, partition string) *AWSRole {
	arn := r.roleARN(source, partition)
	role := r.session()
	role.ARN = arn
	return &role
}

// session reads what sessions are to be like, of whatever role.
func (r *reader) session() AWSRole {
	role := AWSRole{
		SessionName: r.sessionName(),
		Duration:    r.sessionDuration(),
		ExternalID:  r.externalID(),
		Tags:        r.sessionTags(),
	}
	role.Policy, role.PolicyARNs = r.policies()
	keys := r.list("transitive-tag-keys")
	for _, tag := range role.Tags { // AWS refuses keys of no tag
		if slices.Contains(keys, tag.Key) {
			role.TransitiveTagKeys = append(role.TransitiveTagKeys, tag.Key)
		}
	}
	return role
}

func (r *reader) roleARN(source AWSSource, partition string) string {
	const input = "role-to-assume"
	role := r.text(input)
	isName := !strings.HasPrefix(role, "arn:") && roleNameForm().MatchString(role)
	switch {
	case isName && (source == FromGitHub || source == FromTokenFile):
		r.fault(input, "%s is a role's name; a sign-in with an ID token needs its whole ARN, %s", quote(role), wantARN)
	case isName:
	default:
		if problem := roleProblem(role, partition, "aws-region"); problem != "" {
			r.fault(input, "%s", problem)
		}
	}
	return role
}

const wantARN = "arn:aws:iam::<account>:role/<name>"

// roleProblem says what is wrong with a role's ARN, or nothing. The partition is that of a region, which errors call what region says.
func roleProblem(arn, partition, region string) string {
	parts := roleARNForm().FindStringSubmatch(arn)
	switch {
	case strings.HasPrefix(arn, "arn:") && strings.Contains(arn, ":iam:::role/"):
		return fmt.Sprintf("%s names no account; the expression that is to give its 12 digits is empty", quote(arn))
	case parts == nil:
		return fmt.Sprintf("%s is not the ARN of a role; one looks like %s, with the account's 12 digits", quote(arn), wantARN)
	case partition != "" && parts[1] != partition:
		return fmt.Sprintf("%s is in partition %s, but %s is in %s", quote(arn), parts[1], region, partition)
	}
	return ""
}

func (r *reader) sessionDuration() time.Duration {
	const input = "role-duration-seconds"
	seconds := r.number(input, 3600, int(shortestSession/time.Second), int(longestSession/time.Second))
	return time.Duration(seconds) * time.Second
}

func (r *reader) externalID() string {
	id := r.text("role-external-id")
	if id != "" && (len(id) < 2 || len(id) > 1224 || !externalIDForm().MatchString(id)) {
		r.fault("role-external-id", "%s is not an external ID; one has 2 to 1224 characters of A-Z a-z 0-9 _ + = , . @ : / -", quote(id))
	}
	return id
}

// policies reads the session policies. AWS counts their characters together.
func (r *reader) policies() (inline string, managed []string) {
	const input, managedInput = "inline-session-policy", "managed-session-policies"
	inline, managed = r.raw(input), r.lines(managedInput)
	var object map[string]any
	if inline != "" && json.Unmarshal([]byte(inline), &object) != nil {
		r.fault(input, `is not JSON; write a policy such as {"Version": "2012-10-17", "Statement": [...]}`)
	}
	if len(managed) > mostPolicies {
		r.fault(managedInput, "has %d policies; AWS takes %d", len(managed), mostPolicies)
	}
	size := utf8.RuneCountInString(inline)
	for _, arn := range managed {
		if !policyARNForm().MatchString(arn) {
			r.fault(managedInput, "%s is not the ARN of a managed policy; one looks like arn:aws:iam::aws:policy/ReadOnlyAccess", quote(arn))
		}
		size += utf8.RuneCountInString(arn)
	}
	if size > longestPolicy {
		r.fault(input, "has %d characters together with managed-session-policies; AWS takes %d", size, longestPolicy)
	}
	return inline, managed
}
