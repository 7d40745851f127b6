package credfile_test

import (
	"errors"
	"testing"

	"gatepass/pkg/credfile"
)

// The rows with real container paths are proved by the tests in real containers.
func TestDirOutsideARunnersContainer(t *testing.T) {
	t.Parallel()
	temp, work := t.TempDir(), t.TempDir()
	for name, test := range map[string]struct {
		process credfile.Process
		temp    string
		want    credfile.Dir
		known   bool
		err     error

		workspace bool
	}{
		"on the host itself":              {credfile.Process{}, temp, credfile.Dir{Place: credfile.Temp, Path: temp, Exported: temp}, true, nil, false},
		"workspace of the host":           {credfile.Process{}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: work}, true, nil, true},
		"workspace of a container":        {credfile.Process{InContainer: true, HostTemp: temp, HostWorkspace: "/home/me/repo"}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: "/home/me/repo"}, true, nil, true},
		"on the host, no RUNNER_TEMP":     {credfile.Process{}, "", credfile.Dir{}, false, credfile.ErrNoPlace, false},
		"container with other mounts":     {credfile.Process{InContainer: true, HostTemp: "/tmp", HostWorkspace: "/home/me/repo"}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: "/home/me/repo"}, true, nil, false},
		"host path that is not clean":     {credfile.Process{InContainer: true, HostTemp: "/tmp", HostWorkspace: "/home/../etc"}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: work}, false, nil, false},
		"host path that is not absolute":  {credfile.Process{InContainer: true, HostTemp: "tmp", HostWorkspace: "repo"}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: work}, false, nil, false},
		"host path with a line break":     {credfile.Process{InContainer: true, HostWorkspace: "/home/me\nX=y"}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: work}, false, nil, false},
		"HOME that is no mount of GitHub": {credfile.Process{InContainer: true, HostTemp: "/tmp"}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: work}, false, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.process.WorkDir = work
			test.process.Getenv = func(name string) string { return map[string]string{"RUNNER_TEMP": test.temp, "HOME": "/root"}[name] }
			got, known, err := test.process.Dir(test.workspace)
			if got != test.want || known != test.known || !errors.Is(err, test.err) {
				t.Errorf("got %+v, %v, %v\nwant %+v, %v, %v", got, known, err, test.want, test.known, test.err)
			}
		})
	}
}
