package aws_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatepass/pkg/aws"
)

func TestReadTokenFile(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		make func(folder string) error // makes folder/token
		want string                    // the error, without the folder; empty for none
	}{
		"token":               {func(f string) error { return os.WriteFile(f+"/token", []byte(idToken), 0o600) }, ""},
		"white space goes":    {func(f string) error { return os.WriteFile(f+"/token", []byte("\n"+idToken+" \r\n"), 0o600) }, ""},
		"nothing":             {func(string) error { return nil }, "web-identity-token-file: there is no file token in the folders that this action's container sees: the checkout and the runner's temporary folder"},
		"empty":               {func(f string) error { return os.WriteFile(f+"/token", nil, 0o600) }, "web-identity-token-file: token does not hold a token"},
		"two lines":           {func(f string) error { return os.WriteFile(f+"/token", []byte("a\nb"), 0o600) }, "web-identity-token-file: token does not hold a token"},
		"too long":            {func(f string) error { return os.WriteFile(f+"/token", make([]byte, 30000), 0o600) }, "web-identity-token-file: token is larger than 20000 bytes"},
		"folder":              {func(f string) error { return os.Mkdir(f+"/token", 0o700) }, "web-identity-token-file: token is not a plain file"},
		"link":                {func(f string) error { return os.Symlink("/etc/hostname", f+"/token") }, "web-identity-token-file: a symbolic link is not followed; give the path of the file itself"},
		"hard link":           {hardLink, "web-identity-token-file: token is not a plain file"},
		"link to a good file": {func(f string) error { return linkTo(f, idToken) }, "web-identity-token-file: a symbolic link is not followed; give the path of the file itself"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			if err := test.make(folder); err != nil {
				t.Fatal(err)
			}
			token, err := aws.ReadTokenFile(t.TempDir(), filepath.Join(folder, "token"))
			got := ""
			if err != nil {
				got = strings.ReplaceAll(err.Error(), folder+"/", "")
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if err == nil && token.Reveal() != idToken {
				t.Errorf("got %q", token.Reveal())
			}
		})
	}
}

func hardLink(folder string) error {
	if err := os.WriteFile(folder+"/real", []byte(idToken), 0o600); err != nil {
		return err
	}
	return os.Link(folder+"/real", folder+"/token")
}

func linkTo(folder, content string) error {
	if err := os.WriteFile(folder+"/real", []byte(content), 0o600); err != nil {
		return err
	}
	return os.Symlink("real", folder+"/token")
}

func TestAFolderThatIsALinkIsNotFollowed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(folder+"/token", []byte(idToken), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(folder, link); err != nil {
		t.Fatal(err)
	}
	if _, err := aws.ReadTokenFile(t.TempDir(), filepath.Join(link, "token")); err == nil {
		t.Error("the link was followed")
	}
}

func TestALinkAnywhereInTheCheckoutIsNotFollowed(t *testing.T) {
	t.Parallel()
	workspace := t.TempDir()
	if err := os.MkdirAll(workspace+"/real/infra", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(workspace+"/real/infra/token", []byte(idToken), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", workspace+"/a"); err != nil {
		t.Fatal(err)
	}
	if _, err := aws.ReadTokenFile(workspace, workspace+"/real/infra/token"); err != nil {
		t.Error(err)
	}
	const want = "web-identity-token-file: a symbolic link is not followed; give the path of the file itself"
	if _, err := aws.ReadTokenFile(workspace, workspace+"/a/infra/token"); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
