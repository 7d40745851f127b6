package inputs

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The forms are those of the STS API reference: AssumeRoleWithWebIdentity, and of "IAM identifiers" in the IAM User Guide.
var (
	regionForm      = regexp.MustCompile(`^[a-z]{2,}(-[a-z0-9]+)+-[0-9]+$`)
	roleARNForm     = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]{1,512}$`)
	roleNameForm    = regexp.MustCompile(`^[\w+=,.@/-]+$`)
	sessionNameForm = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

const (
	awsAudience         = "sts.amazonaws.com"
	shortestAWSDuration = 900
	longestAWSDuration  = 43200
)

func (r *reader) aws() *AWS {
	in := &AWS{
		Region:            r.region(),
		RoleARN:           r.roleARN(),
		Audience:          r.text("audience"),
		SessionName:       r.sessionName(),
		Duration:          r.awsDuration(),
		OutputCredentials: r.awsBoolean("output-credentials"),
		Endpoint:          r.endpoint("AWS_ENDPOINT_URL_STS"),
	}
	if in.Audience == "" {
		in.Audience = awsAudience
	}
	return in
}

func (r *reader) region() string {
	region := r.text("aws-region")
	switch {
	case region == "":
		r.fault("aws-region", "is missing; set it to the region that later steps work in, such as eu-central-1")
	case !regionForm.MatchString(region):
		r.fault("aws-region", "%s is not a region; one looks like eu-central-1", quote(region))
	}
	return region
}

func (r *reader) roleARN() string {
	const want = "arn:aws:iam::<account>:role/<name>"
	role := r.text("role-to-assume")
	switch {
	case role == "":
		r.fault("role-to-assume", "is missing; set it to the ARN of the role, %s", want)
	case roleARNForm.MatchString(role):
	case !strings.HasPrefix(role, "arn:") && roleNameForm.MatchString(role):
		r.fault("role-to-assume", "%s is a role's name; a sign-in with GitHub's token needs its whole ARN, %s", quote(role), want)
	default:
		r.fault("role-to-assume", "%s is not the ARN of a role; one looks like %s, with the account's 12 digits", quote(role), want)
	}
	return role
}

func (r *reader) sessionName() string {
	name := r.text("role-session-name")
	if name == "" {
		return declared["role-session-name"].Default
	}
	if !sessionNameForm.MatchString(name) {
		r.fault("role-session-name", "%s is not a session name; one has 2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -", quote(name))
	}
	return name
}

func (r *reader) awsDuration() time.Duration {
	text := r.text("role-duration-seconds")
	if text == "" {
		text = declared["role-duration-seconds"].Default
	}
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < shortestAWSDuration || seconds > longestAWSDuration {
		r.fault("role-duration-seconds", "%s is not a duration; it is a number of seconds from %d to %d", quote(text), shortestAWSDuration, longestAWSDuration)
	}
	return time.Duration(seconds) * time.Second
}
