package awsrefresh

import (
	"encoding/json"
	"errors"
	"time"

	"gatepass/pkg/aws"
	"gatepass/pkg/inputs"
	"gatepass/pkg/secret"
)

// document is what a credential process prints.
type document struct {
	text    secret.String // JSON
	keys    inputs.AWSKeys
	expires time.Time
}

// fields are those of a document, by the names that AWS gives them.
type fields struct {
	Version         int
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      time.Time
}

// documentOf makes a document of credentials that were asked for at a time. Their expiration is by AWS's clock; who reads it, this program
// and SDKs, goes by the machine's, which may be behind. By that they last for as long as they were asked for.
func (s Settings) documentOf(c aws.Credentials, asked time.Time) document {
	expires := c.Expiration
	if end := asked.Add(s.Role.Duration); end.Before(expires) {
		expires = end
	}
	expires = expires.UTC().Truncate(time.Second)
	f := fields{1, c.AccessKeyID.Reveal(), c.SecretAccessKey.Reveal(), c.SessionToken.Reveal(), expires}
	text, _ := json.Marshal(f) //nolint:gosec // to hand secrets out is what it is for; strings, a number and a time never fail
	return document{secret.New(string(text)), c.Keys(), expires}
}

// parse reads a document that has been kept. Nothing of it goes into an error.
func parse(text []byte) (document, error) {
	var f fields
	if err := json.Unmarshal(text, &f); err != nil || f.Version != 1 || f.AccessKeyID == "" || f.SecretAccessKey == "" || f.SessionToken == "" {
		return document{}, errors.New("the kept credentials are damaged")
	}
	keys := inputs.AWSKeys{AccessKeyID: secret.New(f.AccessKeyID), SecretAccessKey: secret.New(f.SecretAccessKey), SessionToken: secret.New(f.SessionToken)}
	return document{secret.New(string(text)), keys, f.Expiration}, nil
}

func (d document) bytes() []byte { return []byte(d.text.Reveal()) }

// lasts tells whether the credentials outlive a time.
func (d document) lasts(until time.Time) bool { return d.expires.After(until) }
