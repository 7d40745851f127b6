package credfile

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// The files that all steps of a job share: a second step adds its profile to that of the first.
const (
	AWSCredentials = "gatepass-aws-credentials"
	AWSConfig      = "gatepass-aws-config"
)

// StepName is the name of a step's file. Both stages of a step arrive at the same name, also on hosts that lose the state between them,
// as nektos/act does.
func StepName(getenv func(string) string) string {
	var id strings.Builder
	for _, name := range []string{"GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_JOB", "GITHUB_ACTION"} {
		id.WriteString(getenv(name) + "\x00")
	}
	sum := sha256.Sum256([]byte(id.String()))
	return name(sum[:8])
}

// RandomName is for a step whose name is taken: two calls of a composite action, for one, give the same id to their steps.
func RandomName() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails: crypto/rand
	return name(id[:])
}

func name(id []byte) string { return "gha-creds-" + hex.EncodeToString(id) + ".json" }
