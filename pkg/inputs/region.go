package inputs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"gatepass/pkg/lazyregexp"
)

// regionForm is a region's area, its direction and its number.
var regionForm = lazyregexp.New(`^([a-z]{2}|us-gov|eusc-de|us-iso[bf]?|eu-isoe)-(north|south|east|west|central|northeast|northwest|southeast|southwest)-[1-9][0-9]?$`)

// partitions are the partitions by the areas of their regions. All other areas belong to the partition aws.
// https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json
var partitions = map[string]string{
	"cn": "aws-cn", "us-gov": "aws-us-gov", "eusc-de": "aws-eusc",
	"us-iso": "aws-iso", "us-isob": "aws-iso-b", "eu-isoe": "aws-iso-e", "us-isof": "aws-iso-f",
}

// areas are those of the partition aws, from the same source.
const areas = " us eu ap sa ca me af il mx "

// regions serve to guess what a misspelt one was to be. A region that is newer than this list is a region all the same.
var regions = strings.Fields(`
	af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2
	ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1
	eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2
	us-west-1 us-west-2 cn-north-1 cn-northwest-1 eusc-de-east-1 us-iso-east-1 us-iso-west-1 us-isob-east-1 us-isob-west-1 eu-isoe-west-1
	us-isof-east-1 us-isof-south-1 us-gov-east-1 us-gov-west-1`)

// PartitionOf returns the partition of a region, or nothing if there is no such region.
func PartitionOf(region string) string {
	parts := regionForm().FindStringSubmatch(region)
	switch {
	case parts == nil:
		return ""
	case partitions[parts[1]] != "":
		return partitions[parts[1]]
	case strings.Contains(areas, " "+parts[1]+" "):
		return "aws"
	}
	return ""
}

// IsKnownRegion tells whether a region is in the list, which newer ones are not.
func IsKnownRegion(region string) bool { return slices.Contains(regions, region) }

// NearestRegion returns the region that a misspelt one is closest to, or nothing if none is close.
func NearestRegion(misspelt string) string {
	nearest, least := "", 3
	for _, region := range regions {
		if distance := levenshtein.ComputeDistance(misspelt, region); distance < least {
			nearest, least = region, distance
		}
	}
	return nearest
}

// region is that of later steps. With aws-roles each line may have its own.
func (r *reader) region() string {
	const input = "aws-region"
	region := r.text(input)
	switch {
	case region == "" && r.raw("aws-roles") != "":
	case region == "":
		r.fault(input, "is missing; set it to the region that later steps work in, such as eu-central-1")
	default:
		if problem := regionProblem(region); problem != "" {
			r.fault(input, "%s", problem)
		}
	}
	return region
}

// regionProblem says what is wrong with a region, or nothing.
func regionProblem(region string) string {
	if PartitionOf(region) != "" {
		return ""
	}
	if nearest := NearestRegion(strings.ToLower(region)); nearest != "" {
		return fmt.Sprintf("%s is not a region; did you mean %s?", quote(region), nearest)
	}
	return quote(region) + " is not a region; one looks like eu-central-1"
}
