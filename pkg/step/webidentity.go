package step

import (
	"os"
	"path/filepath"

	"gatepass/pkg/credfile"
	"gatepass/pkg/runner"
)

// The variables by which AWS's tools exchange a token themselves:
// https://docs.aws.amazon.com/sdkref/latest/guide/access-assume-role-web.html
const (
	awsTokenFile   = "AWS_WEB_IDENTITY_TOKEN_FILE"
	awsRoleARN     = "AWS_ROLE_ARN"
	awsSessionName = "AWS_ROLE_SESSION_NAME"
)

// awsBeforeWebIdentity are what AWS's tools prefer to a token's file: all of them keys, the SDK for JavaScript any profile, and those for
// Python one that assumes a role.
var awsBeforeWebIdentity = []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", awsProfile}

// newTokenFile chooses the place and the name of the file with GitHub's token. It writes nothing yet.
func (s Step) newTokenFile(p plan, got session) (file, error) {
	if p.AWS == nil || !p.AWS.WebIdentity {
		return file{}, nil
	}
	dir, err := s.Process.Dir(false)
	if err != nil {
		return file{}, err
	}
	name := credfile.TokenName(s.getenv)
	if _, err := os.Lstat(filepath.Join(dir.Path, name)); err == nil {
		name = credfile.RandomTokenName()
	}
	return file{tokenFile, dir, name, []byte(got.webIdentity.Reveal())}, nil
}

// webIdentityEnv leads AWS's tools to the token.
func (s Step) webIdentityEnv(p plan, token file) runner.Variables {
	var env runner.Variables
	if token.name == "" {
		return env
	}
	for _, name := range awsBeforeWebIdentity {
		if s.getenv(name) != "" {
			env.Add(name, "")
		}
	}
	for _, name := range awsRegionVariables {
		env.Add(name, p.AWS.Region)
	}
	env.Add(awsTokenFile, token.exported())
	env.Add(awsRoleARN, p.AWS.Role.ARN)
	env.Add(awsSessionName, p.AWS.Role.SessionName)
	return env
}

// reportWebIdentity says what is to be known of a token that later steps exchange.
func (s Step) reportWebIdentity(p plan, env runner.Variables) {
	s.Log.Info("AWS: not signed in; later steps assume %s themselves, with GitHub's token, which lives for five minutes", p.AWS.Role.ARN)
	s.reportNames("the token", env, []string{awsTokenFile, awsRoleARN, awsSessionName})
	s.reportNames("the region", env, awsRegionVariables)
	if s.getenv(awsProfile) != "" {
		s.Log.Warning("AWS_PROFILE was set in the job's environment, and is empty now, as a profile could win over GitHub's token. The AWS CLI and boto3 take that for a profile without a name. Put `unset AWS_PROFILE` before them.")
	}
}
