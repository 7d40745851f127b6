package explain

import (
	"fmt"
	"strings"
	"time"

	"gatepass/pkg/inputs"
)

// awsKeyCauses are those for which AWS does not know who signs a request, or does not believe it:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
var awsKeyCauses = []cause{
	{"aws-key-partition", perhaps(where(invalidKey, func(c Case) bool { return c.AWS.Partition != "aws" })), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("%s is in the partition %s, which does not know the keys of other partitions, such as that of most accounts, aws.", c.AWS.Region, c.AWS.Partition),
			Fix:     fmt.Sprintf("Use a key of an account in %s, or a region of the key's own partition.", c.AWS.Partition),
		}
	}},
	{"aws-key-without-session", where(invalidKey, func(c Case) bool { return c.keyBegins("ASIA") && c.AWS.Keys.SessionToken.IsEmpty() }), func(Case) Explanation {
		return Explanation{
			Meaning: "aws-access-key-id begins with ASIA, so it is a temporary key, which AWS takes with its session token only.",
			Fix:     "Set aws-session-token to the token that came with the key.",
		}
	}},
	{"aws-key-with-session", where(invalidKey, func(c Case) bool { return c.keyBegins("AKIA") && !c.AWS.Keys.SessionToken.IsEmpty() }), func(Case) Explanation {
		return Explanation{
			Meaning: "aws-access-key-id begins with AKIA, so it is a lasting key, but aws-session-token is set, which belongs to some temporary one.",
			Fix:     "Leave aws-session-token out.",
		}
	}},
	{"aws-key-chained", where(invalidKey, isChained), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("AWS has opened %s a moment ago, and does not know it yet.", c.keySource()),
			Fix:     "Run the job again. If it stays so, give both lines of aws-roles the same region.",
		}
	}},
	{"aws-key-unknown", invalidKey, func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("AWS does not know %s: it was deleted or deactivated, or is misspelt.", c.keySource()),
			Fix:     "Make a new key, or better use GitHub's token, which needs none: leave the key out, and set role-to-assume to a role that trusts GitHub.",
		}
	}},
	{"aws-key-expired", func(c Case) odds {
		return max(said(AWSSTS, "ExpiredToken", "")(c), said(AWSSTS, "ExpiredTokenException", "security token")(c))
	}, func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("%s is of a session that has expired.", sentence(c.keySource())),
			Fix:     "Sign in anew before this step, or use GitHub's token: leave out role-chaining and the keys.",
		}
	}},
	{"aws-clock", where(signature, func(c Case) bool {
		return strings.Contains(c.Refusal.Message, "Signature expired") || strings.Contains(c.Refusal.Message, "Signature not yet current")
	}), explainClock},
	{"aws-signing-region", where(signature, func(c Case) bool {
		return strings.Contains(c.Refusal.Message, "Credential should be scoped to a valid region")
	}), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The request is signed for %s, but the endpoint, %s, is another region's.", c.AWS.Region, c.endpoint()),
			Fix:     "Leave sts-endpoint and AWS_ENDPOINT_URL_STS out, and the step asks STS of aws-region.",
		}
	}},
	{"aws-secret", signature, func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("AWS knows %s, but the secret that goes with it is another one.", c.keySource()),
			Fix:     "Copy the secret anew: it has 40 characters, / and + among them. One that is lost cannot be shown again; then make a new key.",
		}
	}},
}

var (
	invalidKey = said(AWSSTS, "InvalidClientTokenId", "")
	signature  = said(AWSSTS, "SignatureDoesNotMatch", "")
)

func isChained(c Case) bool { return c.AWS.Source == inputs.FromProfile }

func withToken(c Case) bool {
	return c.AWS.Source == inputs.FromGitHub || c.AWS.Source == inputs.FromTokenFile
}

// keyBegins looks at the kind of a key: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
func (c Case) keyBegins(kind string) bool {
	return c.AWS.Source == inputs.FromKeys && strings.HasPrefix(c.AWS.Keys.AccessKeyID.Reveal(), kind)
}

// keySource says where the key is from.
func (c Case) keySource() string {
	switch c.AWS.Source {
	case inputs.FromKeys:
		return "the key in aws-access-key-id"
	case inputs.FromProfile:
		return "the session of the profile " + c.AWS.ChainFrom
	}
	return "the job's own key (AWS_ACCESS_KEY_ID, a profile or the machine's role)"
}

// sentence begins one.
func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// explainClock tells how wrong the runner's clock is, by the time of AWS's answer.
func explainClock(c Case) Explanation {
	skew, direction := c.Refusal.Skew, "ahead of"
	if skew < 0 {
		skew, direction = -skew, "behind"
	}
	e := Explanation{
		Meaning: "AWS takes a signature for 15 minutes, and by its clock this one is not of now: the runner's clock is wrong.",
		Fix:     "Have the runner's machine set its clock from the network, and see that it does:",
		Paste:   []string{"sudo timedatectl set-ntp true", "timedatectl timesync-status"},
	}
	if skew = skew.Round(time.Minute); skew > 0 {
		e.Meaning = fmt.Sprintf("The runner's clock is %s %s AWS's, and AWS takes a signature for 15 minutes.", span(skew), direction)
	}
	return e
}
