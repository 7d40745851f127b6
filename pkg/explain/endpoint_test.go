package explain

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"gatepass/pkg/inputs"
)

// What a user pastes into a shell asks the endpoint, whatever its name is, and runs nothing else.
func TestAnEndpointIsAWordOfTheCommand(t *testing.T) {
	t.Parallel()
	hostile := &url.URL{Scheme: "http", Host: "a;id;$(id)"}
	onAWS := &inputs.AWS{Region: "eu-central-1", Endpoint: hostile}
	onGoogle := &inputs.Google{STS: hostile, OAuth2: hostile, IAMCredentials: hostile, Universe: "googleapis.com"}
	region := &inputs.AWS{Region: "eu-central-1;id"}
	for name, test := range map[string]struct {
		c    Case
		want string
	}{
		"aws-unreached":       {Case{AWS: onAWS, Refusal: Refusal{Service: AWSSTS, Code: Unreached}}, "curl --silent --head 'http://a;id;$(id)' | head -1"},
		"aws-proxy":           {Case{AWS: onAWS, Refusal: Refusal{Service: AWSSTS, Code: NotItsAnswer}}, "curl --silent --show-error --include 'http://a;id;$(id)'"},
		"aws-name-service":    {Case{AWS: region}, "getent hosts 'sts.eu-central-1;id.amazonaws.com'"},
		"google-name-service": {Case{Google: onGoogle, Refusal: Refusal{Service: GoogleSTS}}, "getent hosts 'a;id;$(id)'"},
		"google-unreached":    {Case{Google: onGoogle, Refusal: Refusal{Service: GoogleOAuth}}, "curl --silent --show-error --head 'http://a;id;$(id)' | head -1"},
		"google-proxy":        {Case{Google: onGoogle, Refusal: Refusal{Service: IAMCredentials}}, "curl --silent --show-error --include 'http://a;id;$(id)'"},
	} {
		i := slices.IndexFunc(causes, func(c cause) bool { return c.name == name })
		if i < 0 {
			t.Fatalf("there is no cause %s", name)
		}
		if got := strings.Join(causes[i].explain(test.c).Paste, "\n"); got != test.want {
			t.Errorf("%s: got  %s\nwant %s", name, got, test.want)
		}
	}
}
