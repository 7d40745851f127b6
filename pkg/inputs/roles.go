package inputs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"gatepass/pkg/awsprofile"
	"gatepass/pkg/untrusted"
)

// longestChained is how long a session lives that another session has opened:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
const longestChained = time.Hour

// notWithRoles are the inputs that say in another way who signs in, by what, and as which profile, and the one that is about a single role.
var notWithRoles = []string{
	"role-to-assume", "aws-access-key-id", "web-identity-token-file", "role-chaining", "force-skip-oidc", "use-existing-credentials",
	"aws-profile", "aws-trust-policy", "aws-web-identity",
}

// SignIns are all sign-ins to AWS: those of aws-roles, or the one.
func (in AWS) SignIns() []AWS {
	if in.Roles == nil {
		return []AWS{in}
	}
	return in.Roles
}

// SourceOf is the place, among the sign-ins, of the one whose session a chained one starts with.
func (in AWS) SourceOf(chained AWS) int {
	return slices.IndexFunc(in.Roles, func(role AWS) bool { return role.Profile == chained.ChainFrom })
}

// Profiles are the profiles that a step can have written, of which nothing is known but its inputs.
func Profiles(lookup Lookup) []string {
	r := &reader{lookup: lookup}
	names := []string{r.text("aws-profile")}
	for _, line := range r.roleLines("") {
		names = append(names, line.profile)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return awsprofile.CheckName(name) != nil })
	if len(names) == 0 {
		return nil
	}
	return names
}

// manyRoles is for a step with aws-roles. What the other inputs say of sessions holds for all of them.
func (r *reader) manyRoles(in *AWS) {
	session := r.session()
	r.alone()
	lines := r.roleLines(in.Region)
	var roles []AWS
	for _, line := range lines {
		role := *in
		role.Line, role.Profile = line.number, line.profile
		role.Source, role.ChainFrom = FromGitHub, line.options["chain-from"]
		role.Region, role.Partition = line.region, PartitionOf(line.region)
		role.Audience = r.textOr("audience", AWSAudience(role.Partition))
		line.checkProfile(lines)
		line.checkRegion()
		role.Role = line.role(session, in.AllowedAccounts)
		if line.has("chain-from") {
			role.Source = FromProfile
			line.checkChain(lines)
		}
		roles = append(roles, role)
	}
	dropInheritedTags(roles)
	if primary := slices.IndexFunc(roles, func(role AWS) bool { return role.Profile == "default" }); primary >= 0 {
		*in = roles[primary]
	} else if len(roles) > 0 {
		*in = roles[0]
	}
	in.Roles = roles
	if !slices.ContainsFunc(roles, func(role AWS) bool { return role.Source == FromProfile }) {
		in.Unused = r.unused()
	}
}

// alone refuses what would contradict aws-roles.
func (r *reader) alone() {
	var others []string
	for _, input := range notWithRoles {
		value := r.raw(input)
		if value == "" || strings.EqualFold(value, "false") {
			continue
		}
		others = append(others, r.called(input))
	}
	if len(others) > 0 {
		const rule = "says which roles are assumed with GitHub's ID token, and as which profiles; leave out "
		r.fault("aws-roles", "%s", rule+strings.Join(others, ", "))
	}
}

// dropInheritedTags leaves tags out where a session inherits them from the one that it is chained from: AWS refuses them there.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining
func dropInheritedTags(roles []AWS) {
	for _, role := range roles {
		isSource := func(other AWS) bool { return other.Profile == role.ChainFrom && other.Source == FromProfile }
		if !slices.ContainsFunc(roles, isSource) {
			continue // GitHub's token gives its session no tags
		}
		inherited := role.Role.TransitiveTagKeys
		role.Role.Tags = slices.DeleteFunc(slices.Clone(role.Role.Tags), func(tag Tag) bool { return slices.Contains(inherited, tag.Key) })
		role.Role.TransitiveTagKeys = nil
	}
}

// roleLine is a line of aws-roles: profile = role ARN [region=…] [duration=…] [chain-from=profile].
type roleLine struct {
	*reader
	number  int
	text    string
	profile string
	arn     string
	options map[string]string
	region  string // its own, or that of all lines
}

var roleOptions = []string{"region", "duration", "chain-from"}

// roleLines are the lines that can be parsed. They are counted as the workflow's author counts them, blank ones included.
func (r *reader) roleLines(region string) []roleLine {
	value, _ := r.lookup(Variable("aws-roles"))
	var lines []roleLine
	for i, text := range strings.Split(value, "\n") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		line := roleLine{reader: r, number: i + 1, text: text, options: map[string]string{}, region: region}
		if !line.parse() {
			continue
		}
		if line.has("region") {
			line.region = line.options["region"]
		}
		lines = append(lines, line)
	}
	return lines
}

