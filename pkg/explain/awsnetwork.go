package explain

import (
	"fmt"
	"strings"

	"gatepass/pkg/inputs"
	"gatepass/pkg/quote"
)

// awsNetworkCauses are those for which there is no answer, or none that says anything about this job.
var awsNetworkCauses = []cause{
	{"aws-throttled", func(c Case) odds {
		if c.Refusal.Service != AWSSTS {
			return no
		}
		if c.Refusal.Status == 429 || strings.Contains(c.Refusal.Code, "Thrott") || strings.Contains(c.Refusal.Code, "TooManyRequests") || c.Refusal.Code == "RequestLimitExceeded" {
			return certain
		}
		return no
	}, func(Case) Explanation {
		return Explanation{
			Meaning: "Too many requests reach STS at once from your account in this region. The step has waited and tried again, and used up its attempts.",
			Fix:     "Let fewer jobs start at the same moment (strategy: max-parallel), or give the step more attempts than the usual 12:",
			Paste:   []string{input("retry-max-attempts", "20")},
		}
	}},
	{"aws-unavailable", func(c Case) odds {
		if c.Refusal.Service == AWSSTS && c.Refusal.Status >= 500 {
			return certain
		}
		return no
	}, func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("STS in %s has a fault of its own, which is nothing about this job. The step has used up its attempts.", c.AWS.Region),
			Fix:     "Run the job again later; https://health.aws.amazon.com/health/status tells when AWS has repaired it.",
		}
	}},
	{"aws-no-fips", where(noHost, Case.asksForFIPS), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("There is no host %s: STS in %s has no FIPS endpoint, which AWS_USE_FIPS_ENDPOINT asks for.", c.endpoint(), c.AWS.Region),
			Fix:     "Set AWS_USE_FIPS_ENDPOINT to 'false' under the step's env, or sts-endpoint to one of another region:",
			Paste:   []string{input("sts-endpoint", "https://sts-fips.us-east-1.amazonaws.com")},
		}
	}},
	{"aws-region-unknown", where(noHost, func(c Case) bool { return c.AWS.Endpoint == nil && !inputs.IsKnownRegion(c.AWS.Region) }), func(c Case) Explanation {
		e := Explanation{
			Meaning: fmt.Sprintf("There is no host %s, and so, it seems, no region %s.", c.endpoint(), c.AWS.Region),
			Fix:     fmt.Sprintf("Set %s to a region that exists, as https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html lists them.", c.regionInput()),
		}
		if nearest := inputs.NearestRegion(c.AWS.Region); nearest != "" {
			e.Fix, e.Paste = fmt.Sprintf("Correct %s. Did you mean this one?", c.regionInput()), []string{c.askForRegion(nearest)}
		}
		return e
	}},
	{"aws-endpoint-unknown", where(noHost, func(c Case) bool { return c.AWS.Endpoint != nil }), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The runner finds no host %s, which sts-endpoint or AWS_ENDPOINT_URL_STS names.", c.endpoint()),
			Fix:     "Correct its spelling, or leave it out, and the step asks STS of aws-region.",
		}
	}},
	{"aws-name-service", noHost, func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The runner does not find the host %s, which exists: its name service does not know the internet, or is not allowed to.", c.endpoint()),
			Fix:     "Let the runner resolve the name; this must print an address there. If the internet is behind a proxy, set http-proxy.",
			Paste:   []string{quote.Command("getent", "hosts", c.endpoint())},
		}
	}},
	{"aws-certificate", said(AWSSTS, Unreached, "certificate"), func(c Case) Explanation {
		return c.certificate(c.endpoint())
	}},
	{"aws-unreached", said(AWSSTS, Unreached, ""), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("The runner cannot talk to %s. A firewall or a proxy may be in between.", c.endpoint()),
			Fix:     "Let the runner reach it, or set http-proxy to the proxy; this must print a status there:",
			Paste:   []string{quote.Command("curl", "--silent", "--head", c.endpointURL()) + " | head -1"},
		}
	}},
	{"aws-proxy", said(AWSSTS, NotItsAnswer, ""), func(c Case) Explanation {
		return Explanation{
			Meaning: fmt.Sprintf("Something else than AWS has answered for %s: a proxy, a sign-in page of the network, or a service with another API.", c.endpoint()),
			Fix:     "See who answers there, from the runner, and correct http-proxy, no-proxy, sts-endpoint or AWS_ENDPOINT_URL_STS:",
			Paste:   []string{curl("--include", c.endpointURL())},
		}
	}},
}

var noHost = said(AWSSTS, Unreached, "no such host")

// suffixes are the domains of partitions that are not amazonaws.com:
// https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json
var suffixes = map[string]string{
	"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu", "aws-iso": "c2s.ic.gov", "aws-iso-b": "sc2s.sgov.gov",
	"aws-iso-e": "cloud.adc-e.uk", "aws-iso-f": "csp.hci.ic.gov",
}

// endpoint is the host of STS that was asked.
func (c Case) endpoint() string {
	if c.AWS.Endpoint != nil {
		return c.AWS.Endpoint.Host
	}
	suffix := suffixes[c.AWS.Partition]
	if suffix == "" {
		suffix = "amazonaws.com"
	}
	if c.asksForFIPS() {
		return "sts-fips." + c.AWS.Region + "." + suffix
	}
	return "sts." + c.AWS.Region + "." + suffix
}

// asksForFIPS tells whether the host of STS is one with FIPS in its name. In GovCloud all of them comply.
func (c Case) asksForFIPS() bool {
	return c.AWS.FIPS && c.AWS.Endpoint == nil && c.AWS.Partition != "aws-us-gov"
}

// endpointURL is where STS was asked, without a path.
func (c Case) endpointURL() string {
	if c.AWS.Endpoint != nil {
		return c.AWS.Endpoint.Scheme + "://" + c.endpoint()
	}
	return "https://" + c.endpoint()
}
