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
		err     error

		workspace bool
	}{
		"on the host itself":              {credfile.Process{}, temp, credfile.Dir{Place: credfile.Temp, Path: temp, Exported: temp}, nil, false},
		"workspace of the host":           {credfile.Process{}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: work}, nil, true},
		"workspace of a container":        {credfile.Process{InContainer: true, HostTemp: temp, HostWorkspace: "/home/me/repo"}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: "/home/me/repo"}, nil, true},
		"on the host, no RUNNER_TEMP":     {credfile.Process{}, "", credfile.Dir{}, credfile.ErrNoPlace, false},
		"container with other mounts":     {credfile.Process{InContainer: true, HostTemp: "/tmp", HostWorkspace: "/home/me/repo"}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: "/home/me/repo"}, nil, false},
		"host path that is not clean":     {credfile.Process{InContainer: true, HostTemp: "/tmp", HostWorkspace: "/home/../etc"}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: work, Inside: true}, nil, false},
		"host path that is not absolute":  {credfile.Process{InContainer: true, HostTemp: "tmp", HostWorkspace: "repo"}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: work, Inside: true}, nil, false},
		"host path with a line break":     {credfile.Process{InContainer: true, HostWorkspace: "/home/me\nX=y"}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: work, Inside: true}, nil, false},
		"HOME that is no mount of GitHub": {credfile.Process{InContainer: true, HostTemp: "/tmp"}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: work, Inside: true}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.process.WorkDir = work
			test.process.Getenv = func(name string) string { return map[string]string{"RUNNER_TEMP": test.temp, "HOME": "/root"}[name] }
			got, err := test.process.Dir(test.workspace)
			if got != test.want || !errors.Is(err, test.err) {
				t.Errorf("got %+v, %v\nwant %+v, %v", got, err, test.want, test.err)
			}
		})
	}
}
