package explain

import "slices"

// causes are all that is known, the likeliest first among those that the evidence cannot tell apart.
var causes = slices.Concat(
	awsEvidenceCauses,
	googleEvidenceCauses,
	githubCauses,
	awsProviderCauses,
	awsTokenCauses,
	awsDeniedCauses,
	awsAssumeCauses,
	awsRequestCauses,
	awsKeyCauses,
	awsNetworkCauses,
	googleSTSCauses,
	googleMappingCauses,
	googleAccountCauses,
	googleDeniedCauses,
	googleOAuthCauses,
	googleNetworkCauses,
)
