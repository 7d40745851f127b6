package sandbox

import (
	"context"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"gatepass/pkg/trust"
	"gatepass/pkg/trust/awstrust"
)

const webIdentityAction = "sts:AssumeRoleWithWebIdentity"

// expiryGrace is how long AWS takes a token after its expiry:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
const expiryGrace = 5 * time.Minute

// webIdentitySession is the answer to AssumeRoleWithWebIdentity.
type webIdentitySession struct {
	XMLName  xml.Name `xml:"AssumeRoleWithWebIdentityResult"`
	Subject  string   `xml:"SubjectFromWebIdentityToken"`
	Audience string   `xml:"Audience"`
	Provider string   `xml:"Provider"`
	issuedSession
}

// assumeRoleWithWebIdentity checks in AWS's order: parameters, token and
// provider, and only then the role. That order is why AccessDenied rules out a
// missing provider and a wrong audience.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
func (s *Sandbox) assumeRoleWithWebIdentity(r *http.Request, x *Exchange) (any, error) {
	x.Detail = r.PostForm.Get("RoleArn")
	request, err := parseWebIdentityRequest(r.PostForm)
	if err != nil {
		return nil, err
	}
	token, providerARN, err := s.webIdentity(r.Context(), request)
	if err != nil {
		return nil, err
	}
	role, err := s.trustingRole(request, providerARN, token)
	if err != nil {
		return nil, err
	}
	if err := role.allowsDuration(request.duration); err != nil {
		return nil, err
	}
	return &webIdentitySession{
		Subject:       token.text("sub"),
		Audience:      token.audiences()[0],
		Provider:      providerARN,
		issuedSession: s.openSession(request.assumption, role, nil),
	}, nil
}

// webIdentity verifies the token and returns it with the ARN of the provider
// that vouches for it. The texts are as users quote them, among others in
// github.com/aws-actions/configure-aws-credentials issues 280, 457 and 502 and
// github.com/external-secrets/external-secrets issue 6648.
func (s *Sandbox) webIdentity(ctx context.Context, request webIdentityRequest) (idToken, string, error) {
	token, err := readToken(request.token)
	if err != nil {
		return token, "", badToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	for _, claim := range []string{"iss", "sub", "aud", "iat", "exp"} {
		if token.claims[claim] == nil {
			return token, "", badToken("Missing a required claim: %s", claim)
		}
	}
	issuer := token.text("iss")
	if u, err := url.Parse(issuer); err != nil || u.Scheme != "https" || u.Host == "" {
		return token, "", badToken("Issuer must be a valid URL")
	}
	arn := request.role.provider(issuer)
	at := slices.IndexFunc(s.config.AWS.OIDCProviders, func(p OIDCProvider) bool { return p.ARN == arn })
	if at < 0 {
		return token, "", badToken("No OpenIDConnect provider found in your account for %s", issuer)
	}
	if err := s.checkSignature(ctx, token); err != nil {
		return token, "", err
	}
	now := s.now().Unix()
	if expiry, _ := token.seconds("exp"); now >= expiry+int64(expiryGrace.Seconds()) {
		return token, "", refuse(http.StatusBadRequest, "ExpiredTokenException",
			"Token expired: current date/time %d must be before the expiration date/time %d", now, expiry)
	}
	accepted := func(audience string) bool {
		return slices.Contains(s.config.AWS.OIDCProviders[at].ClientIDs, audience)
	}
	if !slices.ContainsFunc(token.audiences(), accepted) {
		return token, "", badToken("Incorrect token audience")
	}
	return token, arn, nil
}

func (s *Sandbox) checkSignature(ctx context.Context, token idToken) error {
	err := s.github.verify(ctx, token)
	switch {
	case err == nil:
		return nil
	case token.text("iss") != s.github.issuer, errors.Is(err, errUnknownKey):
		// Of all issuers, only GitHub's is within reach. The two spaces are AWS's.
		return badToken("Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements")
	}
	return badToken("The web identity token provided could not be validated")
}

func badToken(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "InvalidIdentityToken", format, args...)
}

// trustingRole returns the role if it exists and its policy trusts the token.
// AWS does not tell the one from the other.
func (s *Sandbox) trustingRole(request webIdentityRequest, providerARN string, token idToken) (Role, error) {
	denied := refuse(http.StatusForbidden, "AccessDenied", "Not authorized to perform "+webIdentityAction)
	role, ok := s.role(request.role.text)
	if !ok {
		return Role{}, denied
	}
	decision, err := s.ask(role, awstrust.Request{
		Action:   webIdentityAction,
		Provider: providerARN,
		Claims:   token.claims,
		Keys:     map[string]string{"sts:RoleSessionName": request.sessionName},
	})
	if err != nil {
		return Role{}, err
	}
	if decision.Verdict == trust.Denied {
		return Role{}, denied
	}
	return role, nil
}
