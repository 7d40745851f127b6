//go:build e2e

package e2e

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"gatepass/pkg/sandbox"
)

// cloud is a world with services in which jobs use their credentials: S3, ECR, Cloud Storage and registries of images, as far as the
// examples go. They let in whoever the world's sandbox has signed in, and keep who has done what.
type cloud struct {
	world
	aws, storage string // where S3 and ECR, and Cloud Storage are

	mu        sync.Mutex
	done      []string          // who: service and request
	passwords map[string]string // of ECR's registry, and whose they are
}

func newCloud(t *testing.T, config sandbox.Config) *cloud {
	t.Helper()
	c := &cloud{passwords: map[string]string{}}
	c.world = newWorldOf(t, config, func(x sandbox.Exchange) {
		if x.Call == "GetCallerIdentity" {
			c.note(x.Caller, "sts "+x.Call)
		}
	})
	for base, serve := range map[*string]http.HandlerFunc{&c.aws: c.serveAWS, &c.storage: c.serveStorage} {
		server := httptest.NewServer(serve)
		t.Cleanup(server.Close)
		*base = server.URL
	}
	return c
}

func (c *cloud) note(who, what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = append(c.done, who+": "+what)
}

// whatWasDone is in no order, as jobs of a workflow run side by side. What was done twice is there once.
func (c *cloud) whatWasDone() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(c.done)))
}

// serveAWS is an S3 whose buckets are empty, and an ECR.
func (c *cloud) serveAWS(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	who, service, err := c.signer(r, body)
	if err != nil {
		c.note("refused", err.Error())
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	c.note(who, service+" "+r.Method+" "+r.URL.Path)
	switch {
	case service == "ecr":
		// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
		token := base64.StdEncoding.EncodeToString([]byte("AWS:" + c.newPassword(who)))
		fmt.Fprintf(w, `{"authorizationData": [{"authorizationToken": %q, "proxyEndpoint": %q}]}`, token, c.aws)
	case r.Method == http.MethodGet:
		fmt.Fprint(w, `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated></ListBucketResult>`)
	}
}

func (c *cloud) newPassword(who string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	password := rand.Text()
	c.passwords[password] = who
	return password
}

func (c *cloud) whosePassword(password string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.passwords[password]
}

// signatureForm has the access key's ID, the region, the service and the names of the signed headers.
var signatureForm = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=(\w+)/\d+/([\w-]+)/(\w+)/aws4_request, SignedHeaders=([\w;-]+), Signature=`)

// signer is the ARN of who signed a request. To verify the signature, the SDK signs the request once more.
func (c *cloud) signer(r *http.Request, body []byte) (who, service string, err error) {
	said := r.Header.Get("Authorization")
	match := signatureForm.FindStringSubmatch(said)
	if match == nil {
		return "", "", errors.New("the request is not signed")
	}
	id, region, service, headers := match[1], match[2], match[3], match[4]
	key, ok := c.AccessKey(id)
	if !ok {
		return "", "", errors.New("the access key is not one of the sandbox's, or has expired")
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return "", "", err
	}
	address := *r.URL
	again := &http.Request{Method: r.Method, URL: &address, Host: r.Host, Header: http.Header{}}
	for name := range strings.SplitSeq(headers, ";") {
		if values := r.Header.Values(name); values != nil {
			again.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
	credentials := aws.Credentials{AccessKeyID: id, SecretAccessKey: key.Secret, SessionToken: key.SessionToken}
	hash := sha256.Sum256(body)
	if err := signer.SignHTTP(r.Context(), credentials, again, hex.EncodeToString(hash[:]), service, region, at); err != nil {
		return "", "", err
	}
	if want := again.Header.Get("Authorization"); want != said {
		return "", "", fmt.Errorf("the signature does not match: got %s, want %s", said, want)
	}
	return key.Holder, service, nil
}

// serveStorage is a Cloud Storage that takes everything.
func (c *cloud) serveStorage(w http.ResponseWriter, r *http.Request) {
	who := c.whoseToken(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if who == "" {
		c.note("refused", "storage "+r.Method+" "+r.URL.Path)
		http.Error(w, "the access token is not one of the sandbox's, or has expired", http.StatusUnauthorized)
		return
	}
	c.note(who, "storage "+r.Method+" "+r.URL.Path)
	fmt.Fprint(w, "{}")
}

func (c *cloud) whoseToken(token string) string { return strings.Join(c.Members(token), " ") }

// newRegistry starts a registry of images that knows one user, and whose a password is.
func (c *cloud) newRegistry(t *testing.T, user string, whose func(password string) string) (host string) {
	t.Helper()
	registry := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: newRegistry(t)})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, _ := r.BasicAuth()
		who := whose(password)
		if name != user || who == "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="octo"`)
			http.Error(w, `{"errors": [{"code": "UNAUTHORIZED"}]}`, http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/") {
			c.note(who, "registry "+r.Method+" "+r.URL.Path)
		}
		registry.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}
