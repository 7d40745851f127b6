package sandbox_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"time"
)

const (
	deploy     = "deploy@my-project.iam.gserviceaccount.com"
	bySubject  = "by-subject@my-project.iam.gserviceaccount.com"
	byPool     = "by-pool@my-project.iam.gserviceaccount.com"
	byDelegate = "by-delegate@my-project.iam.gserviceaccount.com"
	elsewhere  = "elsewhere@my-project.iam.gserviceaccount.com"
	byChain    = "by-chain@my-project.iam.gserviceaccount.com"
	chained    = "chained@my-project.iam.gserviceaccount.com"
	nobody     = "nobody@my-project.iam.gserviceaccount.com"

	accounts = "/google/iamcredentials/v1/projects/-/serviceAccounts/"
)

type object = map[string]any

// accessToken returns an access token of a service account.
func (f fixture) accessToken(t *testing.T, email, bearer string) string {
	t.Helper()
	r := f.postJSON(t, accounts+email+":generateAccessToken", bearer, object{"scope": []string{"openid"}})
	return decode[map[string]string](t, r)["accessToken"]
}

// iamRefusal is a refusal as Google's APIs write it, with what its ErrorInfo says.
type iamRefusal struct {
	refusal
	permission string
	reason     string // unless it is the one for a permission
	service    string
	consumer   string
}

func readIAMRefusal(t *testing.T, r response) iamRefusal {
	t.Helper()
	if r.status == http.StatusOK {
		return iamRefusal{}
	}
	var body struct {
		Error struct {
			Code            int
			Message, Status string
			Details         []struct {
				Type           string `json:"@type"`
				Reason, Domain string
				Metadata       map[string]string
			}
		}
	}
	if err := json.Unmarshal([]byte(r.body), &body); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	if body.Error.Code != r.status {
		t.Errorf("code %d with status %d", body.Error.Code, r.status)
	}
	got := iamRefusal{refusal: refusal{r.status, body.Error.Status, body.Error.Message}}
	for _, detail := range body.Error.Details {
		if detail.Type != "type.googleapis.com/google.rpc.ErrorInfo" {
			continue
		}
		switch {
		case detail.Reason == "IAM_PERMISSION_DENIED" && detail.Domain == "iam.googleapis.com":
			got.permission = detail.Metadata["permission"]
		case detail.Domain == "googleapis.com":
			got.reason, got.service, got.consumer = detail.Reason, detail.Metadata["service"], detail.Metadata["consumer"]
		}
	}
	return got
}

// iamTest calls a method with a federated token of the provider octo-repo, but for what it says.
type iamTest struct {
	name    string
	method  string // defaults to generateAccessToken
	email   string
	bearer  string
	request object // defaults to one that is good
	wait    time.Duration
	want    iamRefusal
}

func (test iamTest) run(t *testing.T, f fixture) {
	method, request := test.method, test.request
	if method == "" {
		method = "generateAccessToken"
	}
	if request == nil {
		request = map[string]object{
			"generateAccessToken": {"scope": []string{"https://www.googleapis.com/auth/cloud-platform"}, "delegates": nil},
			"generateIdToken":     {"audience": "https://service.example"},
			"signJwt":             {"payload": "{}"},
		}[method]
	}
	f.wait(test.wait)
	if got := readIAMRefusal(t, f.postJSON(t, accounts+test.email+":"+method, test.bearer, request)); got != test.want {
		t.Errorf("got  %+v\nwant %+v", got, test.want)
	}
}

