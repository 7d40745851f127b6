package awstrust

import "gatepass/pkg/trust"

const (
	guide  = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
	github = "https://docs.github.com/actions/reference/security/oidc"
)

// Rules are all that [Policy.Lint] looks for. Who gets in comes first, then who does not, then what means nothing.
func Rules() []*trust.Rule {
	return []*trust.Rule{
		missingSubject, negatedSubject, anyRepository, ownerPrefix, everyRepository, anyCaller, pullRequest, contextWildcard,
		wildcardID, reusableName, mutableWorkflow, missingAudience, defaultAudience, anyPrincipal, mixedPrincipals, notPrincipal, notAction,
		neverMatches, literalWildcard, unpopulatedKey, wrongAction, literalVariable, nameOnlySubject,
		optionalCondition, looseAlternative, vacuousCondition,
	}
}

// Rules about who gets in.
var (
	missingSubject = &trust.Rule{
		Name: "aws-missing-subject", Severity: trust.Error,
		Summary:   "neither sub nor job_workflow_ref is asked for",
		Why:       "GitHub's provider vouches for every repository of github.com, a stranger's too.",
		Reference: guide + "id_roles_providers_oidc_secure-by-default.html",
	}
	negatedSubject = &trust.Rule{
		Name: "aws-negated-subject", Severity: trust.Error,
		Summary:   "sub or job_workflow_ref is asked for only by what it is not",
		Why:       "A negated operator lets in all that it does not list, and that is nearly every repository of github.com.",
		Reference: guide + "reference_policies_elements_condition_operators.html#Conditions_String",
	}
	anyRepository = &trust.Rule{
		Name: "aws-any-repository", Severity: trust.Error,
		Summary:   "a pattern for sub that a repository of anyone can match",
		Why:       "Whoever has a GitHub account can make a repository, a branch and an environment of any name.",
		Reference: github + "#oidc-claims-used-to-define-trust-conditions-on-cloud-roles",
	}
	ownerPrefix = &trust.Rule{
		Name: "aws-owner-prefix", Severity: trust.Error,
		Summary:   "a wildcard in the owner's name",
		Why:       "Whoever registers a name that begins in the same way gets in. A * takes slashes and colons, too.",
		Reference: guide + "reference_policies_elements_condition_operators.html#Conditions_String",
	}
	everyRepository = &trust.Rule{
		Name: "aws-every-repository", Severity: trust.Warning,
		Summary:   "every repository of an owner gets in",
		Why:       "Whoever may write to the least of an owner's repositories, today or later, gets the role.",
		Reference: github + "#example-subject-claims",
	}
	anyCaller = &trust.Rule{
		Name: "aws-any-caller", Severity: trust.Warning,
		Summary:   "job_workflow_ref without the repository that calls the workflow",
		Why:       "job_workflow_ref names the workflow that is called. Where that one is public, everyone's repository can call it.",
		Reference: "https://docs.github.com/actions/how-tos/secure-your-work/security-harden-deployments/oidc-with-reusable-workflows",
	}
	pullRequest = &trust.Rule{
		Name: "aws-pull-request", Severity: trust.Warning,
		Summary:   "a pattern for sub that pull requests match, too",
		Why:       "A pull request runs what its author wrote, before anyone has reviewed it.",
		Reference: github + "#filtering-for-pull_request-events",
	}
	contextWildcard = &trust.Rule{
		Name: "aws-context-wildcard", Severity: trust.Note,
		Summary:   "a wildcard in what sub says after the repository",
		Why:       "Whoever may write to a repository can make a branch, a tag or an environment of any name that no rule protects.",
		Reference: github + "#filtering-for-a-specific-branch",
	}
	wildcardID = &trust.Rule{
		Name: "aws-wildcard-id", Severity: trust.Warning,
		Summary:   "a wildcard in place of an owner's or a repository's ID",
		Why:       "The IDs are in sub so that a name that was given up and registered anew is another. A wildcard takes that away.",
		Reference: github + "#immutable-subject-claims",
	}
	reusableName = &trust.Rule{
		Name: "aws-reusable-name", Severity: trust.Warning,
		Summary:   "an owner or an actor by the name alone",
		Why:       "Whoever registers a name that was given up or changed gets tokens with the same names in them.",
		Reference: github + "#immutable-subject-claims",
	}
	mutableWorkflow = &trust.Rule{
		Name: "aws-mutable-workflow", Severity: trust.Warning,
		Summary:   "job_workflow_ref at a branch, at a tag, or at any commit",
		Why:       "A branch and a tag can be moved to other code. A commit's SHA cannot.",
		Reference: "https://docs.github.com/actions/reference/security/secure-use#using-third-party-actions",
	}
	missingAudience = &trust.Rule{
		Name: "aws-missing-audience", Severity: trust.Warning,
		Summary:   "aud is not asked for",
		Why:       "A token that was made for another service gets in, if the provider takes its audience.",
		Reference: guide + "id_roles_create_for-idp_oidc.html",
	}
	defaultAudience = &trust.Rule{
		Name: "aws-default-audience", Severity: trust.Note,
		Summary:   "the audience of tokens that were made for no service in particular",
		Why:       "Where a job names no audience, aud is the address of the owner: each service that takes such tokens could use them here.",
		Reference: github + "#standard-audience-issuer-and-subject-claims",
	}
	anyPrincipal = &trust.Rule{
		Name: "aws-any-principal", Severity: trust.Error,
		Summary:   "a statement for everyone",
		Why:       "* is every account of AWS, and the anonymous too.",
		Reference: guide + "reference_policies_elements_principal.html#principal-anonymous",
	}
	mixedPrincipals = &trust.Rule{
		Name: "aws-mixed-principals", Severity: trust.Warning,
		Summary:   "principals of several kinds in one statement",
		Why:       "The others have no token, so that what the conditions ask of a token shuts them out, or says nothing about them.",
		Reference: guide + "reference_policies_elements_principal.html",
	}
	notPrincipal = &trust.Rule{
		Name: "aws-not-principal", Severity: trust.Error,
		Summary:   "NotPrincipal",
		Why:       "AWS strongly recommends against it: with Allow it lets in all but a few, with Deny it depends on how AWS sees the caller.",
		Reference: guide + "reference_policies_elements_notprincipal.html",
	}
	notAction = &trust.Rule{
		Name: "aws-not-action", Severity: trust.Warning,
		Summary:   "NotAction in a statement that allows",
		Why:       "It allows every other action, those of tomorrow too.",
		Reference: guide + "reference_policies_elements_notaction.html",
	}
)

