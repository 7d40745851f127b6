package step

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"gatepass/pkg/aws"
	"gatepass/pkg/awsrefresh"
	"gatepass/pkg/credfile"
)

// renewal is the folder with the program that renews AWS's credentials in later steps. The zero value is for a step without one.
type renewal struct {
	dir      credfile.Dir
	name     string
	settings awsrefresh.Settings
	first    aws.Credentials
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
	return renewal{dir, name, awsrefresh.SettingsOf(p.Inputs), *got.aws}, nil
}

func (s Step) writeRenewal(r renewal) error {
	if r.name == "" {
		return nil
	}
	return awsrefresh.Write(r.dir, r.name, s.Program, r.settings, r.first, time.Now())
}

// command is what the profile starts, or nothing.
func (r renewal) command() string {
	if r.name == "" {
		return ""
	}
	return awsrefresh.Command(r.name)
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
