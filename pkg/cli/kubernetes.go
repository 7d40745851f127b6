package cli

import "errors"

// The names under which Actions Runner Controller starts programs of an image in its kubernetes mode. In a pod of the image it runs
// `tail -f /dev/null`, copies the job's folders into it with `tar`, in later versions by `sh -c`, and starts the step's program by
// `sh -e SCRIPT`. Nothing is copied back, neither what a step has exported nor its files, so a sign-in is of no use there. Without the
// names the hook fails as if the image were broken. With them `tail` keeps the pod there, and the others say what is wrong: on standard
// output, as text on standard error makes the hook try to copy again, for half a minute.
//
// https://github.com/actions/runner-container-hooks/blob/main/packages/k8s/src/hooks/run-container-step.ts
// https://github.com/actions/runner-container-hooks/blob/main/packages/k8s/src/k8s/index.ts
const (
	tail = "tail"
	sh   = "sh"
	tar  = "tar"
)

var errKubernetes = errors.New("this runner is Actions Runner Controller in kubernetes mode, which hands nothing that a container action exports to later steps, so Gatepass does not work here. Use a runner scale set in dind mode, do what needs the clouds in a job with runs-on: ubuntu-latest, or use aws-actions/configure-aws-credentials and google-github-actions/auth here")
