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

const assumeAction = "sts:AssumeRoleWithWebIdentity"

// TrustPolicy evaluates Principal.Federated, exact actions and sts:*,
// StringEquals and StringLike. An explicit deny wins, and no statement is a no:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func (j *judge) TrustPolicy(policy TrustPolicy, request TrustRequest) (bool, error) {
	statements, err := parseTrustPolicy(policy)
	if err != nil {
		return false, err
	}
	allowed := false
	for _, statement := range statements {
		if !statement.applies(request) {
			continue
		}
		if statement.deny {
			return false, nil
		}
		allowed = true
	}
	return allowed, nil
}

type statement struct {
	deny       bool
	providers  []string
	actions    []string
	conditions []condition
}

// condition holds if the claim behind key matches any of the patterns.
type condition struct {
	key      string // <issuer without https://>:<claim>, in lower case
	patterns []*regexp.Regexp
}

func (s statement) applies(request TrustRequest) bool {
	if !slices.Contains(s.providers, request.ProviderARN) || !slices.ContainsFunc(s.actions, coversAssume) {
		return false
	}
	for _, condition := range s.conditions {
		if !condition.holds(request) {
			return false
		}
	}
	return true
}

func coversAssume(action string) bool {
	return strings.EqualFold(action, assumeAction) || strings.EqualFold(action, "sts:*")
}

// holds is false for a claim that the token lacks, as AWS's positive operators are.
func (c condition) holds(request TrustRequest) bool {
	claim, ok := strings.CutPrefix(c.key, strings.ToLower(issuerOf(request.ProviderARN))+":")
	if !ok {
		return false
	}
	values, _ := stringList(request.Claims[claim])
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

	principal, _ := element["Principal"].(map[string]any)
	s.providers, ok = stringList(principal["Federated"])
	if !ok || len(principal) != 1 {
		p.cannot(path+".Principal", `the sandbox can evaluate only {"Federated": ARN or list of ARNs}`)
	}
	if s.actions, ok = stringList(element["Action"]); !ok {
		p.cannot(path+".Action", "must be an action or a list of actions")
	}
	for _, action := range s.actions {
		if strings.ContainsAny(action, "*?") && !coversAssume(action) {
			p.cannot(path+".Action", "the sandbox cannot evaluate %q, only exact actions and sts:*", action)
		}
	}
	if block, given := element["Condition"]; given {
		s.conditions = p.conditions(path+".Condition", block, s.providers)
	}
	return s
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
			if !namesClaim(key, providers) {
				p.cannot(path+"."+key, "the sandbox can evaluate only keys of the form <issuer>:<claim>, of an issuer that the statement trusts")
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
