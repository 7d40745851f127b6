package step

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"gatepass/pkg/awsrefresh"
	"gatepass/pkg/credfile"
	"gatepass/pkg/inputs"
)

// renewal is the folder with the program that renews AWS's credentials in later steps. The zero value is for a step without one.
type renewal struct {
	dir      credfile.Dir
	name     string
	sessions []awsrefresh.Session
}

// newRenewal chooses the folder's place and name. It writes nothing yet.
func (s Step) newRenewal(p plan, got session) (renewal, error) {
	if got.aws == nil || !p.AWS.Refresh {
		return renewal{}, nil
	}
	if s.Program == "" {
		return renewal{}, errors.New("aws-refresh: the path of this program is not known, so that it cannot be copied")
	}
	dir, err := s.Process.Dir(false)
	if err != nil {
		return renewal{}, err
	}
	name := credfile.FolderName(s.getenv)
	if _, err := os.Lstat(filepath.Join(dir.Path, name)); err == nil {
		name = credfile.RandomFolderName()
	}
	return renewal{dir, name, sessionsOf(p, got)}, nil
}

// sessionsOf are the sessions that are renewed, each as it was opened. Those of aws-roles are called by their lines' numbers, as a
// profile's name may be anything.
func sessionsOf(p plan, got session) []awsrefresh.Session {
	var sessions []awsrefresh.Session
	for i, in := range p.AWS.SignIns() {
		all := p.Inputs
		all.AWS = &in
		session := awsrefresh.Session{Settings: awsrefresh.SettingsOf(all), First: got.roles[i]}
		if in.Line > 0 {
			session.Name = strconv.Itoa(in.Line)
		}
		if in.Source == inputs.FromProfile {
			session.Settings.Source = strconv.Itoa(p.AWS.Roles[p.AWS.SourceOf(in)].Line)
		}
		sessions = append(sessions, session)
	}
	return sessions
}

func (s Step) writeRenewal(r renewal) error {
	if r.name == "" {
		return nil
	}
	return awsrefresh.Write(r.dir, r.name, s.Program, r.sessions, time.Now())
}

// command is what the profile of a session starts, or nothing.
func (r renewal) command(session int) string {
	if r.name == "" {
		return ""
	}
	return awsrefresh.Command(r.name, r.sessions[session].Name)
}

func (r renewal) remove() error {
	if r.name == "" {
		return nil
	}
	_, err := r.dir.RemoveFolder(r.name)
	return err
}

// removeRenewal removes the folder when the job ends. What is still running then renews nothing any more.
func (s Step) removeRenewal(place credfile.Place, name string) error {
	dir, err := s.at(place)
	if err != nil {
		return err
	}
	removed, err := dir.RemoveFolder(name)
	if removed {
		s.Log.Info("Removed what renews the AWS credentials")
	}
	return err
}
