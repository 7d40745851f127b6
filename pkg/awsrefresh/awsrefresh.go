// Package awsrefresh gives AWS's tools credentials for as long as a job runs.
//
// A step that signs in leaves a folder with a copy of this program, the settings of its sign-in, and the credentials that it has got. A profile
// names the program as its credential_process, so that SDKs and the AWS CLI start it whenever they need credentials. It gives them those in the
// folder, and gets new ones, by GitHub's ID token as the step did, when those are about to expire: the runner lets every step of a job ask for
// ID tokens.
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

// Command starts the program in a folder, seen from the one around it.
func Command(folder string) string { return folder + "/" + programFile + " " + Argument }

// Settings are what a renewal needs to know. There is no secret among them.
type Settings struct {
	Region                   string
	Endpoint                 string // of AWS STS; empty for the region's own
	Audience                 string
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
		Audience:                 in.AWS.Audience,
		Role:                     inputs.AWSRole{ARN: role.ARN, SessionName: role.SessionName, Duration: role.Duration, Policy: role.Policy, PolicyARNs: role.PolicyARNs},
		WithoutSpecialCharacters: in.AWS.WithoutSpecialCharacters,
		Attempts:                 in.Attempts,
		Proxy:                    in.GivenProxy,
	}
	if in.AWS.Endpoint != nil {
		s.Endpoint = in.AWS.Endpoint.String()
	}
	return s
}

func (s Settings) inputs() (inputs.AWS, error) {
	in := inputs.AWS{
		Source: inputs.FromGitHub, Region: s.Region, Audience: s.Audience, Role: &s.Role, WithoutSpecialCharacters: s.WithoutSpecialCharacters,
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
func Write(dir credfile.Dir, name, program string, settings Settings, first aws.Credentials, now time.Time) error {
	if !mayStart(dir.Path) {
		return fmt.Errorf("later steps cannot start a program in %s, as it is mounted with noexec", dir.Exported)
	}
	folder, err := dir.CreateFolder(name)
	if err != nil {
		return err
	}
	err = errors.Join(write(folder, program, settings, settings.documentOf(first, now)), folder.Close())
	if err != nil {
		_, removeErr := dir.RemoveFolder(name)
		err = errors.Join(err, removeErr)
	}
	return err
}

func write(folder credfile.Folder, program string, settings Settings, first document) error {
	text, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	file, err := os.Open(program)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // was only read
	return errors.Join(
		folder.Create(programFile, 0o700, file),
		folder.Create(settingsFile, 0o600, bytes.NewReader(text)),
		folder.Replace(credentialsFile, first.bytes()),
	)
}
