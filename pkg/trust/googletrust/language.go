package googletrust

import (
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
)

// maxCost bounds an evaluation.
const maxCost = 1_000_000

// mappingLanguage is CEL as Google has it in mappings: the token's claims, strings that have split and the like, and extract. It has more
// functions than Google is known to have, see documented.
var mappingLanguage = sync.OnceValue(func() *cel.Env {
	return must(cel.NewEnv(
		cel.Variable("assertion", cel.MapType(cel.StringType, cel.DynType)),
		ext.Strings(),
		cel.Function("extract", cel.MemberOverload("string_extract_string",
			[]*cel.Type{cel.StringType, cel.StringType}, cel.StringType, cel.BinaryBinding(extract))),
	))
})

// conditionLanguage has the mapped attributes, too.
var conditionLanguage = sync.OnceValue(func() *cel.Env {
	return must(mappingLanguage().Extend(
		cel.Variable("google", cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable("attribute", cel.MapType(cel.StringType, cel.DynType)),
	))
})

func must(env *cel.Env, err error) *cel.Env {
	if err != nil {
		panic(err) // The options are those above.
	}
	return env
}

// documented are the operators and functions that Google's own pages show in mappings and conditions:
//   - https://docs.cloud.google.com/iam/docs/workload-identity-federation#mapping
//   - https://docs.cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines
//   - https://docs.cloud.google.com/iam/docs/conditions-attribute-reference
//   - has, size and int: https://docs.cloud.google.com/confidential-computing/confidential-space/docs/reference/attestation-assertions
//
// matches and split are in providers that people use. There is no list of all; whether Google has another function is for Google to say.
var documented = map[string]bool{
	operators.Equals: true, operators.NotEquals: true, operators.LogicalAnd: true, operators.LogicalOr: true, operators.LogicalNot: true,
	operators.Conditional: true, operators.In: true, operators.Add: true, operators.Index: true,
	overloads.StartsWith: true, overloads.EndsWith: true, overloads.Contains: true, overloads.Matches: true,
	overloads.Size: true, overloads.TypeConvertInt: true, "split": true, "extract": true,
}

// extract returns the text that stands for {name} in a template such as "prefix{name}suffix", or nothing if the text does not have that
// form: https://docs.cloud.google.com/iam/docs/conditions-attribute-reference#extract
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
