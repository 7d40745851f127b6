package sandbox

import (
	"net/http"
	"regexp"
	"strings"
)

// roleARN is the ARN of an IAM role, in its parts.
type roleARN struct {
	text      string
	partition string
	account   string
	name      string // without the path
}

var (
	roleARNForm = regexp.MustCompile(`\Aarn:(aws[a-z-]*):iam::(\d{12}):role/(?:[!-~]+/)?([\w+=,.@-]{1,64})\z`)
	userARNForm = regexp.MustCompile(`\Aarn:(aws[a-z-]*):iam::(\d{12}):user/(?:[!-~]+/)?[\w+=,.@-]{1,64}\z`)
)

func parseRoleARN(text string) (roleARN, error) {
	match := roleARNForm.FindStringSubmatch(text)
	if match == nil {
		return roleARN{}, refuse(http.StatusBadRequest, "ValidationError", "Request ARN is invalid")
	}
	return roleARN{text, match[1], match[2], match[3]}, nil
}

// provider returns the ARN that the provider for an issuer has in the role's account.
func (r roleARN) provider(issuer string) string {
	return "arn:" + r.partition + ":iam::" + r.account + ":oidc-provider/" + strings.TrimPrefix(issuer, "https://")
}

// session returns the ARN of a session of the role. It has the role's name, not its path.
func (r roleARN) session(name string) string {
	return "arn:" + r.partition + ":sts::" + r.account + ":assumed-role/" + r.name + "/" + name
}

// partitions are the prefixes of the regions outside the partition aws:
// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
var partitions = []struct{ prefix, partition string }{
	{"cn-", "aws-cn"},
	{"us-gov-", "aws-us-gov"},
	{"eusc-", "aws-eusc"},
	{"us-iso-", "aws-iso"},
	{"us-isob-", "aws-iso-b"},
	{"eu-isoe-", "aws-iso-e"},
	{"us-isof-", "aws-iso-f"},
}

func partitionOf(region string) string {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.prefix) {
			return p.partition
		}
	}
	return "aws"
}
