package awsrefresh

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"gatepass/pkg/aws"
	"gatepass/pkg/credfile"
	"gatepass/pkg/httpclient"
	"gatepass/pkg/idtoken"
	"gatepass/pkg/inputs"
	"gatepass/pkg/retry"
	"gatepass/pkg/secret"
)

const (
	// early is how long before their end credentials are renewed. AWS's SDKs for Python and .NET ask from 15 minutes before that end on, and
	// then again with every request, until they are given others.
	early = 5 * time.Minute
	// patience is for all of a run: AWS's SDK for Go gives a credential process one minute (credentials/processcreds, DefaultTimeout).
	patience = 45 * time.Second
	// hurry is for a run that has credentials to give, whatever comes.
	hurry = 10 * time.Second
	// longestWait is for another process that renews the same credentials.
	longestWait = 15 * time.Second
)

// Process is a run of the program that a step has left.
type Process struct {
	// Folder is the session's: the one that the program lies in, or one in that.
	Folder string
	// Getenv reads the environment of the step that needs credentials.
	Getenv func(string) string
	// Now is the clock.
	Now func() time.Time
	// HTTP makes the requests. Defaults to a client with the proxy of the sign-in, or else of the environment.
	HTTP *http.Client
}

// Document gives credentials in the form that AWS's tools read.
func (p Process) Document(ctx context.Context) ([]byte, error) {
	given, err := p.document(ctx)
	if err != nil {
		return nil, err
	}
	return given.bytes(), nil
}

// document gives credentials.
//
// Of those who call it at the same time, one asks for new credentials; the others wait for it, or take the old ones while they are good.
// The old ones serve, too, where there are no new ones to be had.
func (p Process) document(ctx context.Context) (document, error) {
	folder, err := credfile.OpenFolder(p.Folder)
	if err != nil {
		return document{}, fmt.Errorf("the sign-in that they are of has ended: %w", err)
	}
	defer func() { _ = folder.Close() }() // was only read
	kept := read(folder)
	if kept.lasts(p.Now().Add(early)) {
		return kept, nil
	}
	good, limit, wait := kept.lasts(p.Now()), patience, longestWait
	if good {
		limit, wait = hurry, 0
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	unlock, lockErr := folder.Lock(ctx, wait)
	if lockErr == nil {
		defer unlock()
	} // a lock that cannot be had saves a request, but is not worth a failure
	kept = read(folder) // perhaps new by now
	if kept.lasts(p.Now().Add(early)) || errors.Is(lockErr, credfile.ErrLocked) && kept.lasts(p.Now()) {
		return kept, nil
	}
	fresh, err := p.renew(ctx, folder, good)
	switch {
	case err == nil:
		_ = folder.Replace(credentialsFile, fresh.bytes()) // who cannot write there goes without
		return fresh, nil
	case kept.lasts(p.Now()):
		return kept, nil // and not a word: the SDK for C++ reads standard error, too
	}
	return document{}, err
}

// read gives the credentials in the folder. Those that cannot be read have expired.
func read(folder credfile.Folder) document {
	text, err := folder.Read(credentialsFile)
	if err != nil {
		return document{}
	}
	kept, err := parse(text)
	if err != nil {
		return document{}
	}
	return kept
}

var errNoRequest = errors.New("the environment lacks ACTIONS_ID_TOKEN_REQUEST_URL or ACTIONS_ID_TOKEN_REQUEST_TOKEN. The runner gives both to every step; hand them on to what you start with another environment, such as a container: docker run -e ACTIONS_ID_TOKEN_REQUEST_URL -e ACTIONS_ID_TOKEN_REQUEST_TOKEN")

// renew signs in as the step has done.
func (p Process) renew(ctx context.Context, folder credfile.Folder, once bool) (document, error) {
	text, err := folder.Read(settingsFile)
	if err != nil {
		return document{}, err
	}
	var settings Settings
	if err := json.Unmarshal(text, &settings); err != nil {
		return document{}, errors.New("the settings of the sign-in are damaged")
	}
	in, err := settings.inputs()
	if err != nil {
		return document{}, err
	}
	var source idtoken.Source
	if settings.Source == "" {
		source, err = p.github()
	} else {
		in.Source = inputs.FromProfile
		in.Keys, err = p.keysOf(ctx, settings.Source)
	}
	if err != nil {
		return document{}, err
	}
	policy := retry.Patient(settings.Attempts)
	if once {
		policy.Attempts = 1
	}
	// An SDK reads standard output, so nobody can be told there what to mask. What a service repeats of it is not printed at all.
	var known secret.Known
	known.Add(source.RequestToken())
	client := aws.Client{
		HTTP: p.HTTP, Retry: policy, UserAgent: aws.UserAgent(p.Getenv),
		Mask: known.Add, Info: func(string, ...any) {}, Now: p.Now,
	}
	if client.HTTP == nil {
		client.HTTP = httpclient.New(settings.Proxy.Over(httpclient.ProxyFromEnvironment(p.Getenv)), nil)
	}
	asked := p.Now()
	credentials, err := client.SignIn(ctx, in, func(ctx context.Context) (secret.String, error) {
		token, err := source.Fetch(ctx, client.HTTP, policy, settings.Audience)
		known.Add(token)
		return token, err
	})
	if err != nil {
		return document{}, fmt.Errorf("role %s: %s", settings.Role.ARN, known.Hide(err.Error()))
	}
	return settings.documentOf(credentials, asked), nil
}

func (p Process) github() (idtoken.Source, error) {
	source, err := idtoken.NewSource(p.Getenv("ACTIONS_ID_TOKEN_REQUEST_URL"), p.Getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN"))
	if errors.Is(err, idtoken.ErrNoPermission) {
		err = errNoRequest
	}
	return source, err
}

// keysOf are those of another session of the step, which is renewed first if need be.
func (p Process) keysOf(ctx context.Context, session string) (inputs.AWSKeys, error) {
	p.Folder = filepath.Join(filepath.Dir(p.Folder), session)
	source, err := p.document(ctx)
	if err != nil {
		return inputs.AWSKeys{}, err
	}
	return source.keys, nil
}
