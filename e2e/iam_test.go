//go:build e2e

package e2e

import (
	"crypto/sha1" // what IAM calls a thumbprint
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// What the administrator of an account signs in with.
const rootKeyID, rootSecret = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

// trustPolicy is a role's trust policy.
type trustPolicy struct {
	Version   string
	Statement []trustStatement
}

type trustStatement struct {
	Effect    string
	Principal map[string][]string
	Action    []string
	Condition map[string]map[string]string `json:",omitempty"`
}

// trusting is a policy of one statement.
func trusting(statement trustStatement) trustPolicy {
	statement.Effect = "Allow"
	return trustPolicy{"2012-10-17", []trustStatement{statement}}
}

// trustPolicies are those of two roles: deploy lets in the jobs of a branch, release those of an environment, which no job here has.
func trustPolicies(account string) map[string]trustPolicy {
	const issuer = "token.actions.githubusercontent.com"
	subject := func(subject string) trustPolicy {
		return trusting(trustStatement{
			Principal: map[string][]string{"Federated": {"arn:aws:iam::" + account + ":oidc-provider/" + issuer}},
			Action:    []string{"sts:AssumeRoleWithWebIdentity"},
			Condition: map[string]map[string]string{"StringEquals": {issuer + ":aud": "sts.amazonaws.com", issuer + ":sub": subject}},
		})
	}
	return map[string]trustPolicy{
		"deploy":  subject("repo:octo-org/octo-repo:ref:refs/heads/main"),
		"release": subject("repo:octo-org/octo-repo:environment:production"),
	}
}

// setUp makes what a sign-in needs, as an account's administrator does. The thumbprint is that of the issuer's authority or key.
func (n *network) setUp(t *testing.T, thumbprint [sha1.Size]byte, roles map[string]trustPolicy) {
	t.Helper()
	policies, err := json.Marshal(roles)
	if err != nil {
		t.Fatal(err)
	}
	authority := filepath.Join(t.TempDir(), "authority.pem")
	writeFile(t, authority, n.authority.pem())
	line := n.line(pythonPath, "testdata/python/iam.py", fmt.Sprintf("%x", thumbprint), bucket, string(policies))
	cmd := exec.CommandContext(t.Context(), line[0], line[1:]...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "AWS_CA_BUNDLE=" + authority, "AWS_DEFAULT_REGION=" + region, "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT=regional",
		"AWS_ACCESS_KEY_ID=" + rootKeyID, "AWS_SECRET_ACCESS_KEY=" + rootSecret,
	}
	if _, err := output(cmd); err != nil {
		t.Fatal(err)
	}
}
