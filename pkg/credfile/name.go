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
func StepName(getenv func(string) string) string { return name(stepID(getenv)) }

// RandomName is for a step whose name is taken: two calls of a composite action, for one, give the same id to their steps.
func RandomName() string { return name(randomID()) }

func name(id string) string { return "gha-creds-" + id + ".json" }

// FolderName is the name of a step's folder. It is to StepName's rules.
func FolderName(getenv func(string) string) string { return folderName(stepID(getenv)) }

// RandomFolderName is for a step whose folder's name is taken.
func RandomFolderName() string { return folderName(randomID()) }

func folderName(id string) string { return "gatepass-aws-" + id }

// TokenName is the name of a step's file with GitHub's token. It is to StepName's rules.
func TokenName(getenv func(string) string) string { return tokenName(stepID(getenv)) }

// RandomTokenName is for a step whose token's name is taken.
func RandomTokenName() string { return tokenName(randomID()) }

func tokenName(id string) string { return "gatepass-web-identity-" + id }

func stepID(getenv func(string) string) string {
	var id strings.Builder
	for _, name := range []string{"GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_JOB", "GITHUB_ACTION"} {
		id.WriteString(getenv(name) + "\x00")
	}
	sum := sha256.Sum256([]byte(id.String()))
	return hex.EncodeToString(sum[:8])
}

func randomID() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails: crypto/rand
	return hex.EncodeToString(id[:])
}
