package step

import (
	"slices"
	"time"

	"gatepass/pkg/runner"
)

// The variables that later steps find, by the names that the official actions use.
var (
	googleFileVariables    = []string{"CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE", "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_GHA_CREDS_PATH"}
	googleProjectVariables = []string{"CLOUDSDK_CORE_PROJECT", "CLOUDSDK_PROJECT", "GCLOUD_PROJECT", "GCP_PROJECT", "GOOGLE_CLOUD_PROJECT"}
	awsKeyVariables        = []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
	awsRegionVariables     = []string{"AWS_REGION", "AWS_DEFAULT_REGION"}
	// AWS's tools prefer these to a profile.
	awsBeforeProfile    = []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", awsTokenFile}
	awsProfileVariables = []string{"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"}
)

const awsProfile = "AWS_PROFILE"

// awsLoadConfig has version 2 of AWS's SDK for JavaScript look into the files of the profile: without it, it looks into the home folder's
// (aws-sdk-js, lib/util.js: getProfilesFromSharedConfig).
const awsLoadConfig = "AWS_SDK_LOAD_CONFIG"

func awsVariables() []string {
	return slices.Concat(awsBeforeProfile, awsRegionVariables, awsProfileVariables, []string{awsRoleARN, awsSessionName, awsProfile, awsLoadConfig})
}

// awsEnv are the variables of an AWS sign-in. Credentials that the job has already are not exported again.
func (s Step) awsEnv(p plan, got session, files profileFiles) runner.Variables {
	env := files.env()
	if got.aws == nil || !p.AWS.ExportEnvironment {
		return env
	}
	for _, name := range awsRegionVariables {
		env.Add(name, p.AWS.Region)
	}
	if files.exported != "" {
		env.Add(awsProfile, files.exported)
	}
	switch {
	case p.AWS.Refresh:
		for _, name := range awsBeforeProfile {
			if s.getenv(name) != "" {
				env.Add(name, "")
			}
		}
	case !got.aws.FromJob:
		env.Add("AWS_ACCESS_KEY_ID", got.aws.AccessKeyID.Reveal())
		env.Add("AWS_SECRET_ACCESS_KEY", got.aws.SecretAccessKey.Reveal())
		// Without a value, this variable would still go with the new key if it held another key's.
		if token := got.aws.SessionToken.Reveal(); token != "" || s.getenv("AWS_SESSION_TOKEN") != "" {
			env.Add("AWS_SESSION_TOKEN", token)
		}
	case p.AWS.ForgetCurrent:
		for _, name := range awsKeyVariables {
			env.Add(name, "")
		}
	}
	return env
}

// googleEnv are the variables that name Google's credentials file and project, each where there is one.
func (p plan) googleEnv(credentialsFile string) runner.Variables {
	var env runner.Variables
	if p.Google == nil || !p.Google.ExportEnvironment {
		return env
	}
	if credentialsFile != "" {
		for _, name := range googleFileVariables {
			env.Add(name, credentialsFile)
		}
	}
	if p.Google.ProjectID != "" {
		for _, name := range googleProjectVariables {
			env.Add(name, p.Google.ProjectID)
		}
	}
	return env
}

// outputs are the outputs of a session. What has no value is not set.
func (p plan) outputs(got session, credentialsFile string) runner.Variables {
	var outputs runner.Variables
	add := func(name, value string) {
		if value != "" {
			outputs.Add(name, value)
		}
	}
	if got.aws != nil {
		add("aws-account-id", got.aws.AccountID)
		add("authenticated-arn", got.aws.ARN)
		if p.AWS.OutputCredentials && !got.aws.FromJob { // those that the job has are for it to hand out
			add("aws-access-key-id", got.aws.AccessKeyID.Reveal())
			add("aws-secret-access-key", got.aws.SecretAccessKey.Reveal())
			add("aws-session-token", got.aws.SessionToken.Reveal())
			add("aws-expiration", rfc3339(got.aws.Expiration))
		}
	}
	if got.google != nil {
		add("project_id", p.Google.ProjectID)
		add("credentials_file_path", credentialsFile)
		add("auth_token", got.google.Auth.Value.Reveal())
		add("auth_token_expiration", rfc3339(got.google.Auth.Expiry))
		add("access_token", got.google.AccessToken.Value.Reveal())
		add("access_token_expiration", rfc3339(got.google.AccessToken.Expiry))
		add("id_token", got.google.IDToken.Value.Reveal())
	}
	add("oidc-token", got.token.Reveal())
	return outputs
}

func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