// Rules about who does not get in.
var (
	neverMatches = &trust.Rule{
		Name: "aws-never-matches", Severity: trust.Error,
		Summary:   "what no token can match",
		Why:       "AWS answers AccessDenied, and does not tell why.",
		Reference: guide + "reference_policies_condition-logic-multiple-context-keys-or-values.html",
	}
	literalWildcard = &trust.Rule{
		Name: "aws-literal-wildcard", Severity: trust.Error,
		Summary:   "a wildcard in StringEquals",
		Why:       "Only StringLike knows wildcards. To StringEquals they are plain characters, which are in no token.",
		Reference: guide + "reference_policies_elements_condition_operators.html#Conditions_String",
	}
	unpopulatedKey = &trust.Rule{
		Name: "aws-unpopulated-key", Severity: trust.Error,
		Summary:   "a claim that AWS does not make a condition key of",
		Why:       "The key is always absent, whatever is in the token.",
		Reference: guide + "reference_policies_iam-condition-keys.html#condition-keys-wif",
	}
	wrongAction = &trust.Rule{
		Name: "aws-wrong-action", Severity: trust.Error,
		Summary:   "a statement about GitHub's provider without sts:AssumeRoleWithWebIdentity",
		Why:       "A token is exchanged by AssumeRoleWithWebIdentity. AssumeRole is for who has credentials of AWS already.",
		Reference: "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html",
	}
	literalVariable = &trust.Rule{
		Name: "aws-literal-variable", Severity: trust.Error,
		Summary:   "a policy variable in a policy that is not of version 2012-10-17",
		Why:       "In an older version, which is the default, ${…} is plain text.",
		Reference: guide + "reference_policies_elements_version.html",
	}
	nameOnlySubject = &trust.Rule{
		Name: "aws-name-only-subject", Severity: trust.Note,
		Summary:   "names in sub that do not match those with IDs",
		Why:       "Repositories that were made, renamed or transferred after 15 July 2026, or opted in, have sub with IDs: repo:OWNER@ID/REPO@ID:…",
		Reference: github + "#immutable-subject-claims",
	}
)

// Rules about what means nothing.
var (
	optionalCondition = &trust.Rule{
		Name: "aws-optional-condition", Severity: trust.Warning,
		Summary:   "ForAllValues: or …IfExists on a claim",
		Why:       "Both hold where the claim is absent. A claim has one value, for which the plain operator is meant.",
		Reference: guide + "reference_policies_condition-single-vs-multi-valued-context-keys.html",
	}
	looseAlternative = &trust.Rule{
		Name: "aws-loose-alternative", Severity: trust.Warning,
		Summary:   "a value that lets in all that another one of its list does, and more",
		Why:       "One value of a list is enough, so that the loosest one decides.",
		Reference: guide + "reference_policies_condition-logic-multiple-context-keys-or-values.html",
	}
	vacuousCondition = &trust.Rule{
		Name: "aws-vacuous-condition", Severity: trust.Warning,
		Summary:   "a condition that holds for every token",
		Why:       "It reads like a limit, and is none.",
		Reference: guide + "reference_policies_elements_condition_operators.html",
	}
)
