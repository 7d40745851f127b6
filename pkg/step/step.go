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
	"gatepass/pkg/httpclient"
	"gatepass/pkg/idtoken"
	"gatepass/pkg/inputs"
	"gatepass/pkg/retry"
	"gatepass/pkg/runner"
	"gatepass/pkg/secret"
)

// Step is one use of the action in a job.
type Step struct {
	// Lookup reads the environment.
	Lookup inputs.Lookup
	// Log is the step's log.
	Log *runner.Log
	// Process tells where files may lie.
	Process credfile.Process
	// Program is the path of this program, for a copy that later steps start.
	Program string
}

func (s Step) getenv(name string) string {
	value, _ := s.Lookup(name)
	return value
}

// plan is all that a sign-in needs to know before its first request.
type plan struct {
	inputs.Inputs
	github    idtoken.Source
	githubErr error // why GitHub cannot be asked
	files     runner.Files
	http      *http.Client
	retry     retry.Policy
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
	s.announce(plan.Inputs)
	if plan.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, plan.Timeout, fmt.Errorf("action-timeout-s: the step did not finish within %v", plan.Timeout))
		defer cancel()
	}
	session, err := s.exchange(ctx, plan)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause // not the errors that follow from it
	}
	if err != nil {
		return err
	}
	return s.handOver(ctx, plan, session)
}

// plan gathers every fault that can be known without a request. It saves an empty state first: once the runner knows a value of this
// step, what an earlier step may have set in its place is void.
func (s Step) plan() (plan, error) {
	files, filesErr := runner.NewFiles(s.getenv)
	if filesErr == nil {
		filesErr = files.SaveState(stateName, noState)
	}
	in, inputErr := inputs.Parse(s.Lookup)
	github, githubErr := idtoken.NewSource(s.getenv("ACTIONS_ID_TOKEN_REQUEST_URL"), s.getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN"))
	s.Log.Mask(github.RequestToken())
	s.Log.Mask(in.Proxy.Secrets()...)
	p := plan{in, github, githubErr, files, httpclient.New(in.Proxy), retry.Patient(in.Attempts)}
	if in.AWS != nil && in.AWS.MaskAccountID && in.AWS.Role != nil {
		s.Log.Mask(secret.New(in.AWS.Role.Account()))
	}
	if in.NeedsIDToken {
		inputErr = errors.Join(inputErr, githubErr)
	}
	return p, errors.Join(runner.CheckOS(s.getenv), inputErr, filesErr)
}

// exchange signs in to both clouds at the same time. If one refuses, the other's credentials are dropped; if both do, both are heard.
func (s Step) exchange(ctx context.Context, p plan) (session, error) {
	var (
		both              sync.WaitGroup
		out               session
		awsErr, googleErr error
	)
	if p.AWS != nil {
		both.Go(func() {
			defer Recover(&awsErr)
			out.aws, awsErr = s.signInToAWS(ctx, p)
		})
	}
	if p.Google != nil {
		both.Go(func() {
			defer Recover(&googleErr)
			out.google, googleErr = s.signInToGoogle(ctx, p)
		})
	}
	both.Wait()
	return out, errors.Join(awsErr, googleErr)
}

func (s Step) signInToAWS(ctx context.Context, p plan) (*aws.Credentials, error) {
	var told string // what AWS was told, for the one who has to compare it with a trust policy
	client := aws.Client{HTTP: p.http, Retry: p.retry, Mask: s.Log.Mask, Info: s.Log.Info, UserAgent: aws.UserAgent(s.getenv)}
	credentials, err := client.SignIn(ctx, *p.AWS, func(ctx context.Context) (token secret.String, err error) {
		if p.AWS.Source == inputs.FromTokenFile {
			token, err = aws.ReadTokenFile(p.AWS.TokenFile)
		} else {
			token, err = p.github.Fetch(ctx, p.http, p.retry, p.AWS.Audience)
		}
		s.Log.Mask(token)
		told = describe(token)
		return token, err
	})
	switch {
	case err == nil:
		return &credentials, nil
	case errors.Is(err, aws.ErrNoCredentials) && p.AWS.Role != nil && !p.AWS.WithoutGitHub && p.githubErr != nil:
		return nil, p.githubErr // of the two ways in, the one that was meant
	}
	var refusal *aws.Refusal
	if !errors.As(err, &refusal) {
		told = ""
	}
	return nil, fmt.Errorf("AWS%s: %w%s", roleOf(*p.AWS), err, told)
}

func roleOf(in inputs.AWS) string {
	if in.Role == nil {
		return ""
	}
	return ", role " + in.Role.ARN
}

func (s Step) signInToGoogle(ctx context.Context, p plan) (*google.Tokens, error) {
	var told string // as for AWS
	client := google.Client{HTTP: p.http, Retry: p.retry, Mask: s.Log.Mask, Now: time.Now}
	tokens, err := client.SignIn(ctx, *p.Google, func(ctx context.Context) (secret.String, error) {
		token, err := p.github.Fetch(ctx, p.http, p.retry, p.Google.Audience)
		s.Log.Mask(token)
		told = describe(token)
		return token, err
	})
	if err == nil {
		return &tokens, nil
	}
	var refusal *google.Refusal
	if !errors.As(err, &refusal) {
		told = ""
	}
	return nil, fmt.Errorf("Google Cloud, %s: %w%s", identity(*p.Google), err, told)
}
