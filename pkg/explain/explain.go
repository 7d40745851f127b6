// Package explain turns a refusal into what it means for this job and the one thing to change.
//
// It is a table of causes, [causes], and knows no more than its caller tells: the answer, the token's claims, the step's inputs, and what
// the runner says about the job. It asks nobody and reads no file. Another cause is another entry of the table and another file of
// testdata.
package explain

import (
	"fmt"
	"strings"
	"time"

	"gatepass/pkg/inputs"
	"gatepass/pkg/trust"
	"gatepass/pkg/trust/awstrust"
)

// Case is a sign-in to one cloud, or no more than GitHub's token, mostly one that failed, and all that is known about it. All its texts are
// cleaned for printing (gatepass/pkg/untrusted), which is for the caller to do.
type Case struct {
	Refusal Refusal
	Job     Job
	// Claims are those of the ID token that was sent, as the token says them. Nil where none was.
	Claims trust.Claims
	// AWS or Google is what was asked for; nil for the other one, and both where it was GitHub's token itself.
	AWS    *inputs.AWS
	Google *inputs.Google
	// Policy is the role's trust policy, and Provider the workload identity provider, where the step names a file with it: aws-trust-policy,
	// google-provider. Their texts are as they are in the file, and are cleaned where an explanation shows them.
	Policy   *awstrust.Policy
	Provider *trust.GoogleProvider
}

// Refusal is what a service answered, cleaned for printing. The zero value is for a sign-in that succeeded.
type Refusal struct {
	Service   string // one of the services below
	Code      string // such as AccessDenied, invalid_grant or PERMISSION_DENIED, or one of those below
	Message   string
	Status    int    // of HTTP; 0 where it is not known
	RequestID string // AWS support asks for it

	// Reason and Metadata are google.rpc.ErrorInfo's, such as IAM_PERMISSION_DENIED and permission, consumer, service:
	// https://docs.cloud.google.com/apis/design/errors#error_info
	Reason   string
	Metadata map[string]string

	// Date is when the service answered, by its own clock (the header of RFC 9110, section 6.6.1), and Skew how far the runner's clock was
	// ahead of it. Both are zero where the answer does not say.
	Date time.Time
	Skew time.Duration
}

// The services that refuse.
const (
	GitHub         = "GitHub"
	AWSSTS         = "AWS STS"
	GoogleSTS      = "Google STS"
	IAMCredentials = "Google's IAM Credentials API"
	GoogleOAuth    = "Google OAuth"
)

// The codes of what is no service's answer.
const (
	// NoPermission: the runner gave the job neither ACTIONS_ID_TOKEN_REQUEST_URL nor _TOKEN, so GitHub was not asked.
	NoPermission = "no permission"
	// Unreached: there was no answer. Message says what was wrong, such as "no such host".
	Unreached = "unreached"
	// NotTried: AWS was not asked, as the session that was to assume the role is missing. Message says which.
	NotTried = "not tried"
	// NotItsAnswer: there was an answer, but none that the service gives. Message says how it is different.
	NotItsAnswer = "not its answer"
)

// Job is what the runner says about the job, in its variables and cleaned for printing. What it does not say is empty.
type Job struct {
	Name              string // GITHUB_JOB, its key in the workflow
	EventName         string // GITHUB_EVENT_NAME
	Actor             string // GITHUB_ACTOR
	Repository        string // GITHUB_REPOSITORY
	RepositoryID      string // GITHUB_REPOSITORY_ID
	RepositoryOwner   string // GITHUB_REPOSITORY_OWNER
	RepositoryOwnerID string // GITHUB_REPOSITORY_OWNER_ID
	Ref               string // GITHUB_REF
	RunnerEnvironment string // RUNNER_ENVIRONMENT
	ServerURL         string // GITHUB_SERVER_URL
	// WorkflowRef is GITHUB_WORKFLOW_REF, the workflow that was started. JobWorkflowRef is the one that the job is written in, which is
	// another where it is called. Only an expression has it, so an input's default: ${{ job.workflow_ref }}.
	// https://docs.github.com/actions/reference/workflows-and-actions/contexts#job-context
	WorkflowRef    string
	JobWorkflowRef string
	// Fork says that a pull request comes from another repository: in the file GITHUB_EVENT_PATH, pull_request.head.repo.full_name is not
	// pull_request.base.repo.full_name.
	Fork bool
}

// Explanation is what a refusal means here.
type Explanation struct {
	// Meaning is one sentence.
	Meaning string
	// Fix is the one thing to change, and Paste what to put there or to run, a line each.
	Fix   string
	Paste []string
	// Others are further causes that the evidence cannot tell from the first, the likelier ones first.
	Others []Explanation
}

// cause is one reason for a refusal.
type cause struct {
	name    string
	odds    func(Case) odds
	explain func(Case) Explanation
}

// Explain goes through the causes in their order. It stops at the first one that is certain; before that, each that may be is one more
// explanation. There is none for what no cause fits.
func Explain(c Case) (explanation Explanation, ok bool) {
	var found []Explanation
	for _, cause := range fitting(c) {
		found = append(found, cause.explain(c))
	}
	if len(found) == 0 {
		return Explanation{}, false
	}
	found[0].Others = found[1:]
	return found[0], true
}

func fitting(c Case) (fit []cause) {
	for _, cause := range causes {
		odds := cause.odds(c)
		if odds != no {
			fit = append(fit, cause)
		}
		if odds == certain {
			break
		}
	}
	return fit
}

// Text is the explanation as a log shows it, below the answer.
func (e Explanation) Text() string {
	var text strings.Builder
	e.write(&text)
	if len(e.Others) > 0 {
		text.WriteString("\nIf that is not it:\n")
	}
	for _, other := range e.Others {
		text.WriteString("- " + other.Meaning + " " + other.Fix + "\n")
		other.writePaste(&text)
	}
	return strings.TrimSuffix(text.String(), "\n")
}

func (e Explanation) write(text *strings.Builder) {
	fmt.Fprintln(text, e.Meaning)
	fmt.Fprintln(text, e.Fix)
	e.writePaste(text)
}

func (e Explanation) writePaste(text *strings.Builder) {
	for _, paste := range e.Paste {
		for line := range strings.Lines(paste) {
			text.WriteString("    " + strings.TrimSuffix(line, "\n") + "\n")
		}
	}
}

// claim is a claim of the token that was sent, or nothing.
func (c Case) claim(name string) string { return c.Claims.Text(name) }
