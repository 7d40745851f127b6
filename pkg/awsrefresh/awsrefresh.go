// Package awsrefresh gives AWS's tools credentials for as long as a job runs.
//
// A step that signs in leaves a folder with a copy of this program, the settings of its sign-in, and the credentials that it has got. A
// profile names the program as its credential_process, so that SDKs and the AWS CLI start it whenever they need credentials. It gives them
// those in the folder, and gets new ones, by GitHub's ID token as the step did, when those are about to expire: the runner lets every step
// of a job ask for ID tokens.
//
// A step with aws-roles leaves a session for each profile in the one folder, each in a folder of its own, so that nobody who needs one
// waits for another. A chained one is renewed by the program, too, as the step has opened it, and not by source_profile in the profile: by
// that each program would open a session of its own, and one without tags and session policies, for which a profile has no settings
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html).
//
// The protocol is that of https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html.
package awsrefresh

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"gatepass/pkg/aws"
	"gatepass/pkg/credfile"
	"gatepass/pkg/httpclient"
	"gatepass/pkg/inputs"
)

// Argument is what tells the program apart from the action's stages.
const Argument = "credential-process"

// The files in the folder.
const (
	programFile     = "gatepass"
	settingsFile    = "settings.json"
	credentialsFile = "credentials.json"
)

// Command starts the program in a folder, seen from the one around it, for a session.
func Command(folder, session string) string {
	return strings.TrimRight(folder+"/"+programFile+" "+Argument+" "+session, " ")
}

// Session is what a profile gives.
type Session struct {
	// Name is that of its folder, in the step's; empty for a step's only session, which is in that itself.
	Name     string
	Settings Settings
	First    aws.Credentials // what the step has got
}

// Settings are what a renewal needs to know. There is no secret among them.
type Settings struct {
	Region                   string
	Endpoint                 string // of AWS STS; empty for the region's own
	FIPS                     bool   `json:",omitempty"`
	Audience                 string
	Source                   string `json:",omitempty"` // the session that assumes the role; empty for GitHub's ID token
	Role                     inputs.AWSRole
	WithoutSpecialCharacters bool
	Attempts                 int
	Proxy                    httpclient.Proxy // as far as it is not that of a later step's environment
}

// SettingsOf are the settings that renew what the inputs ask for.
func SettingsOf(in inputs.Inputs) Settings {
	role := in.AWS.Role
	s := Settings{
		Region:                   in.AWS.Region,
		FIPS:                     in.AWS.FIPS,
		Audience:                 in.AWS.Audience,
		Role:                     *role,
		WithoutSpecialCharacters: in.AWS.WithoutSpecialCharacters,
		Attempts:                 in.Attempts,
		Proxy:                    in.GivenProxy,
	}
	if in.AWS.Source == inputs.FromGitHub { // which takes no more of it
		s.Role = inputs.AWSRole{ARN: role.ARN, SessionName: role.SessionName, Duration: role.Duration, Policy: role.Policy, PolicyARNs: role.PolicyARNs}
	}
	if in.AWS.Endpoint != nil {
		s.Endpoint = in.AWS.Endpoint.String()
	}
	return s
}

func (s Settings) inputs() (inputs.AWS, error) {
	in := inputs.AWS{
		Source: inputs.FromGitHub, Region: s.Region, FIPS: s.FIPS, Audience: s.Audience, Role: &s.Role, WithoutSpecialCharacters: s.WithoutSpecialCharacters,
	}
	if s.Endpoint == "" {
		return in, nil
	}
	endpoint, err := url.Parse(s.Endpoint)
	in.Endpoint = endpoint
	return in, err
}

// Write makes the folder. It copies the program from a file, and puts in the first credentials, which are of now, so that nobody asks for
// others while they last.
func Write(dir credfile.Dir, name, program string, sessions []Session, now time.Time) error {
	if !mayStart(dir.Path) {
		return fmt.Errorf("later steps cannot start a program in %s, as it is mounted with noexec; mount it without, or leave out aws-refresh", dir.Exported)
	}
	folder, err := dir.CreateFolder(name)
	if err != nil {
		return err
	}
	err = errors.Join(write(folder, program, sessions, now), folder.Close())
	if err != nil {
		_, removeErr := dir.RemoveFolder(name)
		err = errors.Join(err, removeErr)
	}
	return err
}

func write(folder credfile.Folder, program string, sessions []Session, now time.Time) error {
	file, err := os.Open(program)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // was only read
	errs := []error{folder.Create(programFile, 0o700, file)}
	for _, session := range sessions {
		if session.Name == "" {
			errs = append(errs, session.write(folder, now))
			continue
		}
		inner, err := folder.CreateFolder(session.Name)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		errs = append(errs, session.write(inner, now), inner.Close())
	}
	return errors.Join(errs...)
}

func (s Session) write(folder credfile.Folder, now time.Time) error {
	text, err := json.Marshal(s.Settings)
	if err != nil {
		return err
	}
	return errors.Join(
		folder.Create(settingsFile, 0o600, bytes.NewReader(text)),
		folder.Replace(credentialsFile, s.Settings.documentOf(s.First, now).bytes()),
	)
}
