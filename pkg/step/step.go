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
	"slices"
	"sync"
	"time"

	"gatepass/pkg/aws"
	"gatepass/pkg/credfile"
	"gatepass/pkg/explain"
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
	// Dial opens connections. Defaults to the network.
	Dial httpclient.Dial
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
	evidence  evidence
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
	session, attempts := s.exchange(ctx, plan)
	if err := failure(plan.Explain, attempts); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause // not the errors that follow from it
		}
		s.summarize(plan, attempts)
		return err
	}
	if err := s.handOver(ctx, plan, session); err != nil {
		return err
	}
	s.summarize(plan, attempts)
	return nil
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
	known, evidenceErr := s.readEvidence(in)
	placeErr := s.checkPlaces(in)
	p := plan{in, github, githubErr, files, httpclient.New(in.Proxy, s.Dial), retry.Patient(in.Attempts), known}
	if in.AWS != nil && in.AWS.MaskAccountID && in.AWS.Role != nil {
		s.Log.Mask(secret.New(in.AWS.Role.Account()))
	}
	if in.NeedsIDToken && githubErr != nil {
		inputErr = errors.Join(inputErr, s.withoutToken(p))
	}
	return p, errors.Join(runner.CheckOS(s.getenv), inputErr, evidenceErr, filesErr, placeErr)
}

// exchange signs in to both clouds at the same time. If one refuses, the other's credentials are dropped; if both do, both are heard.
func (s Step) exchange(ctx context.Context, p plan) (session, []attempt) {
	var (
		both            sync.WaitGroup
		out             session
		onAWS, onGoogle attempt
		job             = s.job()
	)
	if p.AWS != nil {
		onAWS = attempt{what: "AWS" + roleOf(*p.AWS), known: explain.Case{Job: job, AWS: p.AWS, Policy: p.evidence.policy}}
		both.Go(func() {
			defer Recover(&onAWS.err)
			out.aws = s.signInToAWS(ctx, p, &onAWS)
		})
	}
	if p.Google != nil {
		onGoogle = attempt{what: "Google Cloud, " + identity(*p.Google), known: explain.Case{Job: job, Google: p.Google, Provider: p.evidence.provider}}
		both.Go(func() {
			defer Recover(&onGoogle.err)
			out.google = s.signInToGoogle(ctx, p, &onGoogle)
		})
	}
	both.Wait()
	return out, slices.DeleteFunc([]attempt{onAWS, onGoogle}, func(a attempt) bool { return a.what == "" })
}

func (s Step) signInToAWS(ctx context.Context, p plan, a *attempt) *aws.Credentials {
	client := aws.Client{HTTP: p.http, Retry: p.retry, Mask: s.Log.Mask, Info: s.Log.Info, Now: time.Now, UserAgent: aws.UserAgent(s.getenv)}
	credentials, err := client.SignIn(ctx, *p.AWS, func(ctx context.Context) (token secret.String, err error) {
		if p.AWS.Source == inputs.FromTokenFile {
			token, err = aws.ReadTokenFile(s.getenv("GITHUB_WORKSPACE"), p.AWS.TokenFile)
		} else {
			token, err = p.github.Fetch(ctx, p.http, p.retry, p.AWS.Audience)
		}
		s.Log.Mask(token)
		a.known.Claims = idtoken.DecodeUnverified(token)
		return token, err
	})
	if err == nil {
		return &credentials
	}
	if errors.Is(err, aws.ErrNoCredentials) && p.AWS.Role != nil && !p.AWS.WithoutGitHub && p.githubErr != nil {
		err = p.githubErr // of the two ways in, the one that was meant
	}
	a.failed(err)
	return nil
}

func roleOf(in inputs.AWS) string {
	if in.Role == nil {
		return ""
	}
	return ", role " + in.Role.ARN
}

func (s Step) signInToGoogle(ctx context.Context, p plan, a *attempt) *google.Tokens {
	client := google.Client{HTTP: p.http, Retry: p.retry, Mask: s.Log.Mask, Now: time.Now}
	tokens, err := client.SignIn(ctx, *p.Google, func(ctx context.Context) (secret.String, error) {
		token, err := p.github.Fetch(ctx, p.http, p.retry, p.Google.Audience)
		s.Log.Mask(token)
		a.known.Claims = idtoken.DecodeUnverified(token)
		return token, err
	})
	if err != nil {
		a.failed(err)
		return nil
	}
	return &tokens
}
