package awstrust

import (
	"slices"
	"strings"

	"gatepass/pkg/trust"
)

// Undecidable is what in the policy no request can be decided by, when of its condition keys no more are known than the claims and those
// that the patterns match. The error joins errors of type [trust.FaultError].
func (p *Policy) Undecidable(keys []string) error {
	known := func(s *statement, key string) bool {
		if isProviders(key) {
			return slices.ContainsFunc(s.principal.names, func(name principal) bool { return name.kind == kindFederated })
		}
		return slices.ContainsFunc(keys, func(pattern string) bool { return Like(lower(pattern), lower(key)) })
	}
	var faults []*trust.FaultError
	add := func(at trust.Position, path string, why Cause) {
		faults = append(faults, &trust.FaultError{Position: at, Message: path + ": " + string(why)})
	}
	for i := range p.statements {
		s := &p.statements[i]
		if s.principal.not {
			add(s.principal.Position, s.principal.path, EveryoneElse)
		}
		for _, name := range s.principal.names {
			if name.kind == kindFederated && name.hasWildcard() {
				add(name.Position, name.path, PrincipalPattern)
			}
		}
		for _, c := range s.conditions {
			switch {
			case !known(s, c.key):
				add(c.Position, c.path, OnlyAWSKnows)
			case len(c.values) == 0:
				add(c.Position, c.path, NoValues)
			case strings.Contains(c.operator.name, "Binary"):
				add(c.Position, c.path, Binary)
			}
			for _, v := range c.values {
				for _, part := range v.parts {
					if part.key != "" && !known(s, part.key) {
						add(v.Position, v.path, UnresolvedVariable)
					}
				}
			}
		}
	}
	return joinFaults(faults)
}
