// Package idtoken fetches the ID token that GitHub signs for a job.
//
// https://docs.github.com/actions/reference/security/oidc describes the token; the request is that of getIDToken in
// https://github.com/actions/toolkit/tree/main/packages/core. Forgejo answers the same request in the same form.
package idtoken

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gatepass/pkg/httpclient"
	"gatepass/pkg/retry"
	"gatepass/pkg/secret"
	"gatepass/pkg/untrusted"
)

// ErrNoPermission says that the job may not ask for ID tokens.
var ErrNoPermission = errors.New("this job may not ask GitHub for an ID token: it lacks the permission id-token: write")

// service is what errors call it.
const service = "GitHub"

// Refusal is what GitHub answered in place of a token, cleaned for printing.
type Refusal struct {
	Status  int // of HTTP
	Message string
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("%s answered %d %s: %s", service, r.Status, http.StatusText(r.Status), r.Message)
}

// Source is GitHub's token endpoint for one job.
type Source struct {
	address *url.URL
	token   secret.String
}

// NewSource makes a source of the address and the bearer token that the runner gives to a job with the permission id-token: write, in
// ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN. Without them the error is [ErrNoPermission].
func NewSource(address, token string) (Source, error) {
	if address == "" || token == "" {
		return Source{}, ErrNoPermission
	}
	u, err := httpclient.ParseURL(address)
	if err != nil {
		return Source{}, fmt.Errorf("environment variable ACTIONS_ID_TOKEN_REQUEST_URL: %w", err)
	}
	return Source{u, secret.New(token)}, nil
}

// URL is the address of a token for an audience.
func (s Source) URL(audience string) string {
	u := *s.address
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += "audience=" + url.QueryEscape(audience)
	return u.String()
}

// RequestToken is the bearer token of every request to the source. It lives as long as the job.
func (s Source) RequestToken() secret.String { return s.token }

// Fetch asks for a token for an audience. Network faults, 429, 5xx and what comes too early are retried; any other answer is final.
// GitHub's refusal is a *[Refusal].
func (s Source) Fetch(ctx context.Context, client *http.Client, policy retry.Policy, audience string) (secret.String, error) {
	var token secret.String
	err := retry.Do(ctx, policy, func(ctx context.Context) (err error) {
		token, err = s.fetchOnce(ctx, client, audience)
		return err
	})
	if err != nil {
		return secret.String{}, fmt.Errorf("GitHub's ID token for audience %q: %w", untrusted.Line(audience), err)
	}
	return token, nil
}

func (s Source) fetchOnce(ctx context.Context, client *http.Client, audience string) (secret.String, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL(audience), nil)
	if err != nil {
		return secret.String{}, err
	}
	request.Header.Set("Authorization", "Bearer "+s.token.Reveal())
	request.Header.Set("Accept", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return secret.String{}, httpclient.Unreached(service, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return secret.String{}, httpclient.Unreached(service, err)
	case response.StatusCode == http.StatusOK:
		return parse(body)
	}
	refusal := &Refusal{response.StatusCode, message(body)}
	if refusal.isTooEarly() {
		return secret.String{}, retry.Briefly(refusal, registration)
	}
	return secret.String{}, retry.ByStatus(refusal, response.StatusCode, response.Header)
}

// registration is how long the runner takes to tell GitHub that a job has begun, in most cases. A job's first step may ask before that.
// https://github.com/actions/runner/pull/1320
const registration = time.Second

// isTooEarly tells whether GitHub takes the job for one that has not begun.
func (r *Refusal) isTooEarly() bool {
	return strings.Contains(r.Message, "job in 'Pending' state") || strings.Contains(r.Message, "job in 'Delayed' state")
}

// parse takes the token out of an answer. Nothing of the answer goes into an error, as it may hold the token.
func parse(body []byte) (secret.String, error) {
	var answer struct{ Value string }
	if err := json.Unmarshal(body, &answer); err != nil {
		return secret.String{}, retry.Briefly(&httpclient.GarbledError{Service: service, Problem: "the answer is not JSON; a proxy may have given it"}, 0)
	}
	if strings.Count(answer.Value, ".") != 2 || strings.ContainsFunc(answer.Value, notBase64URL) {
		return secret.String{}, &httpclient.GarbledError{Service: service, Problem: "the answer holds no token"}
	}
	return secret.New(answer.Value), nil
}

func notBase64URL(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
}

// message is what a refusal says: GitHub's JSON has a message, Forgejo and proxies answer text.
func message(body []byte) string {
	var answer struct{ Message string }
	if json.Unmarshal(body, &answer) == nil && answer.Message != "" {
		return untrusted.Line(answer.Message)
	}
	return untrusted.Line(string(body))
}
