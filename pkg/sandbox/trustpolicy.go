package sandbox

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"gatepass/pkg/fault"
	"gatepass/pkg/trust"
	"gatepass/pkg/trust/awstrust"
)

// requestKeys are patterns of the condition keys that a request may have. The
// sandbox knows which of them it has; of all others only AWS would know.
var requestKeys = []string{"sts:ExternalId", "sts:RoleSessionName", "aws:RequestTag/*", "aws:CurrentTime", "aws:EpochTime"}

func (p TrustPolicy) parse() (*awstrust.Policy, error) {
	document, err := trust.ParseJSON(p)
	if err != nil {
		return nil, err
	}
	return awstrust.Parse(document)
}

// validate finds what is wrong with a policy, and what the sandbox could never
// decide.
func (p TrustPolicy) validate() error {
	if len(p) == 0 {
		return errors.New("is missing")
	}
	policy, err := p.parse()
	if err == nil {
		err = policy.Undecidable(requestKeys)
	}
	return withoutPositions(err)
}

// withoutPositions keeps what faults say. Where they are counts for nothing: the
// policy may have been YAML.
func withoutPositions(err error) error {
	var kept []error
	for _, one := range fault.Split(err) {
		var placed *trust.FaultError
		if errors.As(one, &placed) {
			one = errors.New(placed.Message)
		}
		kept = append(kept, one)
	}
	return errors.Join(kept...)
}

// ask asks a role's policy about a request. What only AWS could tell is refused,
// in the sandbox's own words.
func (s *Sandbox) ask(role Role, request awstrust.Request) (awstrust.Decision, error) {
	policy, err := role.TrustPolicy.parse()
	if err != nil {
		return awstrust.Decision{}, err // The configuration is validated.
	}
	now := s.now().UTC()
	request.Keys = maps.Clone(request.Keys)
	request.Keys["aws:CurrentTime"], request.Keys["aws:EpochTime"] = now.Format(time.RFC3339), strconv.FormatInt(now.Unix(), 10)
	request.Absent = requestKeys
	decision := policy.Evaluate(request)
	if decision.Verdict != trust.Unknown {
		return decision, nil
	}
	return decision, refuse(http.StatusForbidden, "AccessDenied", "The sandbox cannot tell whether the trust policy of %s allows %s: %s",
		role.ARN, request.Action, uncertainty(decision))
}

// uncertainty says what an unknown decision hangs on.
func uncertainty(decision awstrust.Decision) string {
	for _, statement := range decision.Statements {
		at := slices.IndexFunc(statement.Reasons, func(r awstrust.Reason) bool { return r.Truth == awstrust.Perhaps })
		if statement.Applies == awstrust.Perhaps && at >= 0 {
			return statement.Reasons[at].String()
		}
	}
	return "no statement tells"
}
