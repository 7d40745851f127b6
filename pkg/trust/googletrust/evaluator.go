package googletrust

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"

	"gatepass/pkg/trust"
)

const (
	subjectAttribute = "google.subject"
	groupsAttribute  = "google.groups"
)

// The limits of a provider and of what it maps a token to:
// https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers
const (
	maxCondition  = 4096 // characters
	maxMapping    = 2048 // characters
	maxCustom     = 50   // attributes
	maxAudiences  = 10
	maxAudience   = 256  // characters
	maxSubject    = 127  // bytes
	maxAttributes = 8192 // bytes of all values
)

var attributeForm = regexp.MustCompile(`^(?:google\.subject|google\.groups|attribute\.[a-z0-9_]{1,100})$`)

// isCustom reports whether an attribute is one of the provider's own.
func isCustom(attribute string) bool { return strings.HasPrefix(attribute, "attribute.") }

// Evaluator is a provider with its expressions compiled.
type Evaluator struct {
	// Faults are what Google does not store: what is no CEL, and what is over its limits.
	Faults []Reason
	// Doubts are the parts of expressions that only Google can evaluate.
	Doubts []Reason

	provider  *trust.GoogleProvider
	mapping   map[string]*expression // by attribute; those that compile
	condition *expression            // nil if there is none, or none that compiles
}

// Compile compiles the expressions of a provider. An evaluator with faults allows no token.
func Compile(p *trust.GoogleProvider) *Evaluator {
	e := &Evaluator{provider: p, mapping: map[string]*expression{}}
	e.checkLimits()
	for _, m := range p.Mapping {
		name := m.Attribute.Value
		if !attributeForm.MatchString(name) {
			continue
		}
		about := Reason{Check: Mapping, Attribute: name, Path: "attributeMapping." + name}
		if x := e.compile(mappingLanguage(), m.Expression, about, maxMapping, cel.DynType); x != nil {
			e.mapping[name] = x
		}
	}
	if p.Condition.Value != "" {
		about := Reason{Check: Condition, Path: "attributeCondition"}
		e.condition = e.compile(conditionLanguage(), p.Condition, about, maxCondition, cel.BoolType)
	}
	return e
}

// compile returns nil, and adds a fault, if the text is no expression.
func (e *Evaluator) compile(env *cel.Env, text trust.Text, about Reason, limit int, want *cel.Type) *expression {
	about.At = text.Position
	if length := utf8.RuneCountInString(text.Value); length > limit {
		about.Check, about.Message = Limits, fmt.Sprintf("is %d characters long; Google takes %d", length, limit)
		e.Faults = append(e.Faults, about)
		return nil
	}
	x, err := compile(env, text, about.Path, want)
	if err != nil {
		about.Cause, about.Message = Unevaluable, err.Error()
		e.Faults = append(e.Faults, about)
		return nil
	}
	e.Doubts = append(e.Doubts, x.doubts(about)...)
	return x
}

// checkLimits checks what Google checks when a provider is stored, but for expressions.
func (e *Evaluator) checkLimits() {
	fault := func(at trust.Position, path, format string, args ...any) {
		e.Faults = append(e.Faults, Reason{Check: Limits, At: at, Path: path, Message: fmt.Sprintf(format, args...)})
	}
	custom, hasSubject := 0, false
	for _, m := range e.provider.Mapping {
		hasSubject = hasSubject || m.Attribute.Value == subjectAttribute && m.Expression.Value != ""
		if isCustom(m.Attribute.Value) {
			custom++
		}
	}
	if !hasSubject {
		e.Faults = append(e.Faults, Reason{
			Check: Limits, Attribute: subjectAttribute, At: e.provider.Position, Path: "attributeMapping", Message: "must map google.subject",
		})
	}
	if custom > maxCustom {
		fault(e.provider.Position, "attributeMapping", "has %d attributes of its own; Google takes %d", custom, maxCustom)
	}
	for _, m := range e.provider.Mapping {
		if name := m.Attribute.Value; !attributeForm.MatchString(name) {
			fault(m.Attribute.Position, "attributeMapping", "%s is not google.subject, google.groups or attribute.NAME", quote(name))
		}
	}
	if count := len(e.provider.Audiences); count > maxAudiences {
		fault(e.provider.Audiences[maxAudiences].Position, "oidc.allowedAudiences", "has %d audiences; Google takes %d", count, maxAudiences)
	}
	for i, audience := range e.provider.Audiences {
		if length := utf8.RuneCountInString(audience.Value); length > maxAudience {
			fault(audience.Position, fmt.Sprintf("oidc.allowedAudiences[%d]", i), "is %d characters long; Google takes %d", length, maxAudience)
		}
	}
}
