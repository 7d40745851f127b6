package awstrust

import (
	"fmt"
	"strconv"
	"strings"

	"gatepass/pkg/trust"
	"gatepass/pkg/untrusted"
)

// Cause is why an element of a statement does not match, or why no one but AWS can tell, in words that end a sentence.
type Cause string

// The causes of a no.
const (
	OtherPrincipal  Cause = "the statement is for another principal"
	OtherAction     Cause = "the statement is for another action"
	Differs         Cause = "the value differs"
	DiffersInCase   Cause = "the value differs only in case"
	LiteralWildcard Cause = "a wildcard in StringEquals is a plain character"
	NamesOnly       Cause = "the token's value holds the IDs of owner and repository, the policy's only their names"
	IDsToo          Cause = "the policy's value holds the IDs of owner and repository, the token's only their names"
	OtherContext    Cause = "the repository is right, what follows it is not"
	Empty           Cause = "the value is empty, which is none to ForAnyValue:"
	Excluded        Cause = "the policy excludes this value"
	Absent          Cause = "the token has no such claim"
	AbsentKey       Cause = "the request has no such key"
	NotPopulated    Cause = "AWS does not populate this key"
	OtherProvider   Cause = "the key is of another provider than the one that vouches for the token"
	Present         Cause = "the key is there"
	NoExternalID    Cause = "AssumeRoleWithWebIdentity takes no external ID"
)

// The causes of an unknown.
const (
	OnlyAWSKnows       Cause = "only AWS knows its value"
	Untold             Cause = "nobody has said this claim of the token"
	EveryPrincipal     Cause = "AWS does not say that * stands for a token's provider, too"
	EveryoneElse       Cause = "whom NotPrincipal leaves over depends on how AWS sees the caller"
	PrincipalPattern   Cause = "AWS documents no wildcard in Principal.Federated"
	NotASCII           Cause = "AWS does not say how it compares letters outside of ASCII without regard to case"
	SeveralNames       Cause = "there are several of this name, which differ in case"
	OtherIssuer        Cause = "AWS documents this key for the issuer token.actions.githubusercontent.com alone"
	SeveralValues      Cause = "the key has several values, or none, and the operator neither ForAnyValue: nor ForAllValues:"
	NoValues           Cause = "AWS does not say what an empty list of values means"
	NoForm             Cause = "AWS does not say how it compares this value"
	EmptyValue         Cause = "AWS does not say whether an empty value counts as one"
	UnresolvedVariable Cause = "a policy variable in it has no value, none that is known, or one with a wildcard"
	Binary             Cause = "this check does not compare binary values"
)

// Reason is why one element of a statement does not match, or why no one but AWS can tell. Its values are as they came: [Reason.String]
// cleans them for printing.
type Reason struct {
	trust.Position
	Path     string // such as Statement[0].Condition.StringLike.token.actions.githubusercontent.com:sub
	Truth    Truth
	Cause    Cause
	Operator string   // of a condition, as the policy has it
	Key      string   // of a condition, as the policy has it
	Want     []string // the values of the policy
	Got      []string // the values of the request; none if it has none, or no one knows them
}

// String says the reason in one line that is safe to print, but for where it is in the file.
func (r Reason) String() string {
	var got string
	if len(r.Got) > 0 {
		got = ", the request " + list(r.Got, "and")
	}
	return untrusted.Line(fmt.Sprintf("%s: the policy has %s%s: %s", r.Path, list(r.Want, "or"), got, r.Cause))
}

// list says the first few of some values.
func list(values []string, and string) string {
	const most = 4
	var quoted []string
	for i, value := range values {
		if i == most && len(values) > most+1 {
			quoted = append(quoted, fmt.Sprintf("%d others", len(values)-most))
			break
		}
		quoted = append(quoted, strconv.Quote(value))
	}
	switch len(quoted) {
	case 0:
		return "nothing"
	case 1:
		return quoted[0]
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " " + and + " " + quoted[len(quoted)-1]
}
