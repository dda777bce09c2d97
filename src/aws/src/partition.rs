//! Partitions: separate worlds of regions, with their own ARN prefix and DNS suffix.

/// One partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Name in ARNs.
    pub name: &'static str,
    /// End of host names.
    pub dns_suffix: &'static str,
    /// Reverse of it, start of service names: `com.amazonaws`.
    pub reverse_dns_prefix: &'static str,
    /// Region of its global services.
    pub global_region: &'static str,
    prefixes: &'static [&'static str],
}

const PARTITIONS: [Partition; 8] = [
    partition("aws", "amazonaws.com", "com.amazonaws", "us-east-1", &[]),
    partition("aws-cn", "amazonaws.com.cn", "cn.com.amazonaws", "cn-northwest-1", &["cn-"]),
    partition("aws-us-gov", "amazonaws.com", "com.amazonaws", "us-gov-west-1", &["us-gov-"]),
    partition("aws-iso", "c2s.ic.gov", "gov.ic.c2s", "us-iso-east-1", &["us-iso-"]),
    partition("aws-iso-b", "sc2s.sgov.gov", "gov.sgov.sc2s", "us-isob-east-1", &["us-isob-"]),
    partition("aws-iso-e", "cloud.adc-e.uk", "uk.adc-e.cloud", "eu-isoe-west-1", &["eu-isoe-"]),
    partition("aws-iso-f", "csp.hci.ic.gov", "gov.ic.hci.csp", "us-isof-south-1", &["us-isof-"]),
    partition("aws-eusc", "amazonaws.eu", "eu.amazonaws", "eusc-de-east-1", &["eusc-"]),
];

const fn partition(
    name: &'static str,
    dns_suffix: &'static str,
    reverse_dns_prefix: &'static str,
    global_region: &'static str,
    prefixes: &'static [&'static str],
) -> Partition {
    Partition { name, dns_suffix, reverse_dns_prefix, global_region, prefixes }
}

impl Partition {
    /// Returns the partition of a region; the main one for names that no other claims.
    pub fn of_region(region: &str) -> Self {
        let claims = |partition: &&Self| partition.prefixes.iter().any(|prefix| region.starts_with(prefix));
        PARTITIONS.iter().find(claims).copied().unwrap_or(PARTITIONS[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_tell_their_partition() {
        let names =
            ["eu-central-1", "cn-north-1", "us-gov-east-1", "us-isob-east-1", "us-iso-west-1", "eusc-de-east-1"]
                .map(|region| Partition::of_region(region).name);
        assert_eq!(names, ["aws", "aws-cn", "aws-us-gov", "aws-iso-b", "aws-iso", "aws-eusc"]);
    }
}
