package step

import (
	"errors"
	"fmt"

	"gatepass/pkg/aws"
	"gatepass/pkg/explain"
	"gatepass/pkg/google"
	"gatepass/pkg/httpclient"
	"gatepass/pkg/idtoken"
	"gatepass/pkg/inputs"
)

// attempt is the sign-in to one cloud.
type attempt struct {
	what string // as who, and where
	// known is all that may explain a refusal. Without one it has none, be the sign-in successful or at fault in some other way.
	known explain.Case
	err   error
}

// failed notes why an attempt failed.
func (a *attempt) failed(err error) {
	a.err = err
	a.known.Refusal = refusalOf(err)
}

// refusalOf is what a service has answered, or what came in place of its answer.
func refusalOf(err error) explain.Refusal {
	var (
		byAWS     *aws.Refusal
		byGoogle  *google.Refusal
		byGitHub  *idtoken.Refusal
		unreached *httpclient.UnreachedError
		garbled   *httpclient.GarbledError
	)
	switch {
	case errors.As(err, &byAWS):
		return explain.Refusal{
			Service: explain.AWSSTS, Code: byAWS.Code, Message: byAWS.Message, Status: byAWS.Status, RequestID: byAWS.RequestID,
			Date: byAWS.Date, Skew: byAWS.Skew,
		}
	case errors.As(err, &byGoogle):
		return explain.Refusal{
			Service: byGoogle.API, Code: byGoogle.Code, Message: byGoogle.Message, Status: byGoogle.Status, Reason: byGoogle.Reason, Metadata: byGoogle.Metadata,
			Date: byGoogle.Date, Skew: byGoogle.Skew,
		}
	case errors.As(err, &byGitHub):
		return explain.Refusal{Service: explain.GitHub, Message: byGitHub.Message, Status: byGitHub.Status}
	case errors.Is(err, idtoken.ErrNoPermission):
		return explain.Refusal{Service: explain.GitHub, Code: explain.NoPermission}
	case errors.As(err, &unreached):
		return explain.Refusal{Service: unreached.Service, Code: explain.Unreached, Message: unreached.Cause.Error()}
	case errors.As(err, &garbled):
		return explain.Refusal{Service: garbled.Service, Code: explain.NotItsAnswer, Message: garbled.Problem}
	}
	return explain.Refusal{}
}

func (a attempt) isRefused() bool { return a.known.Refusal.Service != "" }

// failure joins what went wrong with attempts and what that means. What all of them mean, as where GitHub gives no token, is told once.
func failure(when inputs.Explain, attempts []attempt) error {
	var errs []error
	told := ""
	for _, a := range attempts {
		if a.err == nil {
			continue
		}
		meaning := meaning(when, a)
		if meaning == told {
			meaning = ""
		} else if meaning != "" {
			told = meaning
		}
		errs = append(errs, fmt.Errorf("%s: %w%s", a.what, a.err, meaning))
	}
	return errors.Join(errs...)
}

// withoutToken is the fault of a step that needs an ID token and cannot ask for one.
func (s Step) withoutToken(p plan) error {
	a := attempt{known: explain.Case{Job: s.job(), AWS: p.AWS, Google: p.Google}}
	a.failed(p.githubErr)
	s.summarize(p, []attempt{a})
	return fmt.Errorf("%w%s", a.err, meaning(p.Explain, a))
}

// meaning is what a refusal means, in a paragraph of its own.
func meaning(when inputs.Explain, a attempt) string {
	if when == inputs.Never || !a.isRefused() {
		return ""
	}
	if explanation, ok := explain.Explain(a.known); ok {
		return "\n\n" + explanation.Text()
	}
	claims := a.known.Claims
	if claims["sub"] == nil {
		return ""
	}
	return fmt.Sprintf("\n\nThe ID token said: issuer %v, audience %v, subject %v. Compare it with what the cloud trusts", claims["iss"], claims["aud"], claims["sub"])
}

// summarize writes the step's summary, if it is to have one: about refusals, or on demand about a success.
func (s Step) summarize(p plan, attempts []attempt) {
	var cases []explain.Case
	refused := false
	for _, a := range attempts {
		if a.err == nil || a.isRefused() {
			cases = append(cases, a.known)
		}
		refused = refused || a.isRefused() && a.known.Refusal.Code != explain.NotTried
	}
	succeeded := len(cases) == len(attempts) && !refused
	wanted := refused && p.Explain != inputs.Never || succeeded && p.Explain == inputs.Always
	if !wanted {
		return
	}
	if err := p.files.Summarize(explain.Summary(cases, s.Log.Hide)); err != nil {
		s.Log.Warning("The step's summary was not written: " + err.Error())
	}
}
