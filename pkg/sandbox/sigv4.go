package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	sigv4Algorithm = "AWS4-HMAC-SHA256"
	sigv4Time      = "20060102T150405Z"
	sigv4Window    = 15 * time.Minute
)

// signature is a signature of AWS's Signature Version 4, as it stands in a
// request's headers. The algorithm is
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
// The order of the checks and their texts are as
// github.com/dacut/scratchstack-aws-signature has them.
type signature struct {
	accessKey string
	date      string
	region    string
	service   string
	end       string
	at        string   // X-Amz-Date
	headers   []string // the names of the signed ones, in lower case
	value     string
}

// parseSignature reads the Authorization header. Of its texts AWS's is longer
// by a hash of the header.
func parseSignature(header http.Header) (signature, error) {
	scheme, rest, _ := strings.Cut(header.Get("Authorization"), " ")
	parameters := map[string]string{}
	for parameter := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		parameters[name] = value
	}
	var missing []string
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if parameters[name] == "" {
			missing = append(missing, "Authorization header requires '"+name+"' parameter.")
		}
	}
	at := header.Get("X-Amz-Date")
	if at == "" {
		missing = append(missing, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	credential := strings.Split(parameters["Credential"], "/")
	switch {
	case len(missing) > 0:
		return signature{}, incomplete("%s", strings.Join(missing, " "))
	case scheme != sigv4Algorithm:
		return signature{}, incomplete("Unsupported AWS 'algorithm': '%s'", scheme)
	case len(credential) != 5:
		return signature{}, incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term")
	}
	return signature{
		accessKey: credential[0],
		date:      credential[1],
		region:    credential[2],
		service:   credential[3],
		end:       credential[4],
		at:        at,
		headers:   strings.Split(parameters["SignedHeaders"], ";"),
		value:     parameters["Signature"],
	}, nil
}

func incomplete(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "IncompleteSignature", format, args...)
}

func mismatch(format string, args ...any) error {
	return refuse(http.StatusForbidden, "SignatureDoesNotMatch", format, args...)
}

const regionPattern = `[a-z]+(?:-[a-z]+)+-\d+`

var regionForm = regexp.MustCompile(`\A` + regionPattern + `\z`)

// check judges what a signature says of itself. There is one address for all
// regions here, so that the region is the caller's to choose.
func (s signature) check(header http.Header, now time.Time) error {
	if !slices.Contains(s.headers, "host") {
		return mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for name := range header {
		// Nobody has quoted AWS's text about another header than Host.
		if strings.HasPrefix(name, "X-Amz-") && !slices.Contains(s.headers, strings.ToLower(name)) {
			return mismatch("'%s' must be a 'SignedHeader' in the AWS Authorization.", name)
		}
	}
	at, err := time.Parse(sigv4Time, s.at)
	if err != nil {
		return incomplete("Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", s.at)
	}
	now = now.UTC().Truncate(time.Second)
	if earliest := now.Add(-sigv4Window); at.Before(earliest) {
		return mismatch("Signature expired: %s is now earlier than %s (%s - 15 min.)", s.at, earliest.Format(sigv4Time), now.Format(sigv4Time))
	}
	if latest := now.Add(sigv4Window); at.After(latest) {
		return mismatch("Signature not yet current: %s is still later than %s (%s + 15 min.)", s.at, latest.Format(sigv4Time), now.Format(sigv4Time))
	}
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if !regionForm.MatchString(s.region) {
		fault("Credential should be scoped to a valid region, not '%s'.", s.region)
	}
	if s.service != "sts" {
		fault("Credential should be scoped to correct service: 'sts'.")
	}
	if s.end != "aws4_request" {
		fault("Credential should be scoped with a valid terminator: 'aws4_request', not '%s'.", s.end)
	}
	if day := at.Format("20060102"); s.date != day {
		fault("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.", s.date, day, s.at)
	}
	if len(faults) > 0 {
		return mismatch("%s", strings.Join(faults, " "))
	}
	return nil
}

// verify calculates the signature that secretKey gives, and compares.
func (s signature) verify(r *http.Request, body []byte, secretKey string) error {
	scope := strings.Join([]string{s.date, s.region, s.service, s.end}, "/")
	stringToSign := strings.Join([]string{sigv4Algorithm, s.at, scope, hexHash(s.canonicalRequest(r, body))}, "\n")
	key := []byte("AWS4" + secretKey)
	for _, part := range []string{s.date, s.region, s.service, s.end} {
		key = authenticationCode(key, part)
	}
	if !hmac.Equal([]byte(hex.EncodeToString(authenticationCode(key, stringToSign))), []byte(s.value)) {
		return mismatch("The request signature we calculated does not match the signature you provided. " +
			"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

func (s signature) canonicalRequest(r *http.Request, body []byte) []byte {
	// Every service but S3 has the path encoded twice.
	path := (&url.URL{Path: r.URL.EscapedPath()}).EscapedPath()
	query := strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20")
	lines := []string{r.Method, path, query}
	for _, name := range s.headers {
		values := r.Header.Values(name)
		if name == "host" {
			values = []string{r.Host}
		}
		lines = append(lines, name+":"+strings.Join(strings.Fields(strings.Join(values, ",")), " "))
	}
	lines = append(lines, "", strings.Join(s.headers, ";"), hexHash(body))
	return []byte(strings.Join(lines, "\n"))
}

func hexHash(b []byte) string {
	hash := sha256.Sum256(b)
	return hex.EncodeToString(hash[:])
}

func authenticationCode(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(text)) // never fails, as its documentation says
	return h.Sum(nil)
}
