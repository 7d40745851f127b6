package googletrust

import (
	"fmt"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"gatepass/pkg/trust"
)

// mapToken maps the claims to attributes, and returns what the condition reads.
func (d *Decision) mapToken(claims trust.Claims) variables {
	google, attribute := map[string]any{}, map[string]any{}
	v := variables{map[string]any{"assertion": plain(map[string]any(claims)), "google": google, "attribute": attribute}, d.unknown}
	for _, m := range d.evaluator.provider.Mapping {
		name := m.Attribute.Value
		read := referenceTo(name)
		x := d.evaluator.mapping[name]
		if x == nil {
			d.unknown[read] = true // Compile has told the fault.
			continue
		}
		value, reasons := x.mapTo(name, v)
		d.add(reasons...)
		switch {
		case doubt(x.root()) != "":
			d.unknown[read] = true
		case value != nil && read.variable == "google":
			google[read.key] = value
		case value != nil:
			attribute[read.key] = value
		}
		if value != nil {
			d.Attributes[name] = native(value)
		}
	}
	d.add(d.evaluator.size(d.Attributes)...)
	return v
}

// mapTo evaluates a mapping. There is no value where it fails, or is in doubt. Only google.groups takes a list:
// https://docs.cloud.google.com/iam/docs/troubleshooting-workforce-identity-federation
func (x *expression) mapTo(attribute string, v variables) (ref.Val, []Reason) {
	about := Reason{Check: Mapping, Attribute: attribute, At: x.at, Path: x.path}
	if doubts := x.doubts(about); len(doubts) > 0 {
		return nil, doubts
	}
	value, err := x.evaluate(x.root(), v.cel)
	switch _, isText := value.(types.String); {
	case err != nil:
		about.Cause, about.Message = Failed, x.failure(x.root(), v, err)
		if attribute != subjectAttribute {
			about.Cause = Unevaluable
			about.Message += "; only Google knows whether it takes the token without the attribute"
		}
		return nil, []Reason{about}
	case attribute == groupsAttribute && !isTexts(value):
		about.Cause, about.Message = Unevaluable, fmt.Sprintf("is of type %s; only Google knows what it makes of that", value.Type())
	case attribute != groupsAttribute && !isText:
		about.Message = fmt.Sprintf("is of type %s, not string", value.Type())
	case attribute == subjectAttribute && value.Equal(types.String("")) == types.True:
		// https://docs.cloud.google.com/iam/docs/troubleshooting-workforce-identity-federation
		about.Cause, about.Message = Failed, "is empty, from which Google obtains no subject"
	default:
		return value, nil
	}
	return value, []Reason{about}
}

// isTexts reports whether a value is a list of strings.
func isTexts(value ref.Val) bool {
	list, ok := value.(traits.Lister)
	if !ok {
		return false
	}
	for _, item := range items(list) {
		if _, ok := item.(types.String); !ok {
			return false
		}
	}
	return true
}

// native is a value as Go has it.
func native(value ref.Val) any {
	list, ok := value.(traits.Lister)
	if !ok {
		return value.Value()
	}
	all := []any{}
	for _, item := range items(list) {
		all = append(all, native(item))
	}
	return all
}

// size is why the attributes are too long.
func (e *Evaluator) size(attributes map[string]any) (reasons []Reason) {
	about := func(attribute string) Reason {
		reason := Reason{Check: Limits, Attribute: attribute, Path: "attributeMapping"}
		if x := e.mapping[attribute]; x != nil {
			reason.At, reason.Path = x.at, x.path
		}
		return reason
	}
	if subject, ok := attributes[subjectAttribute].(string); ok && len(subject) > maxSubject {
		reason := about(subjectAttribute)
		reason.Message = fmt.Sprintf("%s is %d bytes long; Google takes %d", quote(subject), len(subject), maxSubject)
		reasons = append(reasons, reason)
	}
	// Google says 8 KB, not whether the names count.
	least, most := 0, 0
	for name, value := range attributes {
		text, _ := value.(string)
		least, most = least+len(text), most+len(name)+len(text)
	}
	if most > maxAttributes {
		reason := about("")
		reason.Message = fmt.Sprintf("the attributes are %d bytes long; Google takes 8 KB", least)
		if least <= maxAttributes {
			reason.Cause = Unevaluable
		}
		reasons = append(reasons, reason)
	}
	return reasons
}
