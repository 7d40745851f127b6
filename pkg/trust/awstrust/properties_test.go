package awstrust_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gatepass/pkg/trust"
	"gatepass/pkg/trust/awstrust"
)

// random makes policies and requests of few parts, so that they often have to do with each other.
type random struct{ *rand.Rand }

func pick[T any](r random, list ...T) T { return list[r.IntN(len(list))] }

// some are a few of a list.
func some(r random, list ...string) []string {
	list = slices.Clone(list)
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:1+r.IntN(len(list))]
}

type condition struct {
	operator, key string
	values        []string
}

func (r random) condition() condition {
	operator := pick(r, "StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase", "ArnLike")
	operator = pick(r, "", "", "", "ForAllValues:", "ForAnyValue:") + operator + pick(r, "", "", "", "IfExists")
	key := pick(r, "gh:sub", "gh:ref", "gh:environment", "gh:repository_owner", "gh:SUB", "aws:SourceIp", "sts:RoleSessionName", "x.example:sub")
	return condition{operator, key, some(r, "repo:octo-org/octo-repo:ref:refs/heads/main", "repo:octo-org/*", "*", "refs/heads/main", "refs/*",
		"production", "Refs/heads/main", "${gh:ref}", "${gh:environment, 'refs/heads/main'}", "ci-1", "é")}
}

type statement struct {
	deny       bool
	conditions []condition
}

func (r random) statement() statement {
	s := statement{deny: r.IntN(3) == 0}
	for range r.IntN(4) {
		s.conditions = append(s.conditions, r.condition())
	}
	return s
}

// text writes a statement. Conditions of the same operator and key cannot both be in one, so that only the first is.
func (s statement) text() string {
	effect := "Allow"
	if s.deny {
		effect = "Deny"
	}
	var operators, written []string
	byOperator := map[string][]string{}
	for _, c := range s.conditions {
		id := c.operator + strings.ToLower(c.key)
		if slices.Contains(written, id) {
			continue
		}
		written = append(written, id)
		values, _ := json.Marshal(c.values)
		if byOperator[c.operator] == nil {
			operators = append(operators, c.operator)
		}
		byOperator[c.operator] = append(byOperator[c.operator], fmt.Sprintf("%q: %s", c.key, values))
	}
	for i, operator := range operators {
		operators[i] = fmt.Sprintf("%q: {%s}", operator, strings.Join(byOperator[operator], ", "))
	}
	return fmt.Sprintf(`{"Effect": %q, "Principal": {"Federated": "{github}"}, "Action": "sts:*", "Condition": {%s}}`, effect, strings.Join(operators, ", "))
}

func evaluate(t *testing.T, statements []statement, r awstrust.Request) trust.Verdict {
	t.Helper()
	var texts []string
	for _, s := range statements {
		texts = append(texts, s.text())
	}
	policy, err := parse(`{"Version": "2012-10-17", "Statement": [` + strings.Join(texts, ", ") + `]}`)
	if err != nil {
		t.Fatal(err)
	}
	return policy.Evaluate(r).Verdict
}

func (r random) request() awstrust.Request {
	request := awstrust.Request{Action: "sts:AssumeRoleWithWebIdentity", Provider: github, Claims: claims(), Keys: map[string]string{}}
	if r.IntN(2) == 0 {
		request.Claims["environment"] = pick(r, "production", "staging", "")
	}
	if r.IntN(2) == 0 {
		request.Keys["sts:RoleSessionName"] = pick(r, "ci-1", "ci-2")
	}
	return request
}

// forRandom checks a law for many random policies and requests, always the same ones.
func forRandom(t *testing.T, law func(t *testing.T, r random, statements []statement, request awstrust.Request)) {
	t.Helper()
	t.Parallel()
	for seed := range uint64(300) {
		r := random{rand.New(rand.NewPCG(seed, 0))}
		statements := []statement{r.statement()}
		for range r.IntN(3) {
			statements = append(statements, r.statement())
		}
		law(t, r, statements, r.request())
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, statements)
		}
	}
}

func TestConditionNarrowsAllow(t *testing.T) {
	forRandom(t, func(t *testing.T, r random, statements []statement, request awstrust.Request) {
		before := evaluate(t, statements, request)
		for i := range statements {
			if !statements[i].deny {
				statements[i].conditions = append(statements[i].conditions, r.condition())
			}
		}
		if after := evaluate(t, statements, request); after > before {
			t.Errorf("a condition more makes %s of %s", after, before)
		}
	})
}

func TestDenyNeverWidens(t *testing.T) {
	forRandom(t, func(t *testing.T, r random, statements []statement, request awstrust.Request) {
		deny := r.statement()
		deny.deny = true
		before, after := evaluate(t, statements, request), evaluate(t, append(statements, deny), request)
		if after > before {
			t.Errorf("a Deny makes %s of %s", after, before)
		}
	})
}

func TestOrderDoesNotMatter(t *testing.T) {
	forRandom(t, func(t *testing.T, r random, statements []statement, request awstrust.Request) {
		for i := range statements {
			// Of two conditions with one operator and key only the first is written, and which that is must not change.
			statements[i].conditions = statements[i].conditions[:min(1, len(statements[i].conditions))]
			statements[i].conditions = append(statements[i].conditions, condition{"StringLike", "gh:actor", some(r, "octo*", "hubot", "*")},
				condition{"StringEqualsIfExists", "gh:actor", some(r, "octocat", "hubot")}, condition{"StringLike", "gh:workflow", some(r, "deploy", "build")})
		}
		before := evaluate(t, statements, request)
		r.Shuffle(len(statements), func(i, j int) { statements[i], statements[j] = statements[j], statements[i] })
		for _, s := range statements {
			r.Shuffle(len(s.conditions), func(i, j int) { s.conditions[i], s.conditions[j] = s.conditions[j], s.conditions[i] })
			for _, c := range s.conditions {
				r.Shuffle(len(c.values), func(i, j int) { c.values[i], c.values[j] = c.values[j], c.values[i] })
			}
		}
		if after := evaluate(t, statements, request); after != before {
			t.Errorf("another order makes %s of %s", after, before)
		}
	})
}

