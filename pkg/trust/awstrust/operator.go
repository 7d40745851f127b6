package awstrust

import (
	"encoding/base64"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"time"

	"gatepass/pkg/lazyregexp"
)

// operator is what a condition compares with:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
type operator struct {
	comparison
	name      string // as the policy has it, such as ForAllValues:StringLikeIfExists
	qualifier string // ForAnyValue, ForAllValues or nothing
	ifExists  bool
	negated   bool
}

// comparison compares a value of the request with one of the policy.
type comparison struct {
	variables bool // whether the values may hold policy variables
	wildcards bool
	form      string // what a value of the policy has to be
	valid     func(text string) bool
	compare   func(got string, want expanded) (Truth, Cause)
}

func text(compare func(got string, want expanded) (Truth, Cause)) comparison {
	return comparison{variables: true, compare: compare, form: "a text", valid: func(string) bool { return true }}
}

func wild(c comparison) comparison {
	c.wildcards = true
	return c
}

var (
	exactly = text(func(got string, want expanded) (Truth, Cause) { return truth(got == want.text), "" })
	anyCase = text(func(got string, want expanded) (Truth, Cause) { return equalFold(got, want.text), NotASCII })
	pattern = wild(text(func(got string, want expanded) (Truth, Cause) { return truth(want.glob.matches(got)), "" }))
	arn     = wild(text(func(got string, want expanded) (Truth, Cause) { return likeARN(got, want.glob), NoForm }))
	boolean = comparison{form: "true or false", valid: isBoolean, compare: func(got string, want expanded) (Truth, Cause) {
		if !isBoolean(got) {
			return Perhaps, NoForm
		}
		return truth(got == want.text), ""
	}}
	address = comparison{form: "an IP address or a range such as 203.0.113.0/24", valid: isRange, compare: inRange}
	binary  = comparison{form: "base64", valid: isBase64, compare: func(string, expanded) (Truth, Cause) { return Perhaps, Binary }}
)

// operators are all of AWS's but for Null, and whether each is negated.
var operators = map[string]struct {
	comparison
	negated bool
}{
	"StringEquals":              {exactly, false},
	"StringNotEquals":           {exactly, true},
	"StringEqualsIgnoreCase":    {anyCase, false},
	"StringNotEqualsIgnoreCase": {anyCase, true},
	"StringLike":                {pattern, false},
	"StringNotLike":             {pattern, true},
	"ArnEquals":                 {arn, false},
	"ArnLike":                   {arn, false},
	"ArnNotEquals":              {arn, true},
	"ArnNotLike":                {arn, true},
	"NumericEquals":             {number(0), false},
	"NumericNotEquals":          {number(0), true},
	"NumericLessThan":           {number(-1), false},
	"NumericLessThanEquals":     {number(-1, 0), false},
	"NumericGreaterThan":        {number(1), false},
	"NumericGreaterThanEquals":  {number(0, 1), false},
	"DateEquals":                {date(0), false},
	"DateNotEquals":             {date(0), true},
	"DateLessThan":              {date(-1), false},
	"DateLessThanEquals":        {date(-1, 0), false},
	"DateGreaterThan":           {date(1), false},
	"DateGreaterThanEquals":     {date(0, 1), false},
	"Bool":                      {boolean, false},
	"BinaryEquals":              {binary, false},
	"IpAddress":                 {address, false},
	"NotIpAddress":              {address, true},
}

// null is the operator that asks whether a key is absent.
const null = "Null"

