//go:build e2e

package e2e

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"gatepass/pkg/idtoken"
	"gatepass/pkg/retry"
	"gatepass/pkg/sandbox"
)

// What exists in the sandbox's default world.
const (
	role           = "arn:aws:iam::123456789012:role/deploy"
	provider       = "projects/123456789012/locations/global/workloadIdentityPools/github/providers/octo-repo"
	serviceAccount = "deploy@my-project.iam.gserviceaccount.com"
)

// toBothClouds are the inputs of a step that signs in to both clouds.
func toBothClouds() map[string]string {
	return map[string]string{
		"role-to-assume":             role,
		"aws-region":                 "eu-central-1",
		"workload_identity_provider": provider,
		"service_account":            serviceAccount,
		"token_format":               "access_token",
		"output-credentials":         "true",
	}
}

// world is GitHub's token service and the two clouds, where containers reach them.
type world struct {
	*sandbox.Sandbox
	base string
}

func newWorld(t testing.TB) world {
	t.Helper()
	return newWorldOf(t, sandbox.DefaultConfig(), nil)
}

// newWorldOf is a world in which something else exists. observe is told of every request; nil is nobody.
func newWorldOf(t testing.TB, config sandbox.Config, observe func(sandbox.Exchange)) world {
	t.Helper()
	s, err := sandbox.New(config, sandbox.Options{Observe: observe})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(s)
	_ = server.Listener.Close()
	server.Listener = listen(t)
	server.Start()
	t.Cleanup(server.Close)
	return world{s, server.URL}
}

// listen opens a port on the host's end of Docker's default bridge, as a container's own loopback is not the host's.
func listen(t testing.TB) net.Listener {
	t.Helper()
	name := docker(t, "network", "inspect", "bridge", "--format", `{{index .Options "com.docker.network.bridge.name"}}`)
	bridge, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatalf("the bridge %q: %v", name, err)
	}
	addresses, err := bridge.Addrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		host, ok := address.(*net.IPNet)
		if !ok || host.IP.To4() == nil {
			continue
		}
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort(host.IP.String(), "0"))
		if err != nil {
			t.Fatal(err)
		}
		return listener
	}
	t.Fatalf("the bridge %q has no address", name)
	return nil
}

// permit gives the job what `permissions: id-token: write` gives it, and points its steps at this world.
func (w world) permit(m *machine) {
	for _, variable := range w.Environment(w.base) {
		m.Env[variable.Name] = variable.Value
	}
}

// idToken is a token as GitHub gives it to a job.
func (w world) idToken(t *testing.T, audience string) string {
	t.Helper()
	var address, bearer string
	for _, variable := range w.Environment(w.base) {
		switch variable.Name {
		case "ACTIONS_ID_TOKEN_REQUEST_URL":
			address = variable.Value
		case "ACTIONS_ID_TOKEN_REQUEST_TOKEN":
			bearer = variable.Value
		}
	}
	source, err := idtoken.NewSource(address, bearer)
	if err != nil {
		t.Fatal(err)
	}
	token, err := source.Fetch(t.Context(), new(http.Client), retry.Policy{}, audience)
	if err != nil {
		t.Fatal(err)
	}
	return token.Reveal()
}
