package step

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gatepass/pkg/idtoken"
	"gatepass/pkg/inputs"
	"gatepass/pkg/runner"
	"gatepass/pkg/secret"
)

// announceEndpoints says where tokens go if that is not where they usually go.
func (s Step) announceEndpoints(in inputs.Inputs) {
	if in.AWS != nil && in.AWS.Endpoint != nil {
		s.Log.Info("AWS STS at %s (AWS_ENDPOINT_URL_STS)", in.AWS.Endpoint)
	}
	if in.Google != nil && s.getenv("GHA_ENDPOINT_OVERRIDE_sts") != "" {
		s.Log.Info("Google STS at %s (GHA_ENDPOINT_OVERRIDE_sts)", in.Google.STS)
	}
	if in.Google != nil && s.getenv("GHA_ENDPOINT_OVERRIDE_iamcredentials") != "" {
		s.Log.Info("Google's IAM Credentials API at %s (GHA_ENDPOINT_OVERRIDE_iamcredentials)", in.Google.IAMCredentials)
	}
}

// report tells who the job is now and what later steps find. It names values and shows none.
func (s Step) report(p plan, got session, f file, env runner.Variables) {
	if got.aws != nil {
		s.Log.Info("AWS: signed in as %s until %s", got.aws.ARN, clock(got.aws.Expiration))
		s.reportNames("the credentials", env, awsVariables)
	}
	if got.google != nil {
		s.Log.Info("Google Cloud: signed in as %s%s", identity(*p.Google), projectPhrase(p.Google.ProjectID))
		if f.name != "" {
			s.Log.Info("  Credentials file: %s", f.exported())
		}
		s.reportNames("its path", env, googleFileVariables)
		s.reportNames("the project", env, googleProjectVariables)
	}
}

// reportNames says in which of some variables later steps find something, unless none was exported.
func (s Step) reportNames(what string, env runner.Variables, names []string) {
	if slices.Contains(namesOf(env), names[0]) {
		s.Log.Info("  Later steps find %s in %s", what, strings.Join(names, ", "))
	}
}

func identity(in inputs.Google) string {
	if in.ServiceAccount != "" {
		return in.ServiceAccount
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

func namesOf(variables runner.Variables) []string {
	var names []string
	for _, v := range variables {
		names = append(names, v.Name)
	}
	return names
}

// describe shows what a cloud was told, for the one who has to compare it with a trust policy.
func describe(token secret.String) string {
	claims := idtoken.DecodeUnverified(token)
	return fmt.Sprintf("GitHub's ID token said: issuer %s, audience %s, subject %s", claims.Issuer, claims.Audience, claims.Subject)
}
