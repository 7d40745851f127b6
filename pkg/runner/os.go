package runner

import (
	"fmt"

	"gatepass/pkg/untrusted"
)

// CheckOS refuses any runner but those on Linux. Elsewhere GitHub's runner starts no container and says "Container action is only supported
// on Linux" (actions/runner, src/Runner.Worker/Handlers/ContainerActionHandler.cs). This is for who starts the program by hand there.
func CheckOS(getenv func(string) string) error {
	switch name := getenv("RUNNER_OS"); name {
	case "", "Linux":
		return nil
	default:
		return fmt.Errorf("environment variable RUNNER_OS: is %s, but this action works on Linux runners only. Do what needs the clouds in a job with runs-on: ubuntu-latest, or use aws-actions/configure-aws-credentials and google-github-actions/auth here", untrusted.Line(name))
	}
}
