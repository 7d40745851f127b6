package sandbox

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"gatepass/pkg/trust"
)

//go:embed default.yaml
var defaultYAML []byte

// Config is what exists in a sandbox. default.yaml documents every key.
type Config struct {
	GitHub GitHub `yaml:"github"`
	AWS    AWS    `yaml:"aws"`
	Google Google `yaml:"google"`
}

// GitHub is the issuer and the job it issues tokens for.
type GitHub struct {
	Issuer           string             `yaml:"issuer"`            // Defaults to GitHub's own.
	TokenLifetime    time.Duration      `yaml:"token-lifetime"`    // Defaults to 5 minutes, as on GitHub.
	ImmutableSubject bool               `yaml:"immutable-subject"` // sub as in repositories made since July 2026
	Claims           map[string]*string `yaml:"claims"`            // in place of the issuer's own; nil leaves the claim out
}

// AWS is what exists in AWS, in any number of accounts, and how its STS fares.
type AWS struct {
	OIDCProviders     []OIDCProvider `yaml:"oidc-providers"`
	Users             []User         `yaml:"users"`
	Roles             []Role         `yaml:"roles"`
	PackedPolicyLimit int            `yaml:"packed-policy-limit"` // bytes of session tags; none if 0
	DisabledRegions   []string       `yaml:"disabled-regions"`
	Throttle          Throttle       `yaml:"throttle"`
	Faults            []Fault        `yaml:"faults"` // the first calls' answers, in this order
}

// OIDCProvider is an IAM OIDC identity provider. Its ARN ends with its URL.
type OIDCProvider struct {
	ARN       string   `yaml:"arn"`
	ClientIDs []string `yaml:"client-ids"`
}

// User is an IAM user with an access key.
type User struct {
	ARN             string   `yaml:"arn"`
	AccessKeyID     string   `yaml:"access-key-id"`
	SecretAccessKey string   `yaml:"secret-access-key"`
	MayAssume       []string `yaml:"may-assume"`       // patterns of role ARNs
	MayTagSessions  bool     `yaml:"may-tag-sessions"` // of those roles
}

// Role is an IAM role.
type Role struct {
	ARN                string        `yaml:"arn"`
	MaxSessionDuration time.Duration `yaml:"max-session-duration"` // Defaults to an hour, as in IAM.
	SessionLifetime    time.Duration `yaml:"session-lifetime"`     // Defaults to what is asked for, as in AWS.
	MayAssume          []string      `yaml:"may-assume"`           // patterns of role ARNs
	MayTagSessions     bool          `yaml:"may-tag-sessions"`     // of those roles
	TrustPolicy        TrustPolicy   `yaml:"trust-policy"`
}

// Throttle is how many calls AWS STS answers.
type Throttle struct {
	PerSecond int `yaml:"per-second"` // and as many at once; no limit if 0
}

// Fault is an answer of a cloud that has nothing to do with the request.
type Fault struct {
	Times      int    `yaml:"times"`       // Defaults to once.
	Call       string `yaml:"call"`        // the only operation that fails, such as GetCallerIdentity; any if empty
	Status     int    `yaml:"status"`      // Defaults to 503.
	Code       string `yaml:"code"`        // Defaults to what the service says with the status.
	Message    string `yaml:"message"`     // As code.
	Reason     string `yaml:"reason"`      // Google's APIs: the ErrorInfo's, such as IAM_PERMISSION_DENIED. Optional.
	RetryAfter string `yaml:"retry-after"` // the Retry-After header's value. Optional.
	HTML       string `yaml:"html"`        // a page in place of the service's own form. Optional.
}

// TrustPolicy is a role's trust policy, in JSON.
type TrustPolicy json.RawMessage

// Google is what exists in Google Cloud, in any number of projects.
type Google struct {
	Universe        string           `yaml:"universe"` // Defaults to googleapis.com.
	Providers       []Provider       `yaml:"providers"`
	ServiceAccounts []ServiceAccount `yaml:"service-accounts"`
	DisabledAPIs    []string         `yaml:"disabled-apis"` // in every project
	Faults          []Fault          `yaml:"faults"`        // the first calls' answers, in this order
}

// Provider is an OIDC provider of a workload identity pool.
type Provider struct {
	Name               string            `yaml:"name"`  // projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER
	State              string            `yaml:"state"` // active, disabled or deleted. Defaults to active.
	IssuerURI          string            `yaml:"issuer-uri"`
	AllowedAudiences   []string          `yaml:"allowed-audiences"` // Defaults to the provider's own name.
	AttributeMapping   map[string]string `yaml:"attribute-mapping"`
	AttributeCondition string            `yaml:"attribute-condition"`
}

// ServiceAccount is a service account, and who may act as it.
type ServiceAccount struct {
	Email      string              `yaml:"email"`
	Keys       []ServiceAccountKey `yaml:"keys"`     // those whose private half someone has; [Sandbox.ServiceAccountKey] adds one
	Bindings   map[string][]string `yaml:"bindings"` // members by role
	Delegation Delegation          `yaml:"domain-wide-delegation"`
}

