package google

import (
	"bytes"
	"encoding/json"

	"gatepass/pkg/idtoken"
	"gatepass/pkg/inputs"
)

const jwtType = "urn:ietf:params:oauth:token-type:jwt"

// externalAccount is the credentials file of workload identity federation: https://google.aip.dev/auth/4117. The order of its fields is
// that of google-github-actions/auth.
type externalAccount struct {
	Type                           string           `json:"type"`
	Audience                       string           `json:"audience"`
	SubjectTokenType               string           `json:"subject_token_type"`
	TokenURL                       string           `json:"token_url"`
	CredentialSource               credentialSource `json:"credential_source"`
	ServiceAccountImpersonationURL string           `json:"service_account_impersonation_url,omitempty"`
}

type credentialSource struct {
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Format  format            `json:"format"`
}

type format struct {
	Type                  string `json:"type"`
	SubjectTokenFieldName string `json:"subject_token_field_name"`
}

// CredentialsFile is the file with which Google's tools and libraries repeat the sign-in whenever they need a token, for as long as the
// job runs. It holds the job's request token, with which anyone can get ID tokens of the job: the whole file is a secret.
func CredentialsFile(in inputs.Google, source idtoken.Source) ([]byte, error) {
	account := externalAccount{
		Type:             "external_account",
		Audience:         resource(in.Provider),
		SubjectTokenType: jwtType,
		TokenURL:         in.STS.String() + "/v1/token",
		CredentialSource: credentialSource{
			URL:     source.URL(in.Audience),
			Headers: map[string]string{"Authorization": "Bearer " + source.RequestToken().Reveal()},
			Format:  format{Type: "json", SubjectTokenFieldName: "value"},
		},
	}
	if in.ServiceAccount != "" {
		account.ServiceAccountImpersonationURL = in.IAMCredentials.String() + "/v1/" + serviceAccount(in.ServiceAccount) + ":generateAccessToken"
	}
	var file bytes.Buffer
	encoder := json.NewEncoder(&file)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(account)
	return bytes.TrimSpace(file.Bytes()), err
}
