// Package explain turns a refusal into what it means for this job and the one thing to change.
//
// It is a table of causes, [causes], and knows no more than its caller tells: the answer, the token's claims, the step's inputs, and what the
// runner says about the job. It asks nobody and reads no file. Another cause is another entry of the table and another file of testdata.
package explain

import (
	"fmt"
	"strings"
	"time"

	"gatepass/pkg/inputs"
	"gatepass/pkg/trust"
)

// Case is a sign-in that failed, and all that is known about it. Its texts come from claims, branch names and answers, and are cleaned for
// printing before they are here.
type Case struct {
	Refusal Refusal
	Job     Job
	// Claims are those of the ID token that was sent, as the token says them. Nil where none was.
	Claims trust.Claims
	// AWS or Google is what was asked for; nil for the other one.
	AWS    *inputs.AWS
	Google *inputs.Google
}

// Refusal is what a service answered, or what came in place of its answer.
type Refusal struct {
	Service   string // one of the services below
	Fault     Fault  // empty where the service has answered
	Code      string // such as AccessDenied, invalid_grant or PERMISSION_DENIED
	Message   string
	Status    int    // of HTTP; 0 where nobody has answered
	RequestID string // AWS support asks for it
	Reason    string // google.rpc.ErrorInfo's, such as IAM_PERMISSION_DENIED
	// Ahead is how far the service's clock is ahead of this machine's, by the answer's Date header; 0 where it does not say.
	Ahead time.Duration
}

// Fault is what came in place of a service's answer.
type Fault string

// The faults.
const (
	NoPermission Fault = "no permission" // the runner gives the job no way to ask GitHub for an ID token
	NoHost       Fault = "no host"       // the service's name does not exist
	Unreached    Fault = "unreached"     // the network, or no answer in time
	Garbled      Fault = "garbled"       // an answer, but none of the service's; a proxy may have given it
)

// The services that refuse.
const (
	GitHub         = "GitHub"
	AWSSTS         = "AWS STS"
	GoogleSTS      = "Google STS"
	IAMCredentials = "Google's IAM Credentials API"
	GoogleOAuth    = "Google OAuth"
)

// Job is what the runner says about the job, in its variables and in the event's file.
type Job struct {
	EventName    string // GITHUB_EVENT_NAME
	Ref          string // GITHUB_REF
	Repository   string // GITHUB_REPOSITORY
	RepositoryID string // GITHUB_REPOSITORY_ID
	OwnerID      string // GITHUB_REPOSITORY_OWNER_ID
	Actor        string // GITHUB_ACTOR, dependabot[bot] in Dependabot's runs
	ServerURL    string // GITHUB_SERVER_URL, https://github.com or that of an enterprise
	Workflow     string // GITHUB_WORKFLOW_REF, the workflow of the run: octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main
	// Called is the reusable workflow that the job is defined in, as Workflow; empty where it is in Workflow itself, or not known.
	Called string
	// Fork is the repository that a pull request comes from, where that is a fork; from the event's file.
	Fork string
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

// odds is how far the evidence speaks for a cause.
type odds int

const (
	no odds = iota
	maybe
	certain
)

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
	for _, cause := range causes {
		odds := cause.odds(c)
		if odds != no {
			found = append(found, cause.explain(c))
		}
		if odds == certain {
			break
		}
	}
	if len(found) == 0 {
		return Explanation{}, false
	}
	found[0].Others = found[1:]
	return found[0], true
}

// Text is the explanation as a log shows it, below the answer.
func (e Explanation) Text() string {
	var text strings.Builder
	e.write(&text)
	if len(e.Others) > 0 {
		text.WriteString("If that is not it:\n")
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
	for line := range strings.SplitSeq(strings.Join(e.Paste, "\n"), "\n") {
		if line != "" {
			fmt.Fprintln(text, "    "+line)
		}
	}
}

// claim is a claim's text, or nothing.
func (c Case) claim(name string) string {
	value, _ := c.Claims[name].(string)
	return value
}