func TestIAMCredentials(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	federated := f.federate(t, pool+"/providers/octo-repo")
	unmapped := f.federate(t, pool+"/providers/longest") // of the same pool, with another subject and no attributes
	access := f.accessToken(t, byPool, federated)

	invalid := func(message string) iamRefusal {
		return iamRefusal{refusal: refusal{400, "INVALID_ARGUMENT", message}}
	}
	argument := invalid("Request contains an invalid argument.")
	unauthenticated := iamRefusal{refusal: refusal{401, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."}}
	unknown := iamRefusal{refusal: refusal{404, "NOT_FOUND", "Not found; Gaia id not found for email " + nobody}}
	denied := func(permission string) iamRefusal {
		permission = "iam.serviceAccounts." + permission
		return iamRefusal{refusal: refusal{403, "PERMISSION_DENIED", "Permission '" + permission + "' denied on resource (or it may not exist)."}, permission: permission}
	}
	lifetime := func(text string) object { return object{"scope": []string{"openid"}, "lifetime": text} }
	through := func(delegates ...string) object {
		return object{"scope": []string{"openid"}, "delegates": delegates}
	}
	illegal := invalid("Invalid value at 'lifetime' (type.googleapis.com/google.protobuf.Duration), Field 'lifetime', Illegal duration format; duration must end with 's'")
	tooLong := invalid("Access tokens for service account " + deploy + " can not have lifetimes of more than 1 hour. Use the Org Policy Constraint constraints/iam.allowServiceAccountCredentialLifetimeExtension to allow up to 12 hours.")
	granted := iamRefusal{}

	for _, test := range []iamTest{
		{name: "granted by attribute", email: deploy, bearer: federated, want: granted},
		{name: "granted by subject", email: bySubject, bearer: federated, want: granted},
		{name: "granted by pool", email: byPool, bearer: unmapped, want: granted},
		{name: "granted to a service account", email: byDelegate, bearer: access, want: granted},
		{name: "granted through a delegate", email: byDelegate, bearer: federated, request: through("projects/-/serviceAccounts/" + byPool), want: granted},
		{name: "granted through two delegates", email: chained, bearer: federated, request: through("projects/-/serviceAccounts/"+byPool, "projects/-/serviceAccounts/"+byChain), want: granted},
		{name: "granted by unique IDs", email: f.uniqueID(t, byDelegate), bearer: federated, request: through("projects/-/serviceAccounts/" + f.uniqueID(t, byPool)), want: granted},
		{name: "ID token", method: "generateIdToken", email: deploy, bearer: federated, want: granted},
		{name: "signature", method: "signJwt", email: byPool, bearer: federated, want: granted},
		{name: "longest lifetime", email: deploy, bearer: federated, request: lifetime("3600s"), want: granted},
		{name: "fraction of a second", email: deploy, bearer: federated, request: lifetime("0.5s"), want: granted},

		{name: "no bearer", email: deploy, want: unauthenticated},
		{name: "unknown bearer", email: deploy, bearer: "ya29.x", want: unauthenticated},
		{name: "GitHub's token as bearer", email: deploy, bearer: f.idToken(t, "x"), want: unauthenticated},
		{name: "federated token at its end", email: deploy, bearer: federated, wait: 5*time.Minute - time.Second, want: granted},
		{name: "expired federated token", email: deploy, bearer: federated, wait: 5 * time.Minute, want: unauthenticated},
		{name: "service account's token outlives it", email: byDelegate, bearer: access, wait: time.Hour - time.Second, want: granted},
		{name: "expired token of a service account", email: byDelegate, bearer: access, wait: time.Hour, want: unauthenticated},
		{name: "no such service account", email: nobody, bearer: federated, want: unknown},
		{name: "not bound", email: elsewhere, bearer: federated, want: denied("getAccessToken")},
		{name: "attribute that is not mapped", email: deploy, bearer: unmapped, want: denied("getAccessToken")},
		{name: "other subject", email: bySubject, bearer: unmapped, want: denied("getAccessToken")},
		{name: "bound to another service account", method: "generateIdToken", email: byDelegate, bearer: federated, want: denied("getOpenIdToken")},
		{name: "workloadIdentityUser cannot sign", method: "signJwt", email: deploy, bearer: federated, want: denied("signJwt")},
		{name: "delegate that does not exist", email: byDelegate, bearer: federated, request: through("projects/-/serviceAccounts/" + nobody), want: unknown},
		{name: "delegate that is not bound", email: byDelegate, bearer: federated, request: through("projects/-/serviceAccounts/" + deploy), want: denied("implicitDelegation")},
		{name: "second delegate that is not bound", email: byDelegate, bearer: federated, request: through("projects/-/serviceAccounts/"+byPool, "projects/-/serviceAccounts/"+byItself), want: denied("implicitDelegation")},
		{name: "delegates in the wrong order", email: chained, bearer: federated, request: through("projects/-/serviceAccounts/"+byChain, "projects/-/serviceAccounts/"+byPool), want: denied("implicitDelegation")},
		{name: "delegate left out", email: chained, bearer: federated, request: through("projects/-/serviceAccounts/" + byPool), want: denied("getAccessToken")},
		{name: "delegate given as a bare e-mail", email: byDelegate, bearer: federated, request: through(byPool), want: argument},
		{name: "delegate of a project that is named", email: byDelegate, bearer: federated, request: through("projects/my-project/serviceAccounts/" + byPool), want: argument},
		{name: "delegate with a slash before", email: byDelegate, bearer: federated, request: through("/projects/-/serviceAccounts/" + byPool), want: argument},
		{name: "delegate without a name", email: byDelegate, bearer: federated, request: through("projects/-/serviceAccounts/"), want: argument},
		{name: "delegate with more after its name", email: byDelegate, bearer: federated, request: through("projects/-/serviceAccounts/" + byPool + "/keys"), want: argument},
		{name: "delegates in one", email: byDelegate, bearer: federated, request: object{"scope": []string{"openid"}, "delegates": "projects/-/serviceAccounts/" + byPool}, want: invalid("Invalid JSON payload received.")},

		{name: "lifetime over an hour", email: deploy, bearer: federated, request: lifetime("3601s"), want: tooLong},
		{name: "lifetime of nothing", email: deploy, bearer: federated, request: lifetime("0s"), want: invalid("Lifetime of access token must be larger then zero.")},
		{name: "negative lifetime", email: deploy, bearer: federated, request: lifetime("-1s"), want: invalid("Lifetime of access token must be larger then zero.")},
		{name: "lifetime without unit", email: deploy, bearer: federated, request: lifetime("3600"), want: illegal},
		{name: "lifetime in minutes", email: deploy, bearer: federated, request: lifetime("60m"), want: illegal},
		{name: "no scope", email: deploy, bearer: federated, request: object{}, want: argument},
		{name: "scope of no known form", email: deploy, bearer: federated, request: object{"scope": []string{"bogus"}}, want: argument},
		{name: "no audience", method: "generateIdToken", email: deploy, bearer: federated, request: object{}, want: argument},
		{name: "payload that is no object", method: "signJwt", email: byPool, bearer: federated, request: object{"payload": "x"}, want: argument},
		{name: "payload that expires too late", method: "signJwt", email: byPool, bearer: federated,
			request: object{"payload": `{"exp":` + strconv.FormatInt(start.Unix()+12*3600+1, 10) + `}`}, want: argument},
		{name: "field of another API", email: deploy, bearer: federated, request: object{"scopes": []string{"openid"}},
			want: invalid(`Invalid JSON payload received. Unknown name "scopes": Cannot find field.`)},
		{name: "field of another type", email: deploy, bearer: federated, request: object{"scope": "openid"},
			want: invalid("Invalid JSON payload received.")},
		{name: "no such method", method: "signBlob", email: deploy, bearer: federated, request: object{},
			want: iamRefusal{refusal: refusal{404, "NOT_FOUND", "Method not found."}}},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, f) })
	}
}