// ServiceAccountKey is the public half of a service account's key.
type ServiceAccountKey struct {
	ID        string `yaml:"id"`         // private_key_id in the key file
	PublicKey string `yaml:"public-key"` // in PEM, bare or in a certificate
}

// Delegation is what a Google Workspace domain lets a service account do as its users.
type Delegation struct {
	Users  []string `yaml:"users"`
	Scopes []string `yaml:"scopes"`
}

func (g GitHub) issuer() string {
	return cmp.Or(g.Issuer, trust.GitHubIssuer)
}

func (g GitHub) lifetime() time.Duration { return cmp.Or(g.TokenLifetime, 5*time.Minute) }

func (r Role) maxSession() time.Duration { return cmp.Or(r.MaxSessionDuration, time.Hour) }

// pool returns the name of the pool that the provider belongs to.
func (p Provider) pool() string {
	pool, _, _ := strings.Cut(p.Name, "/providers/")
	return pool
}

// project returns the number of the project that the provider is of.
func (p Provider) project() string { return strings.Split(p.Name, "/")[1] }

func (g Google) universe() string { return cmp.Or(g.Universe, "googleapis.com") }

// tokenEndpoint is the audience of assertions, wherever they are sent to.
func (g Google) tokenEndpoint() string { return "https://oauth2." + g.universe() + "/token" }

// project returns the number of the project that the service accounts are of.
// Their addresses hold no number: it is the providers', which they mostly share.
func (g Google) project() string {
	if len(g.Providers) > 0 {
		return g.Providers[0].project()
	}
	return "123456789012"
}

// DefaultYAML returns the documented default configuration.
func DefaultYAML() []byte { return append([]byte(nil), defaultYAML...) }

// DefaultConfig returns the default configuration.
func DefaultConfig() Config {
	config, err := ParseConfig(defaultYAML)
	if err != nil {
		panic(err) // The embedded file is tested.
	}
	return config
}

// ParseConfig reads a configuration and reports everything that is wrong with it.
func ParseConfig(text []byte) (Config, error) {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return Config{}, yamlError(err)
	}
	var config Config
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return config, nil
	}
	root := file.Docs[0].Body
	found := findFaults(root, reflect.TypeFor[Config](), "")
	if err := yaml.NodeToValue(root, &config); err != nil {
		// An error without a line is about a duration, which is found already.
		if located := new(yaml.Error); errors.As(err, located) || len(found) == 0 {
			found = append(found, yamlError(err))
		}
		return Config{}, errors.Join(found...)
	}
	if err := errors.Join(append(found, config.validate())...); err != nil {
		return Config{}, err
	}
	return config, nil
}

// UnmarshalYAML takes a policy as nested YAML or as a string of JSON, which is
// how it stands in AWS's console and in most documents.
func (p *TrustPolicy) UnmarshalYAML(unmarshal func(any) error) error {
	var value any
	if err := unmarshal(&value); err != nil {
		return err
	}
	if text, ok := value.(string); ok {
		*p = TrustPolicy(text)
		return nil
	}
	text, err := json.Marshal(value)
	*p = text
	return err
}

// findFaults finds every key under node that t has no field for, and every
// duration that is none. The decoder would stop at the first unknown key, and
// say of a duration neither key nor line.
func findFaults(node ast.Node, t reflect.Type, path string) (found []error) {
	line := node.GetToken().Position.Line
	switch node := node.(type) {
	case *ast.AnchorNode:
		return findFaults(node.Value, t, path)
	case *ast.StringNode:
		_, err := time.ParseDuration(node.Value)
		if t == reflect.TypeFor[time.Duration]() && err != nil {
			return []error{fmt.Errorf("line %d: %s: %q is not a duration such as 5m", line, path, node.Value)}
		}
	case *ast.MappingNode:
		if t.Kind() != reflect.Struct {
			return nil
		}
		for _, value := range node.Values {
			key := value.Key.GetToken()
			path := strings.TrimPrefix(path+"."+key.Value, ".")
			if field, ok := fieldByKey(t, key.Value); ok {
				found = append(found, findFaults(value.Value, field, path)...)
			} else {
				found = append(found, fmt.Errorf("line %d: unknown key %s", key.Position.Line, path))
			}
		}
	case *ast.SequenceNode:
		if t.Kind() != reflect.Slice {
			return nil
		}
		for i, value := range node.Values {
			found = append(found, findFaults(value, t.Elem(), fmt.Sprintf("%s[%d]", path, i))...)
		}
	}
	return found
}

func fieldByKey(t reflect.Type, key string) (reflect.Type, bool) {
	for field := range t.Fields() {
		if field.Tag.Get("yaml") == key {
			return field.Type, true
		}
	}
	return nil, false
}

// yamlError says an error of the YAML library in one line.
func yamlError(err error) error {
	var located yaml.Error
	if errors.As(err, &located) {
		return fmt.Errorf("line %d: %s", located.GetToken().Position.Line, located.GetMessage())
	}
	return err
}
