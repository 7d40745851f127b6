package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// TrustPolicy evaluates Principal.Federated and Principal.AWS, exact actions
// and sts:*, StringEquals and StringLike. An explicit deny wins, and no
// statement is a no:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func (j *judge) TrustPolicy(policy TrustPolicy, request TrustRequest) (Trust, error) {
	statements, err := parseTrustPolicy(policy)
	if err != nil {
		return NoTrust, err
	}
	allowed := NoTrust
	for _, statement := range statements {
		trust := statement.trust(request)
		if trust != NoTrust && statement.deny {
			return NoTrust, nil
		}
		allowed = max(allowed, trust)
	}
	return allowed, nil
}

type statement struct {
	deny       bool
	providers  []string
	callers    []string // Principal.AWS
	actions    []string
	conditions []condition
}

// condition holds if the value behind key matches any of the patterns.
type condition struct {
	key      string // in lower case
	patterns []*regexp.Regexp
}

// trust returns whom the statement means by its principals, if it is about the request.
func (s statement) trust(request TrustRequest) Trust {
	covers := func(action string) bool { return strings.EqualFold(action, request.Action) || coversAll(action) }
	if !slices.ContainsFunc(s.actions, covers) {
		return NoTrust
	}
	for _, condition := range s.conditions {
		if !condition.holds(request) {
			return NoTrust
		}
	}
	named := func(name string) bool { return slices.Contains(s.callers, name) }
	switch {
	case request.ProviderARN != "" && slices.Contains(s.providers, request.ProviderARN):
		return TrustsCaller
	case len(request.Caller) > 0 && (named("*") || slices.ContainsFunc(request.Caller, named)):
		return TrustsCaller
	case slices.ContainsFunc(request.Account, named):
		return TrustsAccount
	}
	return NoTrust
}

func coversAll(action string) bool { return strings.EqualFold(action, "sts:*") }

// holds is false for a key that the request lacks, as AWS's positive operators are.
func (c condition) holds(request TrustRequest) bool {
	var values []string
	if value, ok := request.Keys[c.key]; ok {
		values = []string{value}
	} else if claim, ok := strings.CutPrefix(c.key, strings.ToLower(issuerOf(request.ProviderARN))+":"); ok {
		values, _ = stringList(request.Claims[claim])
	}
	return slices.ContainsFunc(values, func(value string) bool {
		return slices.ContainsFunc(c.patterns, func(p *regexp.Regexp) bool { return p.MatchString(value) })
	})
}

// issuerOf returns the URL, without https://, that a provider's ARN ends with.
func issuerOf(providerARN string) string {
	_, issuer, _ := strings.Cut(providerARN, ":oidc-provider/")
	return issuer
}

// policyParser reads a trust policy and collects what the judge cannot evaluate.
type policyParser struct{ faults []error }

func (p *policyParser) cannot(path, format string, args ...any) {
	p.faults = append(p.faults, fmt.Errorf("%s: "+format, append([]any{path}, args...)...))
}

func parseTrustPolicy(policy TrustPolicy) ([]statement, error) {
	var document map[string]any
	if err := json.Unmarshal(policy, &document); err != nil {
		return nil, fmt.Errorf("must be an object, in YAML or JSON: %w", err)
	}
	if err := uniqueKeys(json.NewDecoder(bytes.NewReader(policy))); err != nil {
		return nil, err
	}
	var p policyParser
	for _, key := range slices.Sorted(maps.Keys(document)) {
		if !slices.Contains([]string{"Version", "Id", "Statement"}, key) {
			p.cannot(key, "the sandbox cannot evaluate this element")
		}
	}
	// IAM takes one statement without a list around it.
	list, ok := document["Statement"].([]any)
	if !ok {
		list = []any{document["Statement"]}
	}
	var statements []statement
	for i, item := range list {
		statements = append(statements, p.statement(fmt.Sprintf("Statement[%d]", i), item))
	}
	return statements, errors.Join(p.faults...)
}

func (p *policyParser) statement(path string, item any) statement {
	element, ok := item.(map[string]any)
	if !ok {
		p.cannot(path, "a statement is an object")
		return statement{}
	}
	var s statement
	for _, key := range slices.Sorted(maps.Keys(element)) {
		if !slices.Contains([]string{"Sid", "Effect", "Principal", "Action", "Condition"}, key) {
			p.cannot(path+"."+key, "the sandbox cannot evaluate this element")
		}
	}
	if effect := element["Effect"]; effect != "Allow" && effect != "Deny" {
		p.cannot(path+".Effect", "must be Allow or Deny")
	}
	s.deny = element["Effect"] == "Deny"

	p.principals(path+".Principal", element["Principal"], &s)
	if s.actions, ok = stringList(element["Action"]); !ok {
		p.cannot(path+".Action", "must be an action or a list of actions")
	}
	for _, action := range s.actions {
		if strings.ContainsAny(action, "*?") && !coversAll(action) {
			p.cannot(path+".Action", "the sandbox cannot evaluate %q, only exact actions and sts:*", action)
		}
	}
	if block, given := element["Condition"]; given {
		s.conditions = p.conditions(path+".Condition", block, s.providers)
	}
	return s
}