// uniqueID returns the number of a service account, which its key file says.
func (f fixture) uniqueID(t *testing.T, email string) string {
	t.Helper()
	file, err := f.ServiceAccountKey(email)
	if err != nil {
		t.Fatal(err)
	}
	var key struct {
		ID string `json:"client_id"`
	}
	if err := json.Unmarshal(file, &key); err != nil {
		t.Fatal(err)
	}
	return key.ID
}

// TestProjectMustBeWildcard names the project in the path, as other APIs want it.
func TestProjectMustBeWildcard(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	federated := f.federate(t, pool+"/providers/octo-repo")
	path := "/google/iamcredentials/v1/projects/my-project/serviceAccounts/" + deploy + ":generateAccessToken"
	got := readIAMRefusal(t, f.postJSON(t, path, federated, object{"scope": []string{"openid"}}))
	if want := (iamRefusal{refusal: refusal{400, "INVALID_ARGUMENT", "Request contains an invalid argument."}}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAccessTokenExpiry(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	federated := f.federate(t, pool+"/providers/octo-repo")
	for lifetime, want := range map[string]string{"": "2026-11-22T13:00:00Z", "60s": "2026-11-22T12:01:00Z"} {
		r := f.postJSON(t, accounts+deploy+":generateAccessToken", federated, object{"scope": []string{"openid"}, "lifetime": lifetime})
		if got := decode[map[string]string](t, r)["expireTime"]; got != want {
			t.Errorf("a lifetime of %q ends at %s, want %s", lifetime, got, want)
		}
	}
}

func TestServiceAccountIDToken(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	federated := f.federate(t, pool+"/providers/octo-repo")
	verifier := keySetVerifier(t.Context(), "https://accounts.google.com", f.url+"/google/oauth2/certs", f)
	for _, includeEmail := range []bool{false, true} {
		r := f.postJSON(t, accounts+deploy+":generateIdToken", federated, object{"audience": "aud", "includeEmail": includeEmail})
		claims := verified(t, verifier, decode[map[string]string](t, r)["token"])
		if _, has := claims["email"]; has != includeEmail || (has && (claims["email"] != deploy || claims["email_verified"] != true)) {
			t.Errorf("includeEmail %v: %v", includeEmail, claims)
		}
		id, _ := claims["sub"].(string)
		if len(id) != 21 || claims["azp"] != id || claims["aud"] != "aud" || claims["exp"] != float64(start.Unix()+3600) {
			t.Errorf("the claims are %v", claims)
		}
	}
}