// newOperator finds an operator by its name. The problem is what is wrong with the name.
func newOperator(name string) (o operator, problem string) {
	o.name = name
	base := name
	if qualifier, rest, found := strings.Cut(name, ":"); found {
		if qualifier != "ForAnyValue" && qualifier != "ForAllValues" {
			return o, "is no operator: only ForAnyValue: and ForAllValues: may go before one"
		}
		o.qualifier, base = qualifier, rest
	}
	base, o.ifExists = strings.CutSuffix(base, "IfExists")
	if base == null {
		if base != name {
			return o, "is no operator: Null goes without IfExists, ForAnyValue: and ForAllValues:"
		}
		o.comparison = boolean
		return o, ""
	}
	known, found := operators[base]
	if !found {
		for right := range operators {
			if strings.EqualFold(right, base) {
				return o, "is no operator; write " + right
			}
		}
		return o, "is no operator of AWS's"
	}
	o.comparison, o.negated = known.comparison, known.negated
	return o, ""
}

// isText reports whether the operator compares texts for equality, or as patterns.
func (o operator) isText() bool { return strings.Contains(o.name, "String") }

// literal reports whether a wildcard in the operator's values is a plain character.
func (o operator) literal() bool { return o.isText() && !o.wildcards }

// likeARN compares ARNs part by part. What a pattern of fewer parts means, AWS does not say.
func likeARN(got string, want glob) Truth {
	const parts = 6
	values := strings.SplitN(got, ":", parts)
	if len(values) != parts || values[0] != "arn" {
		return Perhaps
	}
	for i, value := range values {
		end := len(want)
		if i < parts-1 {
			end = slices.Index(want, ':')
		}
		if end < 0 {
			return Perhaps
		}
		if !want[:end].matches(value) {
			return No
		}
		want = want[min(end+1, len(want)):]
	}
	return Yes
}

var (
	integerForm = lazyregexp.New(`\A(?:0|-?[1-9]\d{0,39})\z`)
	decimalForm = lazyregexp.New(`\A-?\d{1,40}(?:\.\d{1,40})?\z`)
)

// number compares numbers; the signs are those of the comparison that the operator takes for a yes.
func number(signs ...int) comparison {
	valid := func(text string) bool { return decimalForm().MatchString(text) }
	return comparison{form: "a number", valid: valid, compare: func(got string, want expanded) (Truth, Cause) {
		if !valid(got) {
			return Perhaps, NoForm
		}
		a, _ := new(big.Rat).SetString(got)
		b, _ := new(big.Rat).SetString(want.text)
		return truth(slices.Contains(signs, a.Cmp(b))), ""
	}}
}

// date compares points in time, as number does numbers.
func date(signs ...int) comparison {
	valid := func(text string) bool {
		_, ok := parseDate(text)
		return ok
	}
	return comparison{form: "a date such as 2026-12-31T23:59:59Z", valid: valid, compare: func(got string, want expanded) (Truth, Cause) {
		a, ok := parseDate(got)
		if !ok {
			return Perhaps, NoForm
		}
		b, _ := parseDate(want.text)
		return truth(slices.Contains(signs, a.Compare(b))), ""
	}}
}

var epochForm = lazyregexp.New(`\A\d{5,12}\z`)

// parseDate reads what AWS takes for a date: the forms of https://www.w3.org/TR/NOTE-datetime, and seconds since 1970.
func parseDate(text string) (time.Time, bool) {
	if epochForm().MatchString(text) {
		seconds, _ := new(big.Int).SetString(text, 10)
		return time.Unix(seconds.Int64(), 0), true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func isBoolean(text string) bool { return text == "true" || text == "false" }

func isBase64(text string) bool {
	_, err := base64.StdEncoding.DecodeString(text)
	return err == nil
}

func isRange(text string) bool {
	_, ok := parseRange(text)
	return ok
}

// parseRange reads an address, which is a range of its own, or a range.
func parseRange(text string) (netip.Prefix, bool) {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix, true
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

func inRange(got string, want expanded) (Truth, Cause) {
	a, err := netip.ParseAddr(got)
	if err != nil || a.Zone() != "" || a.Is4In6() {
		return Perhaps, NoForm
	}
	prefix, _ := parseRange(want.text)
	return truth(prefix.Contains(a)), ""
}
