// Package step is the action's two stages: SignIn, the step itself, and SignOut, which runs when the job ends.
//
// Values flow one way: inputs, GitHub's ID token, the clouds' credentials, the job's later steps. Nothing reaches the job before all of
// the sign-in has succeeded.
package step

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"gatepass/pkg/aws"
	"gatepass/pkg/credfile"
	"gatepass/pkg/google"
	"gatepass/pkg/idtoken"
	"gatepass/pkg/inputs"
	"gatepass/pkg/runner"
)

// Step is one use of the action in a job.
type Step struct {
	// Lookup reads the environment.
	Lookup inputs.Lookup
	// Log is the step's log.
	Log *runner.Log
	// HTTP makes all requests.
	HTTP *http.Client
	// Process tells where files may lie.
	Process credfile.Process
	// Now is the clock.
	Now func() time.Time
}

func (s Step) getenv(name string) string {
	value, _ := s.Lookup(name)
	return value
}

// plan is all that a sign-in needs to know before its first request.
type plan struct {
	inputs.Inputs
	source idtoken.Source
	files  runner.Files
}

// session is what a sign-in has obtained.
type session struct {
	aws    *aws.Credentials
	google *google.Tokens
}

// SignIn signs the job in to the clouds that the inputs ask for and hands the credentials to later steps. If it fails, it leaves nothing.
func (s Step) SignIn(ctx context.Context) error {
	plan, err := s.plan()
	if err != nil {
		return err
	}
	s.announceEndpoints(plan.Inputs)
	session, err := s.exchange(ctx, plan)
	if err != nil {
		return err
	}
	if err := errors.Join(ctx.Err(), s.Log.Err()); err != nil { // credentials of a cancelled step, or unmasked ones, go nowhere
		return err
	}
	return s.handOver(plan, session)
}

// plan gathers every fault that can be known without a request. It saves an empty state first: once the runner knows a value of this
// step, what an earlier step may have set in its place is void.
func (s Step) plan() (plan, error) {
	files, filesErr := runner.NewFiles(s.getenv)
	if filesErr == nil {
		filesErr = files.SaveState(stateName, noState)
	}
	in, inputErr := inputs.Parse(s.Lookup)
	source, sourceErr := idtoken.NewSource(s.getenv("ACTIONS_ID_TOKEN_REQUEST_URL"), s.getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN"))
	s.Log.Mask(source.RequestToken())
	return plan{in, source, files}, errors.Join(inputErr, sourceErr, filesErr)
}

// exchange signs in to both clouds at the same time. If one refuses, the other's credentials are dropped; if both do, both are heard.
func (s Step) exchange(ctx context.Context, p plan) (session, error) {
	var (
		both              sync.WaitGroup
		out               session
		awsErr, googleErr error
	)
	if p.AWS != nil {
		both.Go(func() { out.aws, awsErr = s.signInToAWS(ctx, p) })
	}
	if p.Google != nil {
		both.Go(func() { out.google, googleErr = s.signInToGoogle(ctx, p) })
	}
	both.Wait()
	return out, errors.Join(awsErr, googleErr)
}

func (s Step) signInToAWS(ctx context.Context, p plan) (*aws.Credentials, error) {
	token, err := p.source.Fetch(ctx, s.HTTP, p.AWS.Audience)
	if err != nil {
		return nil, err
	}
	s.Log.Mask(token)
	credentials, err := aws.Client{HTTP: s.HTTP, Mask: s.Log.Mask}.SignIn(ctx, *p.AWS, token)
	if err != nil {
		return nil, fmt.Errorf("AWS, role %s: %w\n%s", p.AWS.RoleARN, err, describe(token))
	}
	return &credentials, nil
}

func (s Step) signInToGoogle(ctx context.Context, p plan) (*google.Tokens, error) {
	token, err := p.source.Fetch(ctx, s.HTTP, p.Google.Audience)
	if err != nil {
		return nil, err
	}
	s.Log.Mask(token)
	tokens, err := google.Client{HTTP: s.HTTP, Mask: s.Log.Mask, Now: s.Now}.SignIn(ctx, *p.Google, token)
	if err != nil {
		return nil, fmt.Errorf("Google Cloud, provider %s: %w\n%s", p.Google.Provider, err, describe(token))
	}
	return &tokens, nil
}
