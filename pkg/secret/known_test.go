package secret_test

import (
	"testing"

	"gatepass/pkg/secret"
)

func TestKnownSecretsAreHidden(t *testing.T) {
	t.Parallel()
	var known secret.Known
	known.Add(secret.New("123456789012"), secret.String{}, secret.New(" \n"))
	known.Add(secret.New("arn:aws:iam::123456789012:role/deploy"), secret.New("-----BEGIN-----\n  MIIEvQ\r\nno\n\n"))
	for text, want := range map[string]string{
		"":                                 "",
		"account 123456789012, or 1234":    "account ***, or 1234",
		"arn:aws:iam::123456789012:role/x": "arn:aws:iam::***:role/x",
		"\"arn:aws:iam::123456789012:role/deploy\" and MIIEvQ": "\"***\" and ***",
		"MIIEvQ\n  MIIEvQ":         "***\n  ***",
		"not the end of a key, no": "not the end of a key, no",
	} {
		if got := known.Hide(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
