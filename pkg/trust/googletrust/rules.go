package googletrust

import "gatepass/pkg/trust"

const (
	providerReference   = "https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers"
	conditionsReference = "https://docs.cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines#conditions"
	spoofingReference   = "https://docs.cloud.google.com/iam/docs/best-practices-for-using-workload-identity-federation#protecting_against_spoofing_threats"
	mappingReference    = "https://docs.cloud.google.com/iam/docs/workload-identity-federation#mapping"
	memberReference     = "https://docs.cloud.google.com/iam/docs/principal-identifiers"
	claimsReference     = "https://docs.github.com/en/actions/reference/security/oidc#oidc-token-claims"
	subjectReference    = "https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims"
	reusableReference   = "https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-with-reusable-workflows"
	bindingReference    = "https://github.com/google-github-actions/auth/blob/main/docs/SECURITY_CONSIDERATIONS.md"
	troubleReference    = "https://docs.cloud.google.com/iam/docs/troubleshooting-workload-identity-federation"
)

// Rules are what [Lint] and [LintPool] look for.
func Rules() []*trust.Rule {
	return []*trust.Rule{
		refusedProvider, missingSubject, disabledProvider, foreignIssuer, uploadedKeys, sharedAudience, sharedPool,
		missingCondition, openCondition, openAlternative, looseMatch, callableWorkflow, wholeOwner, reusableName, nameOnlySubject,
		numberForString, unknownClaim, unmappedAttribute, mutableWorkflow, openWorkflow, unverifiedFunction, longSubject,
		malformedMember, twoAttributes, wildcardMember, anyRepository, anyBranch,
	}
}

// The provider.
var (
	refusedProvider = &trust.Rule{
		Name: "google-refused-provider", Severity: trust.Error, Summary: "a provider that Google does not store",
		Why:       "Google checks expressions and sizes when a provider is created or changed, and refuses it.",
		Reference: providerReference,
	}
	missingSubject = &trust.Rule{
		Name: "google-missing-subject", Severity: trust.Error, Summary: "no mapping of google.subject",
		Why:       "An OIDC provider must map google.subject, which names the principal in IAM and in audit logs.",
		Reference: providerReference,
	}
	disabledProvider = &trust.Rule{
		Name: "google-disabled-provider", Severity: trust.Note, Summary: "a disabled or deleted provider",
		Why:       "No token is exchanged at it. Google's answer does not tell that from a provider that does not exist.",
		Reference: troubleReference,
	}
	foreignIssuer = &trust.Rule{
		Name: "google-foreign-issuer", Severity: trust.Warning, Summary: "an issuer that is not GitHub's",
		Why:       "A token of GitHub Actions has the issuer of github.com, of an enterprise's domain at ghe.com, or of an enterprise's server.",
		Reference: claimsReference,
	}
	uploadedKeys = &trust.Rule{
		Name: "google-uploaded-keys", Severity: trust.Note, Summary: "uploaded keys for an issuer that Google can reach",
		Why:       "GitHub changes its keys, and tokens that are signed with a new one are refused until somebody uploads that, too.",
		Reference: providerReference,
	}
	sharedAudience = &trust.Rule{
		Name: "google-shared-audience", Severity: trust.Warning, Summary: "an audience that other services take, too",
		Why:       "Whoever gets such a token for another service, or is that service, can be the job at Google.",
		Reference: spoofingReference,
	}
	sharedPool = &trust.Rule{
		Name: "google-shared-pool", Severity: trust.Warning, Summary: "two providers in one pool",
		Why:       "Members of bindings name the pool, not the provider: equal attributes of two providers are the same member.",
		Reference: "https://docs.cloud.google.com/iam/docs/best-practices-for-using-workload-identity-federation#avoid-subject-collisions",
	}
)

