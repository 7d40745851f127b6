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
	aws    *aws.Credentials  // for the environment and the outputs
	roles  []aws.Credentials // of every sign-in to AWS, in the order of the inputs
	google *google.Tokens
	// GitHub's own tokens, for later steps that sign in to AWS themselves, and for whoever else takes one.
	webIdentity, token secret.String
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
		filesErr = state{}.save(files)
	}
	in, inputErr := inputs.Parse(s.Lookup)
	github, githubErr := idtoken.NewSource(s.getenv("ACTIONS_ID_TOKEN_REQUEST_URL"), s.getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN"))
	s.Log.Mask(github.RequestToken())
	s.Log.Mask(in.Proxy.Secrets()...)
	s.Log.Mask(in.MaskedAccounts...)
	known, evidenceErr := s.readEvidence(in)
	placeErr := s.checkPlaces(in)
	p := plan{in, github, githubErr, files, httpclient.New(in.Proxy, s.Dial), retry.Patient(in.Attempts), known}
	if in.NeedsIDToken && githubErr != nil {
		inputErr = errors.Join(inputErr, s.withoutToken(p))
	}
	return p, errors.Join(runner.CheckOS(s.getenv), inputErr, evidenceErr, filesErr, placeErr)
}

// exchange signs in to both clouds at the same time, and gets the token for anybody else. If one refuses, what the others gave is dropped;
// if more do, all are heard.
func (s Step) exchange(ctx context.Context, p plan) (session, []attempt) {
	var (
		all               sync.WaitGroup
		out               session
		onAWS             []attempt
		onGoogle, onToken attempt
		job               = s.job()
		github            = s.tokens(ctx, p)
	)
	httpclient.Preconnect(ctx, p.http, p.hosts(ctx)...)
	if p.AWS != nil {
		onAWS = p.attemptsOnAWS(job)
		all.Go(func() {
			if p.AWS.WebIdentity {
				out.webIdentity = github.get(p.AWS.Audience, &onAWS[0])
			} else {
				out.aws, out.roles = s.signInToRoles(ctx, p, github, onAWS)
			}
		})
	}
	if p.Google != nil {
		onGoogle = attempt{what: "Google Cloud, " + identity(*p.Google), known: explain.Case{Job: job, Google: p.Google, Provider: p.evidence.provider}}
		all.Go(func() {
			defer Recover(&onGoogle.err)
			out.google = s.signInToGoogle(ctx, p, github, &onGoogle)
		})
	}
	if p.TokenAudience != "" {
		onToken = attempt{what: "oidc-token-audience", known: explain.Case{Job: job}}
		all.Go(func() { out.token = github.get(p.TokenAudience, &onToken) })
	}
	all.Wait()
	others := slices.DeleteFunc([]attempt{onGoogle, onToken}, func(a attempt) bool { return a.what == "" })
	return out, append(withoutRepeats(onAWS), others...)
}

func (s Step) signInToAWS(ctx context.Context, p plan, in inputs.AWS, github *tokens, a *attempt) *aws.Credentials {
	client := aws.Client{HTTP: p.http, Retry: p.retry, Mask: s.Log.Mask, Info: s.Log.Info, Now: time.Now, UserAgent: aws.UserAgent(s.getenv)}
	credentials, err := client.SignIn(ctx, in, func(context.Context) (token secret.String, err error) {
		if in.Source != inputs.FromTokenFile {
			return github.of(in.Audience, a)
		}
		token, err = aws.ReadTokenFile(s.getenv("GITHUB_WORKSPACE"), in.TokenFile)
		s.Log.Mask(token)
		a.known.Claims = idtoken.DecodeUnverified(token)
		return token, err
	})
	if err == nil {
		return &credentials
	}
	if errors.Is(err, aws.ErrNoCredentials) && in.Role != nil && !in.WithoutGitHub && p.githubErr != nil {
		err = p.githubErr // of the two ways in, the one that was meant
	}
	a.failed(err)
	return nil
}

func (s Step) signInToGoogle(ctx context.Context, p plan, github *tokens, a *attempt) *google.Tokens {
	client := google.Client{HTTP: p.http, Retry: p.retry, Mask: s.Log.Mask, Now: time.Now}
	tokens, err := client.SignIn(ctx, *p.Google, func(context.Context) (secret.String, error) {
		return github.of(p.Google.Audience, a)
	})
	if err != nil {
		a.failed(err)
		return nil
	}
	return &tokens
}
