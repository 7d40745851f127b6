package explain

import "slices"

// causes are all that is known, the likeliest first among those that the evidence cannot tell apart.
var causes = slices.Concat(
	awsEvidenceCauses,
	googleEvidenceCauses,
	awsProviderCauses,
	awsTokenCauses,
	awsDeniedCauses,
	awsAssumeCauses,
	awsRequestCauses,
	awsKeyCauses,
	awsNetworkCauses,
)
