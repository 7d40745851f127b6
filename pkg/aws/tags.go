package aws

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"gatepass/pkg/inputs"
)

func tags(all []inputs.Tag) []types.Tag {
	var out []types.Tag
	for _, tag := range all {
		out = append(out, types.Tag{Key: &tag.Key, Value: &tag.Value})
	}
	return out
}

func isDroppable(tag inputs.Tag) bool { return tag.Droppable }

func hasDroppable(all []inputs.Tag) bool { return slices.ContainsFunc(all, isDroppable) }

// withoutDroppable takes the droppable tags out of a request, and their keys out of the transitive ones: AWS refuses keys of no tag.
func withoutDroppable(request *sts.AssumeRoleInput, all []inputs.Tag) {
	kept := slices.DeleteFunc(slices.Clone(all), isDroppable)
	request.Tags = tags(kept)
	request.TransitiveTagKeys = slices.DeleteFunc(slices.Clone(request.TransitiveTagKeys), func(key string) bool {
		return !slices.ContainsFunc(kept, func(tag inputs.Tag) bool { return tag.Key == key })
	})
}
