package sandbox

import (
	"fmt"
	"time"
)

func (a AWS) validate(f *faults) {
	var arns []string
	for i, provider := range a.OIDCProviders {
		key := fmt.Sprintf("aws.oidc-providers[%d].", i)
		f.matches(key+"arn", provider.ARN, `arn:aws[a-z-]*:iam::\d{12}:oidc-provider/.+`, "the ARN of an OIDC provider")
		if len(provider.ClientIDs) == 0 {
			f.add(key+"client-ids", "must name at least one audience")
		}
		arns = append(arns, provider.ARN)
	}
	f.unique("aws.oidc-providers", arns)
	a.validateUsers(f)

	arns = nil
	for i, role := range a.Roles {
		key := fmt.Sprintf("aws.roles[%d].", i)
		if _, err := parseRoleARN(role.ARN); err != nil {
			f.add(key+"arn", "%q is not the ARN of a role", role.ARN)
		}
		if d := role.maxSession(); d < time.Hour || d > 12*time.Hour {
			f.add(key+"max-session-duration", "must be from 1h to 12h, got %s", d)
		}
		if role.SessionLifetime < 0 {
			f.add(key+"session-lifetime", "must not be negative")
		}
		f.rolePatterns(key+"may-assume", role.MayAssume)
		f.addAll(key+"trust-policy: ", role.TrustPolicy.validate())
		arns = append(arns, role.ARN)
	}
	f.unique("aws.roles", arns)
	a.validateService(f)
}

func (a AWS) validateUsers(f *faults) {
	var arns, keys []string
	for i, user := range a.Users {
		key := fmt.Sprintf("aws.users[%d].", i)
		if !userARNForm.MatchString(user.ARN) {
			f.add(key+"arn", "%q is not the ARN of a user", user.ARN)
		}
		f.matches(key+"access-key-id", user.AccessKeyID, `AKIA[A-Z0-9]{16}`, "an access key ID of a user, AKIA and 16 more")
		if !secretKeyForm.MatchString(user.SecretAccessKey) {
			f.add(key+"secret-access-key", "is not 40 characters of base64")
		}
		f.rolePatterns(key+"may-assume", user.MayAssume)
		arns, keys = append(arns, user.ARN), append(keys, user.AccessKeyID)
	}
	f.unique("aws.users", arns)
	f.unique("aws.users", keys)
}

func (a AWS) validateService(f *faults) {
	if a.PackedPolicyLimit < 0 {
		f.add("aws.packed-policy-limit", "must not be negative")
	}
	if a.Throttle.PerSecond < 0 {
		f.add("aws.throttle.per-second", "must not be negative")
	}
	for i, region := range a.DisabledRegions {
		f.matches(fmt.Sprintf("aws.disabled-regions[%d]", i), region, regionPattern, "a region such as ap-east-1")
	}
	f.validateFaults("aws.faults", a.Faults, `AssumeRole|AssumeRoleWithWebIdentity|GetCallerIdentity`)
	for i, fault := range a.Faults {
		if fault.Reason != "" {
			f.add(fmt.Sprintf("aws.faults[%d].reason", i), "is Google's only")
		}
	}
}

// rolePatterns adds a fault for what no role's ARN can match.
func (f *faults) rolePatterns(key string, patterns []string) {
	for _, pattern := range patterns {
		f.matches(key, pattern, `\*|arn:[a-z*?-]+:iam::[0-9*?]+:role/.+`, "a pattern of role ARNs")
	}
}