// principalForm is what Principal.AWS may name. IAM takes no pattern but "*":
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
var principalForm = regexp.MustCompile(`\A(?:\*|\d{12}|arn:aws[a-z-]*:iam::\d{12}:(?:root|(?:user|role)/[^*?]+)|` +
	`arn:aws[a-z-]*:sts::\d{12}:assumed-role/[^/*?]+/[^/*?]+)\z`)

func (p *policyParser) principals(path string, element any, s *statement) {
	principal, _ := element.(map[string]any)
	list := func(kind string) []string {
		names, ok := stringList(principal[kind])
		if _, given := principal[kind]; given && !ok {
			p.cannot(path+"."+kind, "must be a string or a list of strings")
		}
		delete(principal, kind)
		return names
	}
	given := len(principal)
	s.providers, s.callers = list("Federated"), list("AWS")
	if given == 0 || len(principal) > 0 {
		p.cannot(path, `the sandbox can evaluate only {"Federated": ARN or list of ARNs} and {"AWS": ARN or list of ARNs}`)
	}
	for _, name := range s.callers {
		if !principalForm.MatchString(name) {
			p.cannot(path+".AWS", "%q is not the ARN of a root, user, role or assumed-role session, an account or *", name)
		}
	}
}

func (p *policyParser) conditions(path string, block any, providers []string) (conditions []condition) {
	operators, ok := block.(map[string]any)
	if !ok {
		p.cannot(path, "must be an object")
	}
	for _, operator := range slices.Sorted(maps.Keys(operators)) {
		path := path + "." + operator
		if operator != "StringEquals" && operator != "StringLike" {
			p.cannot(path, "the sandbox cannot evaluate this operator, only StringEquals and StringLike")
			continue
		}
		keys, ok := operators[operator].(map[string]any)
		if !ok {
			p.cannot(path, "must be an object")
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			values, ok := stringList(keys[key])
			if !ok {
				p.cannot(path+"."+key, "must be a string or a list of strings")
			}
			if !namesClaim(key, providers) && !conditionKeyForm.MatchString(key) {
				p.cannot(path+"."+key, "the sandbox can evaluate only sts:ExternalId, sts:RoleSessionName, aws:RequestTag/KEY "+
					"and keys of the form <issuer>:<claim>, of an issuer that the statement trusts")
			}
			c := condition{key: strings.ToLower(key)}
			for _, value := range values {
				if strings.Contains(value, "${") {
					p.cannot(path+"."+key, "the sandbox cannot evaluate the policy variable in %q", value)
				}
				c.patterns = append(c.patterns, pattern(operator, value))
			}
			conditions = append(conditions, c)
		}
	}
	return conditions
}

var conditionKeyForm = regexp.MustCompile(`(?i)\A(?:sts:ExternalId|sts:RoleSessionName|aws:RequestTag/.+)\z`)

// namesClaim reports whether key is a claim of one of the providers. Names of
// condition keys have no case.
func namesClaim(key string, providers []string) bool {
	return slices.ContainsFunc(providers, func(provider string) bool {
		issuer := issuerOf(provider)
		return issuer != "" && strings.HasPrefix(strings.ToLower(key), strings.ToLower(issuer)+":")
	})
}

// pattern returns what an operator matches. Both have regard to case; in
// StringLike * is any run of characters, / and : too, and ? is exactly one.
func pattern(operator, value string) *regexp.Regexp {
	quoted := regexp.QuoteMeta(value)
	if operator == "StringLike" {
		quoted = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(quoted)
	}
	return regexp.MustCompile(`(?s)\A(?:` + quoted + `)\z`)
}

// uniqueKeys reads one JSON value and fails on an object that has a key twice:
// encoding/json would silently take the last, and so drop a condition.
func uniqueKeys(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	open, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[json.Token]bool{}
	for d.More() {
		if open == '{' {
			key, err := d.Token()
			if err != nil {
				return err
			}
			if seen[key] {
				return fmt.Errorf("the key %q is there twice", key)
			}
			seen[key] = true
		}
		if err := uniqueKeys(d); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
