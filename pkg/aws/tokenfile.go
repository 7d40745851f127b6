package aws

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"regexp"

	"gatepass/pkg/credfile"
	"gatepass/pkg/secret"
)

// The kubelet replaces service account tokens by way of symbolic links:
// https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
var kubeletForm = regexp.MustCompile(`^/var/run/secrets/[^/]+/serviceaccount/token$`)

// longestToken is what STS takes.
const longestToken = 20_000

// ReadTokenFile reads an ID token from a file. A symbolic link is not followed, nor one in place of its folder, as what a checkout brings
// could lead to any file of the machine. In the workspace, where the checkout lies, this goes for all folders on the way.
func ReadTokenFile(workspace, path string) (secret.String, error) {
	const input = "web-identity-token-file"
	content, err := credfile.ReadBelow(workspace, path, longestToken)
	if errors.Is(err, credfile.ErrOutside) {
		content, err = credfile.Read(path, longestToken, kubeletForm.MatchString(path))
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return secret.String{}, fmt.Errorf("%s: there is no file %s in the folders that this action's container sees: the checkout and the runner's temporary folder", input, path)
	case err != nil:
		return secret.String{}, fmt.Errorf("%s: %w", input, err)
	}
	token := bytes.TrimSpace(content)
	if len(token) == 0 || bytes.ContainsFunc(token, notPrintable) {
		return secret.String{}, fmt.Errorf("%s: %s does not hold a token", input, path)
	}
	return secret.New(string(token)), nil
}
