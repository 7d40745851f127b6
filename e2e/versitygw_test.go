//go:build e2e

package e2e

import (
	"crypto/sha1" // what IAM calls a thumbprint
	"os"
	"path/filepath"
	"testing"
)

// versitygw is AWS's IAM, STS and S3 by others: https://github.com/versity/versitygw. It verifies tokens and trust policies, and
// signatures.
const versitygwVersion = "v1.8.0"

// versitygwRoles is what the ARNs of its roles begin with. It has this one account.
const versitygwRoles = "arn:aws:iam::" + versitygwAccount + ":role/"

const versitygwAccount = "000000000000"

// startVersitygw serves AWS in the network, sets up what a sign-in needs, and returns what versitygw logs.
func startVersitygw(t *testing.T, n *network) *record {
	t.Helper()
	program := installed(t, "github.com/versity/versitygw/cmd/versitygw", versitygwVersion)
	dir := t.TempDir()
	for _, name := range []string{"iam", "s3"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	log, socket := newRecord(t), filepath.Join(dir, "iam.sock")
	server := func(address string) []string {
		certificate, key := n.authority.issueFiles(t, n.hosts[address]...)
		return []string{program, "--port", address + ":443", "--cert", certificate, "--key", key, "--access", rootKeyID, "--secret", rootSecret}
	}
	n.start(t, log, append(server(stsAddress), "iam", "--dir", filepath.Join(dir, "iam"), "--private-ports", socket)...)
	n.await(t, stsAddress+":443")
	n.start(t, log, append(server(s3Address), "--iam-standalone-endpoint", socket, "--virtual-domain", "s3.us-east-1.amazonaws.com", "posix", filepath.Join(dir, "s3"))...)
	n.await(t, s3Address+":443")
	n.setUp(t, sha1.Sum(n.authority.certificate.Raw), trustPolicies(versitygwAccount))
	return log
}