// The attribute mapping and the attribute condition.
var (
	missingCondition = &trust.Rule{
		Name: "google-missing-condition", Severity: trust.Error, Summary: "no attribute condition",
		Why:       "All of GitHub has one issuer. Without a condition any repository in the world is let into the pool.",
		Reference: conditionsReference,
	}
	openCondition = &trust.Rule{
		Name: "google-open-condition", Severity: trust.Error, Summary: "a condition that lets in strangers",
		Why:       "A condition that mentions a claim need not constrain it. Strangers name their own repositories, branches and environments.",
		Reference: spoofingReference,
	}
	openAlternative = &trust.Rule{
		Name: "google-open-alternative", Severity: trust.Error, Summary: "an alternative of || that lets in strangers",
		Why:       "The widest alternative decides. That the others are narrow does not help.",
		Reference: spoofingReference,
	}
	looseMatch = &trust.Rule{
		Name: "google-loose-match", Severity: trust.Error, Summary: "a comparison of a part that other names have, too",
		Why:       "Anybody can register a name that begins with, ends with or contains another.",
		Reference: spoofingReference,
	}
	callableWorkflow = &trust.Rule{
		Name: "google-callable-workflow", Severity: trust.Warning, Summary: "a reusable workflow, whoever calls it",
		Why:       "If the repository of a reusable workflow is public, every repository on GitHub can call it, with inputs of its own.",
		Reference: reusableReference,
	}
	wholeOwner = &trust.Rule{
		Name: "google-whole-owner", Severity: trust.Note, Summary: "every repository of an owner",
		Why:       "Whoever can write to any repository of the owner is let in; it is left to bindings to be narrower.",
		Reference: bindingReference,
	}
	reusableName = &trust.Rule{
		Name: "google-reusable-name", Severity: trust.Warning, Summary: "names that can be registered again, in place of IDs",
		Why:       "When a user, an organization or a repository is renamed or deleted, somebody else can take the name. No ID is given twice.",
		Reference: bindingReference,
	}
	nameOnlySubject = &trust.Rule{
		Name: "google-name-only-subject", Severity: trust.Warning, Summary: "a subject without IDs",
		Why: "Repositories created, renamed or transferred after 15 July 2026, and those that opt in, have the subject " +
			"repo:OWNER@OWNER-ID/REPO@REPO-ID:…, which this does not match.",
		Reference: subjectReference,
	}
	numberForString = &trust.Rule{
		Name: "google-number-for-string", Severity: trust.Error, Summary: "a number compared with a claim that is a string",
		Why:       "GitHub's claims are strings, IDs too. In CEL no string equals a number, so this never holds.",
		Reference: claimsReference,
	}
	unknownClaim = &trust.Rule{
		Name: "google-unknown-claim", Severity: trust.Error, Summary: "a claim that GitHub does not issue",
		Why:       "An expression fails over a claim that a token lacks, and Google refuses the token.",
		Reference: claimsReference,
	}
	unmappedAttribute = &trust.Rule{
		Name: "google-unmapped-attribute", Severity: trust.Error, Summary: "an attribute that the provider does not map",
		Why:       "A condition fails over such an attribute. A set of principals over it is empty, and nobody says so.",
		Reference: mappingReference,
	}
	mutableWorkflow = &trust.Rule{
		Name: "google-mutable-workflow", Severity: trust.Note, Summary: "a workflow at a branch or a tag",
		Why:       "Whoever can write to the branch, or move the tag, can change the workflow. A commit's hash cannot be moved.",
		Reference: reusableReference,
	}
	openWorkflow = &trust.Rule{
		Name: "google-open-workflow", Severity: trust.Warning, Summary: "a workflow of any branch",
		Why:       "Without the part after the @ anybody who can push a branch can change the workflow there.",
		Reference: reusableReference,
	}
	unverifiedFunction = &trust.Rule{
		Name: "google-unverified-function", Severity: trust.Note, Summary: "what only Google can evaluate",
		Why:       "No page of Google's shows it in a mapping or a condition, so that it cannot be checked offline.",
		Reference: mappingReference,
	}
	longSubject = &trust.Rule{
		Name: "google-long-subject", Severity: trust.Note, Summary: "a subject that can be over 127 bytes",
		Why:       "Google refuses a token whose google.subject is longer, as that of a long branch name is.",
		Reference: providerReference,
	}
)

// The members of IAM bindings.
var (
	malformedMember = &trust.Rule{
		Name: "google-malformed-member", Severity: trust.Error, Summary: "a member of no form that IAM knows",
		Why:       "It is nobody.",
		Reference: memberReference,
	}
	twoAttributes = &trust.Rule{
		Name: "google-two-attributes", Severity: trust.Error, Summary: "two attributes in one set of principals",
		Why:       "A member names one attribute. What looks like a second one is a part of the first one's value, which no token has.",
		Reference: "https://github.com/google-github-actions/auth/issues/233",
	}
	wildcardMember = &trust.Rule{
		Name: "google-wildcard-member", Severity: trust.Warning, Summary: "everybody in a pool",
		Why:       "Every job that any provider of the pool lets in, now or after a change, has the role.",
		Reference: bindingReference,
	}
	anyRepository = &trust.Rule{
		Name: "google-any-repository", Severity: trust.Warning, Summary: "whoever triggered the job, and nothing of its repository",
		Why:       "The actor is who triggered a job, in whichever repository. It says nothing about the code that runs.",
		Reference: bindingReference,
	}
	anyBranch = &trust.Rule{
		Name: "google-any-branch", Severity: trust.Warning, Summary: "every branch, pull request and workflow of a repository",
		Why:       "Whoever can push a branch or have a pull request run has the role, before anybody has reviewed the code.",
		Reference: bindingReference,
	}
)