func TestStringLikeWithoutWildcardIsStringEquals(t *testing.T) {
	forRandom(t, func(t *testing.T, _ random, statements []statement, request awstrust.Request) {
		for _, s := range statements {
			for i := range s.conditions {
				c := &s.conditions[i]
				c.operator = strings.NewReplacer("EqualsIgnoreCase", "Equals", "ArnLike", "StringEquals", "Like", "Equals").Replace(c.operator)
				c.values = slices.DeleteFunc(c.values, func(v string) bool { return strings.ContainsAny(v, "*?") })
				c.values = append(c.values, "refs/heads/dev")
			}
		}
		before := evaluate(t, statements, request)
		for _, s := range statements {
			for i := range s.conditions {
				s.conditions[i].operator = strings.Replace(s.conditions[i].operator, "Equals", "Like", 1)
			}
		}
		if after := evaluate(t, statements, request); after != before {
			t.Errorf("StringEquals says %s, StringLike %s", before, after)
		}
	})
}

// Whatever turns out about what was not told, what was certain stays so.
func TestKnowledgeNeverContradicts(t *testing.T) {
	forRandom(t, func(t *testing.T, _ random, statements []statement, request awstrust.Request) {
		before := evaluate(t, statements, request)
		if before == trust.Unknown {
			return
		}
		for _, told := range []string{"", "203.0.113.7", "ci-1", "refs/heads/main", "arn:aws:iam::123456789012:role/x"} {
			more := request
			more.Keys = map[string]string{"aws:SourceIp": told, "sts:RoleSessionName": told}
			maps.Copy(more.Keys, request.Keys)
			if after := evaluate(t, statements, more); after != before {
				t.Errorf("%s becomes %s when %q is told", before, after, told)
			}
		}
		more := request
		more.Absent = []string{"aws:SourceIp", "sts:RoleSessionName"}
		if after := evaluate(t, statements, more); after != before {
			t.Errorf("%s becomes %s when the keys are known to be absent", before, after)
		}
	})
}

// strangers are tokens of people who have nothing to do with octo-org, but for similar names and the use of its workflow.
func strangers() (tokens []trust.Claims) {
	for _, repository := range []string{"stranger/octo-repo", "octo-organised/octo-repo", "octo-xrg/octo-repo", "xocto-org/octo-repo", "a/b", "octo-org/octo-repo"} {
		for _, ids := range []bool{false, true} {
			// The name of octo-org that was given up and registered anew is a stranger's only where the IDs tell.
			if repository == "octo-org/octo-repo" && !ids {
				continue
			}
			for _, context := range []string{"ref:refs/heads/main", "pull_request", "environment:production"} {
				token := claims()
				owner, name, _ := strings.Cut(repository, "/")
				if ids {
					owner, name = owner+"@998", name+"@999"
				}
				token["sub"] = "repo:" + owner + "/" + name + ":" + context
				token["repository"], token["repository_id"], token["repository_owner_id"] = repository, "999", "998"
				token["actor"], token["actor_id"] = "stranger", "997"
				if environment, ok := strings.CutPrefix(context, "environment:"); ok {
					token["environment"] = environment
				}
				token["job_workflow_ref"] = "octo-org/octo-automation/.github/workflows/oidc.yml@7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"
				tokens = append(tokens, token)
			}
		}
	}
	return tokens
}

// letsIn returns the sub of a stranger whom a policy lets in, if it does.
func letsIn(policy *awstrust.Policy) (sub any, in bool) {
	for _, token := range strangers() {
		if policy.Evaluate(awstrust.Request{Action: "sts:AssumeRoleWithWebIdentity", Provider: github, Claims: token}).Verdict == trust.Allowed {
			return token["sub"], true
		}
	}
	return nil, false
}

// lettingIn are the rules about strangers who get in.
var lettingIn = []string{
	"aws-missing-subject", "aws-negated-subject", "aws-any-repository", "aws-owner-prefix", "aws-any-caller", "aws-wildcard-id", "aws-reusable-name",
}

// Where a stranger gets in, a rule says so.
func TestLintKnowsStrangers(t *testing.T) {
	files, err := filepath.Glob("testdata/lint/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no policies: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		policy, err := parse(string(text))
		if err != nil {
			t.Fatal(err)
		}
		warned := slices.ContainsFunc(policy.Lint(), func(f trust.Finding) bool { return slices.Contains(lettingIn, f.Rule.Name) })
		if sub, in := letsIn(policy); in && !warned {
			t.Errorf("%s lets in %v, and no rule says so", file, sub)
		}
	}
	forRandom(t, func(t *testing.T, _ random, statements []statement, _ awstrust.Request) {
		var texts []string
		for _, s := range statements {
			texts = append(texts, s.text())
		}
		policy, err := parse(`{"Version": "2012-10-17", "Statement": [` + strings.Join(texts, ", ") + `]}`)
		if err != nil {
			t.Fatal(err)
		}
		warned := slices.ContainsFunc(policy.Lint(), func(f trust.Finding) bool { return slices.Contains(lettingIn, f.Rule.Name) })
		if sub, in := letsIn(policy); in && !warned {
			t.Errorf("lets in %v, and no rule says so", sub)
		}
	})
}
