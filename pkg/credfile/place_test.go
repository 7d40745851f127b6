package credfile_test

import (
	"cmp"
	"fmt"
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
		err     string

		workspace bool
	}{
		"on the host itself":              {credfile.Process{}, temp, credfile.Dir{Place: credfile.Temp, Path: temp, Exported: temp}, "", false},
		"workspace of the host":           {credfile.Process{}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: work}, "", true},
		"workspace of a container":        {credfile.Process{InContainer: true, HostTemp: temp, HostWorkspace: "/home/me/repo"}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: "/home/me/repo"}, "", true},
		"on the host, no RUNNER_TEMP":     {credfile.Process{}, "", credfile.Dir{}, "environment variable RUNNER_TEMP: is missing or names no folder; it comes from GitHub's runner", false},
		"container with other mounts":     {credfile.Process{InContainer: true, HostTemp: "/tmp", HostWorkspace: "/home/me/repo"}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: "/home/me/repo"}, "", false},
		"host path that is not clean":     {credfile.Process{InContainer: true, HostTemp: "/tmp", HostWorkspace: "/home/../etc"}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: work, Inside: true}, "", false},
		"host path that is not absolute":  {credfile.Process{InContainer: true, HostTemp: "tmp", HostWorkspace: "repo"}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: work, Inside: true}, "", false},
		"host path with a line break":     {credfile.Process{InContainer: true, HostWorkspace: "/home/me\nX=y"}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: work, Inside: true}, "", false},
		"HOME that is no mount of GitHub": {credfile.Process{InContainer: true, HostTemp: "/tmp"}, temp, credfile.Dir{Place: credfile.Workspace, Path: work, Exported: work, Inside: true}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.process.WorkDir = work
			test.process.Getenv = func(name string) string { return map[string]string{"RUNNER_TEMP": test.temp, "HOME": "/root"}[name] }
			got, err := test.process.Dir(test.workspace)
			if got != test.want || fmt.Sprint(err) != cmp.Or(test.err, "<nil>") {
				t.Errorf("got %+v, %v\nwant %+v, %s", got, err, test.want, test.err)
			}
		})
	}
}

// The runner has rewritten the paths of its folders; a path beside them only begins alike.
func TestOutside(t *testing.T) {
	t.Parallel()
	work := t.TempDir()
	inContainer := credfile.Process{InContainer: true, HostWorkspace: "/home/me/repo", WorkDir: work}
	for name, test := range map[string]struct {
		process     credfile.Process
		value, want string
	}{
		"file in the workspace":     {inContainer, work + "/a/b", "/home/me/repo/a/b"},
		"the workspace":             {inContainer, work, "/home/me/repo"},
		"folder beside":             {inContainer, work + "-too/a", work + "-too/a"},
		"path inside a value":       {inContainer, "file:" + work + "/a", "file:" + work + "/a"},
		"no path":                   {inContainer, "eu-central-1", "eu-central-1"},
		"nothing":                   {inContainer, "", ""},
		"on the host itself":        {credfile.Process{WorkDir: work}, work + "/a", work + "/a"},
		"host path is not known":    {credfile.Process{InContainer: true, WorkDir: work}, work + "/a", work + "/a"},
		"path of the job container": {inContainer, "/__w/repo/repo/a", "/__w/repo/repo/a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.process.Getenv = func(string) string { return "" }
			if got := test.process.Outside(test.value); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
