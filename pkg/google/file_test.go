package google_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"gatepass/pkg/google"
	"gatepass/pkg/idtoken"
	"gatepass/pkg/inputs"
	"gatepass/pkg/secret"
)

func TestCredentialsFile(t *testing.T) {
	t.Parallel()
	source, err := idtoken.NewSource("https://run.actions.githubusercontent.com/idtoken/1?api-version=2.0", "r3qu3st")
	if err != nil {
		t.Fatal(err)
	}
	const (
		start = `{"type":"external_account","audience":"//iam.googleapis.com/` + provider + `","subject_token_type":"urn:ietf:params:oauth:token-type:jwt","token_url":"https://sts.googleapis.com/v1/token",` +
			`"credential_source":{"url":"https://run.actions.githubusercontent.com/idtoken/1?api-version=2.0&audience=https%3A%2F%2Fiam.googleapis.com%2Fprojects%2F123456789012%2Flocations%2Fglobal%2FworkloadIdentityPools%2Fgithub%2Fproviders%2Focto-repo",` +
			`"headers":{"Authorization":"Bearer r3qu3st"},"format":{"type":"json","subject_token_field_name":"value"}}`
		impersonate = `"service_account_impersonation_url":"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/` + account + `:generateAccessToken"`
		end         = `,"universe_domain":"googleapis.com"}`
	)
	for name, test := range map[string]struct {
		change func(*inputs.Google)
		want   string
	}{
		"direct federation": {nil, start + end},
		"service account":   {func(in *inputs.Google) { in.ServiceAccount = account }, start + "," + impersonate + end},
		"lifetime": {func(in *inputs.Google) {
			in.ServiceAccount, in.AccessToken = account, inputs.AccessToken{Lifetime: 15 * time.Minute, LifetimeGiven: true}
		}, start + "," + impersonate + `,"service_account_impersonation":{"token_lifetime_seconds":900}` + end},
		"delegates": {func(in *inputs.Google) {
			in.ServiceAccount, in.Delegates = account, []string{"projects/-/serviceAccounts/a@p.iam.gserviceaccount.com"}
		}, `{"type":"impersonated_service_account","delegates":["projects/-/serviceAccounts/a@p.iam.gserviceaccount.com"],` + impersonate + `,"source_credentials":` + start + end + end},
		"universe": {func(in *inputs.Google) {
			in.Universe, in.STS = "cloud.example", &url.URL{Scheme: "https", Host: "sts.cloud.example"}
			in.IAM, in.WWW = &url.URL{Scheme: "https", Host: "iam.cloud.example"}, &url.URL{Scheme: "https", Host: "www.cloud.example"}
		}, strings.NewReplacer("//iam.googleapis.com", "//iam.cloud.example", "sts.googleapis.com", "sts.cloud.example", `"universe_domain":"googleapis.com"`, `"universe_domain":"cloud.example"`).Replace(start + end)},
		"key": {func(in *inputs.Google) {
			in.Key = &inputs.ServiceAccountKey{File: secret.New(`{"type":"service_account"}`)}
		}, `{"type":"service_account"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := google.CredentialsFile(input(test.change), source)
			if err != nil || string(got) != test.want {
				t.Errorf("got  %s\nwant %s\nerror %v", got, test.want, err)
			}
		})
	}
}
