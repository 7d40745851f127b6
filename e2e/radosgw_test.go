//go:build e2e

package e2e

import (
	"crypto/sha1" // what IAM calls a thumbprint
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// The account in radosgw has the number of the sandbox's.
const radosgwAccount = "123456789012"

// cephConfig is a cluster on loopback of one monitor and one disk in memory, and the gateway at AWS's addresses. The gateway trusts the key
// whose thumbprint the provider has; it looks for the authority of the issuer's server in the machine's files, where the test's is not.
// https://docs.ceph.com/en/pacific/radosgw/STS/
const cephConfig = `[global]
fsid = 11111111-2222-3333-4444-555555555555
mon host = [v2:127.0.0.1:3300,v1:127.0.0.1:6789]
mon data = %[1]s/mon
osd data = %[1]s/osd
run dir = %[1]s
admin socket =
log file =
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
osd objectstore = memstore
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon data avail crit = 0

[client]
rgw sts key = abcdefghijklmnop
rgw s3 auth use sts = true
rgw verify ssl = false

[client.rgw.sts]
rgw frontends = beast ssl_endpoint=%[2]s:443 ssl_certificate=%[4]s ssl_private_key=%[5]s

[client.rgw.s3]
rgw frontends = beast ssl_endpoint=%[3]s:443 ssl_certificate=%[4]s ssl_private_key=%[5]s
rgw dns name = s3.us-east-1.amazonaws.com
`

// startRadosgw serves AWS in the network by Ceph's gateway, which shares no code with versitygw, and sets up what a sign-in needs. It knows
// AssumeRole, but not GetCallerIdentity: https://docs.ceph.com/en/pacific/radosgw/STS/
func startRadosgw(t *testing.T, i *internet) {
	t.Helper()
	dir, log := t.TempDir(), newRecord(t)
	certificate, key := i.authority.issueFiles(t, append(i.hosts[stsAddress], i.hosts[s3Address]...)...)
	config := filepath.Join(dir, "ceph.conf")
	writeFile(t, config, fmt.Appendf(nil, cephConfig, dir, stsAddress, s3Address, certificate, key))
	if err := os.Mkdir(filepath.Join(dir, "osd"), 0o700); err != nil {
		t.Fatal(err)
	}
	const disk = "66666666-7777-8888-9999-000000000000"
	monmap := filepath.Join(dir, "monmap")
	i.run(t, "monmaptool", "--create", "--fsid", "11111111-2222-3333-4444-555555555555", "--addv", "a", "[v2:127.0.0.1:3300,v1:127.0.0.1:6789]", monmap)
	i.run(t, "ceph-mon", "--conf", config, "--mkfs", "--id", "a", "--monmap", monmap)
	i.start(t, log, "ceph-mon", "--conf", config, "--id", "a", "--foreground")
	i.run(t, "ceph", "--conf", config, "osd", "new", disk)
	i.run(t, "ceph-osd", "--conf", config, "--id", "0", "--mkfs", "--osd-uuid", disk)
	i.start(t, log, "ceph-osd", "--conf", config, "--id", "0", "--foreground")
	i.run(t, "radosgw-admin", "--conf", config, "--name", "client.rgw.sts", "user", "create", "--tenant", radosgwAccount, "--uid", "root", "--display-name", "Root",
		"--access-key", rootKeyID, "--secret", rootSecret, "--caps", "roles=*;oidc-provider=*")
	for name, address := range map[string]string{"sts": stsAddress, "s3": s3Address} {
		i.start(t, log, "radosgw", "--conf", config, "--name", "client.rgw."+name, "--foreground")
		i.await(t, address+":443")
	}
	roles := trustPolicies(radosgwAccount)
	roles["partner"] = trusting(trustStatement{
		Principal: map[string][]string{"AWS": {"arn:aws:iam::" + radosgwAccount + ":role/deploy"}},
		Action:    []string{"sts:AssumeRole", "sts:TagSession"},
	})
	i.setUp(t, i.keyThumbprint(t), roles)
}

// keyThumbprint is that of the certificate of the issuer's key.
func (i *internet) keyThumbprint(t *testing.T) (thumbprint [sha1.Size]byte) {
	t.Helper()
	answer := httptest.NewRecorder()
	i.world.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/github/.well-known/jwks", nil))
	var keys struct {
		Keys []struct {
			X5t string `json:"x5t"`
		} `json:"keys"`
	}
	err := json.Unmarshal(answer.Body.Bytes(), &keys)
	if err == nil {
		_, err = base64.RawURLEncoding.Decode(thumbprint[:], []byte(keys.Keys[0].X5t))
	}
	if err != nil {
		t.Fatal(err)
	}
	return thumbprint
}

// Another AWS agrees about tokens, role chaining and trust. A request with session tags it takes, but this version reads none of them: it
// lets in, too, where the role's policy does not allow sts:TagSession.
func TestRadosgw(t *testing.T) {
	t.Parallel()
	i, m := newInternet(t), newMachine(t)
	startRadosgw(t, i)
	t.Run("refuses", func(t *testing.T) { radosgwRefuses(t, i) })
	i.permit(t, m, tokens)
	environment, files := maps.Clone(m.Env), m.files(t)
	first := m.use(t, image(t, "legacy"), "first", map[string]string{"role-to-assume": role, "aws-region": region})
	if code, _ := first.main(t.Context(), t); code != 0 || first.Outputs["authenticated-arn"] != deploySession {
		t.Fatalf("got exit code %d and the outputs %q, want %s", code, first.Outputs, deploySession)
	}
	signedIn := maps.Clone(m.Env)
	refused := m.use(t, image(t, "legacy"), "refused", chaining("release"))
	if code, _ := refused.main(t.Context(), t); code != 1 || len(refused.Outputs) != 0 || !maps.Equal(m.Env, signedIn) {
		t.Errorf("a role that does not trust the first: got exit code %d, want 1, and nothing exported", code)
	}
	second := m.use(t, image(t, "legacy"), "second", chaining("partner"))
	if code, _ := second.main(t.Context(), t); code != 0 || second.Outputs["authenticated-arn"] != "arn:aws:sts::123456789012:assumed-role/partner/GitHubActions" {
		t.Fatalf("got exit code %d and the outputs %q, want a session of the role partner", code, second.Outputs)
	}
	const content = "what a chained role puts there"
	cli := "export HOME=$RUNNER_TEMP; " + awsPath(t)
	if got := m.hostStep(t, "printf %s '"+content+"' | ("+cli+" s3 cp - s3://"+bucket+"/chained); "+cli+" s3 cp s3://"+bucket+"/chained -"); got != content {
		t.Errorf("S3 keeps %q, want %q", got, content)
	}
	for _, step := range []*step{second, refused, first} {
		if code, _ := step.post(t); code != 0 {
			t.Errorf("post: got exit code %d, want 0", code)
		}
	}
	checkNothingLeft(t, m, environment, files)
}

// chaining are the inputs of a step that goes on to another role, with a session tag of its own beside those that every step sends.
func chaining(name string) map[string]string {
	return map[string]string{
		"role-to-assume": radosgwRoles + name, "role-chaining": "true", "aws-region": region, "custom-tags": `{"team": "octo"}`,
	}
}

const radosgwRoles = "arn:aws:iam::" + radosgwAccount + ":role/"

// radosgwRefuses wants radosgw to refuse what versitygw does. What it says differs from one version to the next.
func radosgwRefuses(t *testing.T, i *internet) {
	t.Helper()
	const answer = ": AWS STS answered "
	for name, test := range map[string]refusal{
		"a token for another audience":   {tokens, map[string]string{"audience": "https://github.com/octo-org"}, answer, ""},
		"a token that has expired":       {expiredTokens, nil, answer, ""},
		"a token signed by someone else": {foreignTokens, nil, answer, ""},
		"a role for other subjects":      {tokens, map[string]string{"role-to-assume": radosgwRoles + "release"}, answer, ""},
		"a role for other roles":         {tokens, map[string]string{"role-to-assume": radosgwRoles + "partner"}, answer, ""},
		"a role that is not there":       {tokens, map[string]string{"role-to-assume": radosgwRoles + "none"}, answer, ""},
		"a role in another account":      {tokens, map[string]string{"role-to-assume": versitygwRoles + "deploy"}, answer, ""},
		"a session that is too long":     {tokens, map[string]string{"role-duration-seconds": "7200"}, answer, ""},
		"what is no token":               {tokens, map[string]string{"web-identity-token-file": "README.md"}, answer, ""},
	} {
		t.Run(name, func(t *testing.T) { test.run(t, i, role) })
	}
}
