package google

import (
	"bytes"
	"encoding/json"
	"time"

	"gatepass/pkg/idtoken"
	"gatepass/pkg/inputs"
)

// externalAccount is the credentials file of workload identity federation: https://google.aip.dev/auth/4117. The order of its fields is
// that of google-github-actions/auth; the last two are ours.
type externalAccount struct {
	Type                           string           `json:"type"`
	Audience                       string           `json:"audience"`
	SubjectTokenType               string           `json:"subject_token_type"`
	TokenURL                       string           `json:"token_url"`
	CredentialSource               credentialSource `json:"credential_source"`
	ServiceAccountImpersonationURL string           `json:"service_account_impersonation_url,omitempty"`
	ServiceAccountImpersonation    *impersonation   `json:"service_account_impersonation,omitempty"`
	UniverseDomain                 string           `json:"universe_domain"`
}

type impersonation struct {
	TokenLifetimeSeconds int64 `json:"token_lifetime_seconds"`
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

// impersonated is the one form of the file that carries delegates: https://google.aip.dev/auth/4117 has none for them.
type impersonated struct {
	Type                           string          `json:"type"`
	Delegates                      []string        `json:"delegates"`
	ServiceAccountImpersonationURL string          `json:"service_account_impersonation_url"`
	SourceCredentials              externalAccount `json:"source_credentials"`
	UniverseDomain                 string          `json:"universe_domain"`
}

// CredentialsFile is the file with which Google's tools and libraries repeat the sign-in whenever they need a token: the key, or how to
// ask GitHub for as long as the job runs. In the latter is the job's request token, with which anyone can get ID tokens of the job: the
// whole file is a secret.
func CredentialsFile(in inputs.Google, source idtoken.Source) ([]byte, error) {
	if in.Key != nil {
		return []byte(in.Key.File.Reveal()), nil
	}
	account := externalAccount{
		Type:             "external_account",
		Audience:         resource(in),
		SubjectTokenType: jwtType,
		TokenURL:         in.STS.String() + "/v1/token",
		CredentialSource: credentialSource{
			URL:     source.URL(in.Audience),
			Headers: map[string]string{"Authorization": "Bearer " + source.RequestToken().Reveal()},
			Format:  format{Type: "json", SubjectTokenFieldName: "value"},
		},
		UniverseDomain: in.Universe,
	}
	if in.ServiceAccount == "" {
		return compact(account)
	}
	impersonate := in.IAMCredentials.String() + "/v1/" + serviceAccount(in.ServiceAccount) + ":generateAccessToken"
	if len(in.Delegates) > 0 {
		return compact(impersonated{"impersonated_service_account", in.Delegates, impersonate, account, in.Universe})
	}
	account.ServiceAccountImpersonationURL = impersonate
	if in.AccessToken.LifetimeGiven {
		account.ServiceAccountImpersonation = &impersonation{int64(in.AccessToken.Lifetime / time.Second)}
	}
	return compact(account)
}

func compact(value any) ([]byte, error) {
	var file bytes.Buffer
	encoder := json.NewEncoder(&file)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSpace(file.Bytes()), err
}
