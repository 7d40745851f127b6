package explain

import "fmt"

// isOfMany tells whether the sign-in is one of those of aws-roles.
func isOfMany(c Case) bool { return c.AWS.Line > 0 }

// line is where the step asks for the role, if it asks for several.
func (c Case) line() string { return fmt.Sprintf("line %d of aws-roles", c.AWS.Line) }

// roleInput is what names the role.
func (c Case) roleInput() string {
	if isOfMany(c) {
		return "the ARN in " + c.line()
	}
	return "role-to-assume"
}

// regionInput is what names the region. A line may have its own, or that of aws-region.
func (c Case) regionInput() string {
	if isOfMany(c) {
		return "the region of " + c.line()
	}
	return "aws-region"
}

// askForRegion is how a step asks for another region.
func (c Case) askForRegion(region string) string {
	if isOfMany(c) {
		return "region=" + region
	}
	return input("aws-region", region)
}

// askForAnHour is how a step asks for a session of an hour.
func (c Case) askForAnHour() string {
	if isOfMany(c) {
		return remark("Either ask for less in "+c.line()+"; every role allows an hour:", "duration=3600")
	}
	return remark("Either ask for less; every role allows an hour:", input("role-duration-seconds", "3600"))
}
