// Package awsprofile puts a profile into the text of AWS's shared credentials and config files, and takes it out again.
//
// The files are a person's: what is outside of the profile keeps its bytes, comments, order and spacing included. No INI library for Go
// writes a file back like that. gopkg.in/ini.v1 rewrites blank lines, line ends and the spacing around "=", and drops comments at the end;
// github.com/bigkevmcd/go-configparser drops all comments and makes keys of nested ones; the parser of AWS's SDK for Go is internal and
// does not write. So a change is an edit of lines, and ini.v1, which many tools for these files use, reads the text before and after it: a
// change is made only if it finds the same sections as this package does, the new keys, and everything else unchanged.
//
// The format is described at https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html. Where AWS's tools differ, lines are told
// apart as the SDK for Go does it (aws-sdk-go-v2, config/internal/ini), and a text that the AWS CLI cannot read is refused.
package awsprofile

import (
	"fmt"
	"slices"

	"gatepass/pkg/secret"
)

// Profile is what a step adds: a region, and either keys or a program that gives them.
type Profile struct {
	Name, Region                 string        // required
	AccessKeyID, SecretAccessKey secret.String // required without Process
	SessionToken                 secret.String // empty for long-term keys
	// Process is a program and its arguments. AWS's tools start it whenever they need credentials. Its path begins in the folder of the files.
	Process string
}

// File is one of the two files that hold profiles.
type File int

// The files.
const (
	Credentials File = iota // has a profile's keys
	Config                  // has a profile's region
)

// Variable leads SDKs and the AWS CLI to the file.
func (f File) Variable() string {
	if f == Config {
		return "AWS_CONFIG_FILE"
	}
	return "AWS_SHARED_CREDENTIALS_FILE"
}

// String says which file it is.
func (f File) String() string {
	if f == Config {
		return "AWS's config file"
	}
	return "AWS's credentials file"
}

// Add returns the text with the profile in it. A profile of that name that is there already is an error unless it is to be overwritten.
// Then its keys are replaced, and those that would give it other credentials are taken out: with a role_arn left behind, AWS's tools would
// go on to that role. Its other keys and its comments stay.
func (f File) Add(text []byte, p Profile, overwrite bool) ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	before, err := f.scan(text)
	if err != nil {
		return nil, err
	}
	after, entries := slices.Clone(before), f.entries(p)
	sections := f.sections(before, p.Name)
	switch {
	case len(sections) == 0:
		after = appendSection(after, f.headers(p.Name)[0], entries)
	case !overwrite:
		return nil, fmt.Errorf("the profile %q is in %s already. Set overwrite-aws-profile to true to replace it, or choose another name", p.Name, f)
	}
	for _, s := range slices.Backward(sections) { // from the last, so that the places of the others stay right
		after = slices.Replace(after, s.start, s.end, setEntries(before[s.start:s.end], entries, lineBreak(before))...)
	}
	if err := f.verify(before, after, p.Name, entries); err != nil {
		return nil, err
	}
	return join(after), nil
}

// Remove returns the text without the keys that Add puts into a profile, and without its section if no other key is left there. After an
// Add that found no such profile, that is the text as it was before, to the byte; what an Add replaced does not come back. A text without
// the profile is returned as it is.
func (f File) Remove(text []byte, name string) ([]byte, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	before, err := f.scan(text)
	if err != nil {
		return nil, err
	}
	after := slices.Clone(before)
	for i := range slices.Backward(f.sections(before, name)) { // found again each time, as the separator between two of them goes, too
		after = removeEntries(after, f.sections(after, name)[i], f.keys())
	}
	if err := f.verify(before, after, name, nil); err != nil {
		return nil, err
	}
	return join(after), nil
}

// entry is a key of a profile and its value.
type entry struct{ key, value string }

func (f File) entries(p Profile) []entry {
	var entries []entry
	if f == Config {
		entries = append(entries, entry{"region", p.Region})
	}
	switch {
	case p.Process != "":
		entries = append(entries, entry{"credential_process", f.command(p.Process)})
	case f == Credentials:
		entries = append(entries, entry{"aws_access_key_id", p.AccessKeyID.Reveal()}, entry{"aws_secret_access_key", p.SecretAccessKey.Reveal()})
		if !p.SessionToken.IsEmpty() {
			entries = append(entries, entry{"aws_session_token", p.SessionToken.Reveal()})
		}
	}
	return entries
}

// command starts a process. The folder of the files has another path in each container. The runner translates it in the variable that leads
// to a file, but not in the file. AWS's tools expand no variable
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html), and while most of them hand the command to a shell,
// the AWS CLI does not. So the command is a shell that expands it.
//
// It stands in both files, as some look into one of them only: the SDK for C++ into the config file, version 1 of that for Go into the
// credentials file.
func (f File) command(process string) string {
	return `sh -c 'exec "${` + f.Variable() + `%/*}"/` + process + `'`
}

// keys are those that Add can have put there.
func (f File) keys() []string {
	if f == Config {
		return []string{"region", "credential_process"}
	}
	return []string{"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "credential_process"}
}

// headers are the names of the sections that hold a profile, the one that Add makes first.
func (f File) headers(name string) []string {
	switch {
	case f == Credentials:
		return []string{name}
	case name == "default":
		return []string{"default", "profile default"}
	}
	return []string{"profile " + name}
}

// identityKeys decide whose credentials a profile gives, in either file. In the AWS CLI most of them go before the profile's own keys, and
// aws_security_token goes before aws_session_token (botocore, credentials.py: create_credential_resolver, SharedCredentialProvider). In the
// SDK for Go source_profile does (aws-sdk-go-v2, config/resolve_credentials.go: resolveCredsFromProfile).
var identityKeys = []string{
	"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token", "aws_account_id",
	"role_arn", "source_profile", "credential_source", "credential_process", "web_identity_token_file",
	"sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name", "login_session",
}
