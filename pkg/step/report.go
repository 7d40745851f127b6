package step

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gatepass/pkg/aws"
	"gatepass/pkg/inputs"
	"gatepass/pkg/runner"
)

// announce says where tokens go if that is not where they usually go, and what goes nowhere.
func (s Step) announce(in inputs.Inputs) {
	if in.AWS != nil && in.AWS.Endpoint != nil && !in.AWS.WebIdentity {
		s.Log.Info("AWS STS is taken to be at %s", in.AWS.Endpoint)
	}
	if in.AWS != nil && len(in.AWS.Unused) > 0 {
		s.Log.Warning("AWS: these inputs are not sent, as AWS has no place for them where a role is assumed with an ID token; leave them out: " + strings.Join(in.AWS.Unused, ", "))
	}
	if in.Google != nil && s.getenv("GHA_ENDPOINT_OVERRIDE_sts") != "" {
		s.Log.Info("Google STS is taken to be at %s, as GHA_ENDPOINT_OVERRIDE_sts says", in.Google.STS)
	}
	if in.Google != nil && s.getenv("GHA_ENDPOINT_OVERRIDE_iamcredentials") != "" {
		s.Log.Info("Google's IAM Credentials API is taken to be at %s, as GHA_ENDPOINT_OVERRIDE_iamcredentials says", in.Google.IAMCredentials)
	}
}

// report tells who the job is now and what later steps find. It names values and shows none.
func (s Step) report(p plan, got session, f file, profile profileFiles, env runner.Variables) {
	if p.AWS == nil {
		s.Log.Info("AWS: not asked for, as none of its inputs is set")
	}
	if p.Google == nil {
		s.Log.Info("Google Cloud: not asked for, as none of its inputs is set")
	}
	if got.aws != nil {
		s.reportSignIns(p, got)
		if got.aws.FromJob && s.getenv(awsTokenFile) != "" && s.getenv("AWS_ACCESS_KEY_ID") == "" {
			s.Log.Info("  Later steps find them by AWS_WEB_IDENTITY_TOKEN_FILE alone, which AWS's SDKs read and other programs do not. For those, set role-to-assume and web-identity-token-file")
		}
		of := ""
		if p.AWS.Roles != nil {
			of = " of " + profile.exported
		}
		s.reportNames("the region"+of, env, awsRegionVariables)
		s.reportNames("the credentials"+of, env, awsKeyVariables)
		s.reportNames("the "+profile.phrase(), env, awsProfileVariables)
		s.reportRenewal(p, profile)
		s.reportOthers(p, env)
	}
	if p.AWS != nil && p.AWS.WebIdentity {
		s.reportWebIdentity(p, env)
	}
	if got.google != nil {
		s.Log.Info("Google Cloud: signed in as %s%s", identity(*p.Google), projectPhrase(p.Google.ProjectID))
		if f.name != "" {
			s.Log.Info("  Credentials file: %s", f.exported())
		}
		s.reportNames("its path", env, googleFileVariables)
		s.reportNames("the project", env, googleProjectVariables)
	}
	if !got.token.IsEmpty() {
		s.Log.Info("GitHub's ID token for audience %s is the output oidc-token; it lives for five minutes", p.TokenAudience)
	}
}

// reportSignIns says as whom.
func (s Step) reportSignIns(p plan, got session) {
	for i, in := range p.AWS.SignIns() {
		profile := ""
		if in.Line > 0 {
			profile = ", profile " + in.Profile
		}
		s.Log.Info("AWS%s: %s", profile, awsPhrase(got.roles[i]))
	}
}

// reportRenewal says what is to be known of credentials that renew themselves.
func (s Step) reportRenewal(p plan, profile profileFiles) {
	if !p.AWS.Refresh {
		return
	}
	whose := "profile's"
	if p.AWS.Roles != nil {
		whose = "profiles'"
	}
	s.Log.Info("  The %s credentials renew themselves until the job ends", whose)
	if p.AWS.ExportEnvironment {
		return
	}
	if p.AWS.Roles == nil {
		s.Log.Info("  A step uses them that has AWS_PROFILE: %s under env", profile.exported)
	}
	if name := s.beforeProfile(nil); name != "" {
		s.Log.Warning(fmt.Sprintf("%s is set in the job's environment, and AWS's tools prefer it to a profile. Set it to '' in the steps that use the %s.", name, profile.phrase()))
	}
}

// beforeProfile is a variable that later steps have and that AWS's tools prefer to a profile, or nothing.
func (s Step) beforeProfile(env runner.Variables) string {
	for _, name := range awsBeforeProfile {
		if s.later(env, name) != "" {
			return name
		}
	}
	return ""
}

// later is a variable of later steps, of which this one sets some.
func (s Step) later(env runner.Variables, name string) string {
	value := s.getenv(name)
	for _, v := range env {
		if v.Name == name {
			value = v.Value
		}
	}
	return value
}

// reportOthers says how a step becomes another one than the environment makes it.
func (s Step) reportOthers(p plan, env runner.Variables) {
	if p.AWS.Roles == nil {
		return
	}
	if name := s.beforeProfile(env); name != "" {
		s.Log.Info("  A step uses another profile by --profile and the like: AWS's tools prefer %s to AWS_PROFILE", name)
	} else if p.AWS.ExportEnvironment {
		s.Log.Info("  Later steps use the profile %s, by AWS_PROFILE, or the one that they name there, under env", p.AWS.Profile)
	} else {
		s.Log.Info("  A step uses a profile that has its name in AWS_PROFILE, under env")
	}
	for _, in := range p.AWS.Roles {
		isOther := func(name string) bool { value := s.later(env, name); return value != "" && value != in.Region }
		if slices.ContainsFunc(awsRegionVariables, isOther) {
			// boto3 reads the second one alone: https://github.com/boto/boto3/issues/3620
			s.Log.Info("  For %s, set %s to %s in the step: AWS's tools prefer them to the profile's region", in.Profile, strings.Join(awsRegionVariables, " and "), in.Region)
		}
		if in.Profile == "default" && !p.AWS.ExportEnvironment {
			s.Log.Warning("AWS's tools take the profile default in every step that names none, so output-env-credentials: false keeps no step from it. Give it another name in aws-roles.")
		}
	}
}

// reportNames says in which of some variables later steps find something.
func (s Step) reportNames(what string, env runner.Variables, names []string) {
	var found []string
	for _, v := range env {
		if v.Value != "" && slices.Contains(names, v.Name) {
			found = append(found, v.Name)
		}
	}
	if len(found) > 0 {
		s.Log.Info("  Later steps find %s in %s", what, strings.Join(found, ", "))
	}
}

func awsPhrase(got aws.Credentials) string {
	switch {
	case got.FromJob:
		return "the job's own credentials work; it is signed in as " + got.ARN
	case got.Expiration.IsZero():
		return "signed in as " + got.ARN
	}
	return "signed in as " + got.ARN + " until " + clock(got.Expiration)
}

// identity says who signs in, and by what.
func identity(in inputs.Google) string {
	switch {
	case in.Key != nil && in.Key.Email != in.ServiceAccount:
		return in.ServiceAccount + " by a key of " + in.Key.Email
	case in.Key != nil:
		return in.ServiceAccount + " by a key"
	case in.ServiceAccount != "":
		return in.ServiceAccount + " by " + in.Provider
	}
	return "a principal of " + in.Provider
}

func projectPhrase(project string) string {
	if project == "" {
		return ""
	}
	return ", project " + project
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05 UTC") }