// fault notes what is wrong with the line. All that is wrong is told, as lines have little to do with each other.
func (l roleLine) fault(format string, values ...any) {
	where := fmt.Sprintf("line %d, %s: ", l.number, quote(l.text))
	l.faults = append(l.faults, &Fault{"aws-roles", where + fmt.Sprintf(format, values...)})
}

func (l *roleLine) parse() bool {
	profile, rest, _ := strings.Cut(l.text, "=")
	l.profile = strings.TrimSpace(profile)
	fields := strings.Fields(rest)
	if l.profile == "" || strings.ContainsFunc(l.profile, unicode.IsSpace) || len(fields) == 0 {
		l.fault("a line is written profile = role ARN [region=…] [duration=…] [chain-from=profile]")
		return false
	}
	l.arn = fields[0]
	for _, field := range fields[1:] {
		name, value, found := strings.Cut(field, "=")
		if !slices.Contains(roleOptions, name) {
			l.fault("%s is not an option; there are region=…, duration=… and chain-from=profile", quote(field))
			break // what follows is likely to be a part of it, such as of a comment
		}
		if !found {
			l.fault("%s has no value; write %s=… without blanks", name, name)
			break // which follows
		}
		if l.has(name) {
			l.fault("%s is there twice", name)
		}
		l.options[name] = value
	}
	return true
}

func (l roleLine) has(option string) bool {
	_, ok := l.options[option]
	return ok
}

func (l roleLine) checkProfile(lines []roleLine) {
	if err := awsprofile.CheckName(l.profile); err != nil {
		l.fault("the profile %s", strings.TrimPrefix(err.Error(), "aws-profile "))
	}
	if first := find(lines, l.profile); first.number != l.number {
		l.fault("the profile is in line %d already", first.number)
	}
}

func (l roleLine) checkRegion() {
	if !l.has("region") && l.region == "" {
		l.reader.fault("aws-region", "is missing; set it, or region=… in every line of aws-roles")
	} else if problem := regionProblem(l.region); problem != "" && l.has("region") {
		l.fault("region: %s", problem)
	}
}

// role is the line's role. The ARN tells the account, so that a foreign one is refused before AWS is asked.
func (l roleLine) role(session AWSRole, allowed []string) *AWSRole {
	role := session
	role.ARN = l.arn
	if problem := roleProblem(l.arn, PartitionOf(l.region), "its region"); problem != "" {
		l.fault("%s", problem)
	} else if len(allowed) > 0 && !slices.Contains(allowed, role.Account()) {
		l.fault("the account %s is not among allowed-account-ids", role.Account())
	}
	most := longestSession
	if l.has("chain-from") {
		most = longestChained
		role.Duration = min(role.Duration, most)
	}
	if l.has("duration") {
		role.Duration = l.duration(most)
	}
	return &role
}

func (l roleLine) duration(most time.Duration) time.Duration {
	text, least := l.options["duration"], int(shortestSession/time.Second)
	seconds, err := strconv.Atoi(text)
	switch {
	case err != nil || seconds < least || seconds > int(longestSession/time.Second):
		l.fault("duration: %s is not a number from %d to %d", quote(text), least, longestSession/time.Second)
	case seconds > int(most/time.Second):
		l.fault("duration: %d is more than %d, which is all that AWS gives a session that another one opens", seconds, most/time.Second)
	}
	return time.Duration(seconds) * time.Second
}

// checkChain goes from source to source. There must be an end, and no way leads from one of AWS's partitions into another.
func (l roleLine) checkChain(lines []roleLine) {
	source := find(lines, l.options["chain-from"])
	if source == nil {
		l.fault("chain-from: no line has the profile %s", quote(l.options["chain-from"]))
		return
	}
	if from, to := PartitionOf(source.region), PartitionOf(l.region); from != "" && to != "" && from != to {
		l.fault("chain-from: %s is in partition %s, whose sessions can assume no role in %s", quote(source.profile), from, to)
	}
	chain := []string{l.profile}
	for range lines {
		chain = append(chain, source.profile)
		if source.number == l.number {
			l.fault("chain-from: the chain has no beginning: %s", untrusted.Line(strings.Join(chain, " from ")))
			return
		}
		if source = find(lines, source.options["chain-from"]); source == nil {
			return
		}
	}
}

// find is the first line with a profile.
func find(lines []roleLine, profile string) *roleLine {
	i := slices.IndexFunc(lines, func(l roleLine) bool { return l.profile == profile })
	if i < 0 {
		return nil
	}
	return &lines[i]
}
