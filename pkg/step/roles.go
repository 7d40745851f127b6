package step

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"gatepass/pkg/aws"
	"gatepass/pkg/explain"
	"gatepass/pkg/inputs"
)

// atOnce is how many roles are assumed at the same time, so that a long list is no reason for AWS to throttle.
const atOnce = 16

// signInToRoles makes all sign-ins to AWS at the same time, the one or those of aws-roles. A role that another one's session assumes waits
// for that session, and for no other. All are tried, whatever becomes of the rest, so that all refusals are known.
func (s Step) signInToRoles(ctx context.Context, p plan, github *tokens, attempts []attempt) (environment *aws.Credentials, all []aws.Credentials) {
	signIns := p.AWS.SignIns()
	got, done := make([]*aws.Credentials, len(signIns)), make([]chan struct{}, len(signIns))
	for i := range done {
		done[i] = make(chan struct{})
	}
	places := make(chan struct{}, atOnce)
	var roles sync.WaitGroup
	for i, in := range signIns {
		roles.Go(func() {
			defer close(done[i])
			defer Recover(&attempts[i].err)
			if in.Source == inputs.FromProfile {
				source := p.AWS.SourceOf(in)
				if <-done[source]; got[source] == nil {
					attempts[i].notTried(in.ChainFrom)
					return
				}
				in.Keys = got[source].Keys()
			}
			places <- struct{}{} // taken by nobody who waits for another
			defer func() { <-places }()
			got[i] = s.signInToAWS(ctx, p, in, github, &attempts[i])
		})
	}
	roles.Wait()
	for i, credentials := range got {
		if credentials == nil {
			return nil, nil
		}
		all = append(all, *credentials)
		if signIns[i].Line == p.AWS.Line {
			environment = credentials
		}
	}
	return environment, all
}

func (p plan) attemptsOnAWS(job explain.Job) []attempt {
	var attempts []attempt
	for _, in := range p.AWS.SignIns() {
		attempts = append(attempts, attempt{what: "AWS" + phraseOf(in), known: explain.Case{Job: job, AWS: &in, Policy: p.evidence.policy}})
	}
	return attempts
}

func phraseOf(in inputs.AWS) string {
	switch {
	case in.Role == nil:
		return ""
	case in.Line > 0:
		return fmt.Sprintf(", profile %s, role %s", in.Profile, in.Role.ARN)
	}
	return ", role " + in.Role.ARN
}

// notTried notes that an attempt lacks the session that it was to begin with.
func (a *attempt) notTried(profile string) {
	a.err = fmt.Errorf("not tried, as there is no session of the profile %s, which it is chained from", profile)
	a.known.Refusal = explain.Refusal{Service: explain.AWSSTS, Code: explain.NotTried, Message: a.err.Error()}
}

// withoutRepeats leaves one attempt of those that GitHub has refused the same token.
func withoutRepeats(attempts []attempt) []attempt {
	var kept []attempt
	for _, a := range attempts {
		if a.known.Refusal.Service == explain.GitHub && a.known.AWS.Line > 0 {
			a.what = "AWS"
			if slices.ContainsFunc(kept, func(k attempt) bool { return k.what == a.what && k.err.Error() == a.err.Error() }) {
				continue
			}
		}
		kept = append(kept, a)
	}
	return kept
}
