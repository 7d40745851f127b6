package credfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// Place tells which of a job's folders a Dir is. Unlike a path it means the same inside and outside a container.
type Place string

// The places, in the order in which they are tried.
const (
	Home      Place = "home"      // /github/home: every runner mounts it in every container of the job
	Temp      Place = "temp"      // runner.temp
	Workspace Place = "workspace" // the folder of the checkout, for hosts that mount nothing else, such as nektos/act
)

// The paths at which the runner mounts its folders in an action's container.
const (
	containerHome      = "/github/home"
	containerTemp      = "/github/runner_temp"
	containerWorkspace = "/github/workspace"
)

// InActionsContainer tells by GITHUB_WORKSPACE whether the runner has started this process in an action's container.
func InActionsContainer(getenv func(string) string) bool {
	return getenv("GITHUB_WORKSPACE") == containerWorkspace
}

// Process is what is known about the process that keeps the files.
type Process struct {
	// Getenv reads HOME and RUNNER_TEMP.
	Getenv func(string) string
	// WorkDir is the working directory.
	WorkDir string
	// InContainer tells that this is an action's container, and so that its paths are not those of later steps.
	InContainer bool
	// HostTemp and HostWorkspace are runner.temp and github.workspace as the host names them. An action learns them from the arguments in
	// its action.yml, as the runner rewrites them in the environment.
	HostTemp, HostWorkspace string
	// InJobContainer tells that the job's steps run in a container, too.
	InJobContainer bool
}

// What is wrong where there is nowhere to keep files.
var (
	errNoPlace     = errors.New("environment variable RUNNER_TEMP: is missing or names no folder; it comes from GitHub's runner")
	errNoWorkspace = errors.New("credentials-location: is workspace, but the workspace is gone; an earlier step may have removed it")
)

// Dir chooses the folder for a step's files: the workspace if it is wanted or nothing else is there, and else one that no checkout sees.
// Outside a container there is but one place besides the workspace.
func (p Process) Dir(inWorkspace bool) (Dir, error) {
	places := []Place{Home, Temp, Workspace}
	if inWorkspace {
		places = []Place{Workspace}
	} else if !p.InContainer {
		places = []Place{Temp}
	}
	for _, place := range places {
		if dir, ok := p.At(place); ok {
			return dir, nil
		}
	}
	for _, place := range places {
		if path, ok := p.path(place); ok && p.InContainer {
			return Dir{place, path, path, true}, nil
		}
	}
	if inWorkspace {
		return Dir{}, errNoWorkspace
	}
	return Dir{}, errNoPlace
}

// At returns the folder of a place. ok is false if this process does not have it, or cannot say what later steps call it.
func (p Process) At(place Place) (dir Dir, ok bool) {
	path, ok := p.path(place)
	switch {
	case !p.InContainer:
		return Dir{Place: place, Path: path, Exported: path}, ok
	case place == Home && p.InJobContainer:
		return Dir{Place: place, Path: path, Exported: containerHome}, ok
	}
	exported := map[Place]string{Home: p.HostTemp, Temp: p.HostTemp, Workspace: p.HostWorkspace}[place]
	ok = ok && isPath(exported)
	if place == Home {
		exported = filepath.Join(exported, "_github_home")
	}
	return Dir{Place: place, Path: path, Exported: exported}, ok
}

// Outside is a variable's value as later steps know it. For this container, the runner has rewritten each value that is a path in one of
// its folders; any other it has left as it is.
func (p Process) Outside(value string) string {
	for _, place := range []Place{Home, Temp, Workspace} {
		dir, ok := p.At(place)
		if rest, found := strings.CutPrefix(value, dir.Path); ok && found && (rest == "" || rest[0] == '/') {
			return dir.Exported + rest
		}
	}
	return value
}

// path is a place's folder for this process. ok is false if it is not there, or is not what the runner mounts.
func (p Process) path(place Place) (path string, ok bool) {
	switch {
	case place == Home && p.InContainer:
		path = p.Getenv("HOME")
		return path, path == containerHome && isDir(path)
	case place == Temp:
		path = p.Getenv("RUNNER_TEMP")
		return path, (path == containerTemp || !p.InContainer) && isDir(path)
	case place == Workspace:
		return p.WorkDir, isDir(p.WorkDir)
	}
	return "", false
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// isPath tells whether a host path is one that can be exported as it is.
func isPath(path string) bool {
	return filepath.IsAbs(path) && filepath.Clean(path) == path && !strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f })
}
