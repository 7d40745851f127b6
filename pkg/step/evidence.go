package step

import (
	"errors"
	"fmt"
	"io/fs"

	"gatepass/pkg/credfile"
	"gatepass/pkg/fault"
	"gatepass/pkg/inputs"
	"gatepass/pkg/trust"
	"gatepass/pkg/trust/awstrust"
	"gatepass/pkg/untrusted"
)

// evidence is what the step tells of whom the clouds trust, so that a refusal need not be guessed at. Each is nil where it does not.
type evidence struct {
	policy   *awstrust.Policy
	provider *trust.GoogleProvider
}

// readEvidence reads the files that the inputs name.
func (s Step) readEvidence(in inputs.Inputs) (evidence, error) {
	workspace := s.getenv("GITHUB_WORKSPACE")
	var found evidence
	var awsErr, googleErr error
	if in.AWS != nil && in.AWS.TrustPolicyFile != "" {
		found.policy, awsErr = readJSON(workspace, "aws-trust-policy", in.AWS.TrustPolicyFile, parseTrustPolicy)
	}
	if in.Google != nil && in.Google.ProviderFile != "" {
		found.provider, googleErr = readJSON(workspace, "google-provider", in.Google.ProviderFile, trust.ParseGoogleProvider)
	}
	return found, errors.Join(awsErr, googleErr)
}

// parseTrustPolicy takes the policy alone, or out of the output of aws iam get-role.
func parseTrustPolicy(document *trust.Node) (*awstrust.Policy, error) {
	if policy := document.Get("Role").Get("AssumeRolePolicyDocument"); policy != nil {
		document = policy
	}
	return awstrust.Parse(document)
}

// readJSON reads a file of the checkout, whose faults are faults of the input that names it. It follows no symbolic link, as what a
// checkout brings could lead to any file of the machine.
func readJSON[T any](workspace, input, path string, parse func(*trust.Node) (*T, error)) (*T, error) {
	const largest = 256 << 10 // AWS's and Google's own limits are far below
	text, err := credfile.ReadBelow(workspace, path, largest)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &inputs.Fault{Input: input, Problem: fmt.Sprintf("there is no file %s; is the checkout before this step?", untrusted.Line(path))}
	case err != nil:
		return nil, &inputs.Fault{Input: input, Problem: untrusted.Line(err.Error())}
	}
	document, err := trust.ParseJSON(text)
	if err != nil {
		return nil, faultsOf(input, err)
	}
	value, err := parse(document)
	return value, faultsOf(input, err)
}

// faultsOf are the faults of a file, each as one of the input's.
func faultsOf(input string, err error) error {
	var faults []error
	for _, one := range fault.Split(err) {
		faults = append(faults, &inputs.Fault{Input: input, Problem: untrusted.Line(one.Error())})
	}
	return errors.Join(faults...)
}
