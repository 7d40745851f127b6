package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
)

// Provider evaluates the mapping over assertion, and then the condition over
// assertion, google and attribute:
// https://cloud.google.com/iam/docs/workload-identity-federation#mapping
func (j *judge) Provider(provider Provider, claims map[string]any) (Principal, error) {
	mapping := map[string]cel.Program{}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(provider.AttributeMapping)) {
		program, err := j.compile(provider.AttributeMapping[name], cel.DynType)
		if err != nil {
			faults = append(faults, fmt.Errorf("attribute-mapping.%s: %w", name, err))
		}
		mapping[name] = program
	}
	condition, err := j.compile(cmp.Or(provider.AttributeCondition, "true"), cel.BoolType)
	if err != nil {
		faults = append(faults, fmt.Errorf("attribute-condition: %w", err))
	}
	if err := errors.Join(faults...); err != nil {
		return Principal{}, err
	}

	// Google's answer to an expression that fails is the one to a condition
	// that is false.
	attributes, google, attribute := map[string]any{}, map[string]any{}, map[string]any{}
	for name, program := range mapping {
		value, _, err := program.Eval(map[string]any{"assertion": claims})
		if err != nil {
			return Principal{}, nil
		}
		attributes[name] = value.Value()
		if key, ok := strings.CutPrefix(name, "google."); ok {
			google[key] = value
		} else {
			attribute[strings.TrimPrefix(name, "attribute.")] = value
		}
	}
	admitted, _, err := condition.Eval(map[string]any{"assertion": claims, "google": google, "attribute": attribute})
	return Principal{attributes, err == nil && admitted == types.True}, nil
}

// compile returns the program of a CEL expression whose value is of type want.
func (j *judge) compile(expression string, want *cel.Type) (cel.Program, error) {
	ast, issues := j.cel.Compile(expression)
	if issues.Err() != nil {
		first := issues.Errors()[0]
		return nil, fmt.Errorf("%q, column %d: %s", expression, first.Location.Column()+1, first.Message)
	}
	if got := ast.OutputType(); !want.IsAssignableType(got) && got != cel.DynType {
		return nil, fmt.Errorf("%q is of type %s, not %s", expression, got, want)
	}
	return j.cel.Program(ast)
}

// newAttributeLanguage returns Google's dialect of CEL for workload identity
// federation: strings have split and the like, and extract.
func newAttributeLanguage() (*cel.Env, error) {
	object := cel.MapType(cel.StringType, cel.DynType)
	return cel.NewEnv(
		cel.Variable("assertion", object),
		cel.Variable("google", object),
		cel.Variable("attribute", object),
		ext.Strings(),
		cel.Function("extract", cel.MemberOverload("string_extract_string",
			[]*cel.Type{cel.StringType, cel.StringType}, cel.StringType, cel.BinaryBinding(extract))),
	)
}

// extract returns the text that stands for {name} in a template such as
// "prefix{name}suffix", or nothing if the text does not have that form:
// https://cloud.google.com/iam/docs/conditions-attribute-reference#extract
func extract(text, template ref.Val) ref.Val {
	prefix, rest, opened := strings.Cut(string(template.(types.String)), "{")
	_, suffix, closed := strings.Cut(rest, "}")
	if !opened || !closed {
		return types.NewErr("extract: the template %q has no {name}", template.Value())
	}
	_, found, ok := strings.Cut(string(text.(types.String)), prefix)
	if !ok {
		return types.String("")
	}
	if suffix == "" {
		return types.String(found)
	}
	found, _, ok = strings.Cut(found, suffix)
	if !ok {
		return types.String("")
	}
	return types.String(found)
}
