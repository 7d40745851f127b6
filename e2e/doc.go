// Package e2e starts the action's own image under a real Docker engine, once as GitHub's runner does and once by act, signs in to the
// sandbox's clouds, and looks at what the steps after it find: on the host as the runner's user, in later Docker actions, in the
// containers of container jobs, and after the post step. It makes a release, too: its image does the same, its bytes do not depend on
// the machine, and its commit and its registry's image are what the source says.
//
// In a network of its own, where the clouds' real names lead to servers of the test's, it signs in to an AWS of others, versitygw or Ceph's
// radosgw, and uses S3 with AWS's tools and libraries. Google is the sandbox there, too, but what asks it are Google's own libraries.
//
//	go test -tags e2e ./e2e
//
// It needs Linux, root (the runner's user is another one) and Docker; what is missing is a failure, never a skip. The runner's part is
// played after actions/runner, src/Runner.Worker: Handlers/ContainerActionHandler.cs, Container/DockerCommandManager.cs,
// Container/ContainerInfo.cs, ContainerOperationProvider.cs.
package e2e
