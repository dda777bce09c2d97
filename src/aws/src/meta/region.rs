//! Data source `aws_region`: a region, by name or endpoint, or the provider's.

use landfall_provider::{Args, Attrs, CallError, CallResult, DataSource, Filled, Read};

use crate::client::Aws;
use crate::partition::Partition;

/// A region.
pub struct Region;

/// What a user may write.
#[derive(Args, Clone)]
#[args(framework, conflicts("name", "region"))]
pub struct RegionArgs {
    /// EC2's host name in the region.
    endpoint: Filled<String>,
    /// Name of the region.
    #[arg(deprecated = "use region")]
    id: Filled<String>,
    /// Name of the region.
    #[arg(deprecated = "use region")]
    name: Filled<String>,
    /// Name of the region.
    region: Filled<String>,
}

/// What is read.
#[derive(Attrs, Clone)]
pub struct RegionAttrs {
    /// Name for people.
    description: String,
}

impl DataSource for Region {
    type Args = RegionArgs;
    type Attrs = RegionAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_region";

    async fn read(aws: &Aws, args: &RegionArgs) -> CallResult<Read<Self>> {
        let by_endpoint = args.endpoint.as_deref().map(|endpoint| region_at(endpoint).ok_or_else(|| unknown(endpoint)));
        let by_endpoint = by_endpoint.transpose()?;
        let by_name = args.name.as_deref().or(args.region.as_deref());
        if let (Some(endpoint), Some(name)) = (by_endpoint, by_name)
            && endpoint != name
        {
            return Err(CallError::local("invalid", format!("the endpoint is that of `{endpoint}`, not of `{name}`")));
        }
        let region = by_endpoint.or(by_name).unwrap_or(aws.region());
        let description = description(region);
        if description.is_none() && region != aws.region() {
            return Err(unknown(region));
        }
        let name = || region.to_owned().into();
        let args = RegionArgs { endpoint: endpoint(region).into(), id: name(), name: name(), region: name() };
        let attrs = RegionAttrs { description: description.unwrap_or(region).to_owned() };
        Ok(Read { id: region.to_owned(), args, attrs })
    }
}

fn unknown(what: &str) -> CallError {
    CallError::local("invalid", format!("there is no region `{what}`"))
}

fn endpoint(region: &str) -> String {
    format!("ec2.{region}.{}", Partition::of_region(region).dns_suffix)
}

/// Returns the region that has this endpoint.
fn region_at(host: &str) -> Option<&str> {
    let (region, _) = host.strip_prefix("ec2.")?.split_once('.')?;
    (endpoint(region) == host).then_some(region)
}

fn description(region: &str) -> Option<&'static str> {
    REGIONS.iter().find(|(name, _)| *name == region).map(|(_, description)| *description)
}

/// Regions and their names for people.
const REGIONS: &[(&str, &str)] = &[
    ("af-south-1", "Africa (Cape Town)"),
    ("ap-east-1", "Asia Pacific (Hong Kong)"),
    ("ap-east-2", "Asia Pacific (Taipei)"),
    ("ap-northeast-1", "Asia Pacific (Tokyo)"),
    ("ap-northeast-2", "Asia Pacific (Seoul)"),
    ("ap-northeast-3", "Asia Pacific (Osaka)"),
    ("ap-south-1", "Asia Pacific (Mumbai)"),
    ("ap-south-2", "Asia Pacific (Hyderabad)"),
    ("ap-southeast-1", "Asia Pacific (Singapore)"),
    ("ap-southeast-2", "Asia Pacific (Sydney)"),
    ("ap-southeast-3", "Asia Pacific (Jakarta)"),
    ("ap-southeast-4", "Asia Pacific (Melbourne)"),
    ("ap-southeast-5", "Asia Pacific (Malaysia)"),
    ("ap-southeast-6", "Asia Pacific (New Zealand)"),
    ("ap-southeast-7", "Asia Pacific (Thailand)"),
    ("ca-central-1", "Canada (Central)"),
    ("ca-west-1", "Canada West (Calgary)"),
    ("cn-north-1", "China (Beijing)"),
    ("cn-northwest-1", "China (Ningxia)"),
    ("eu-central-1", "Europe (Frankfurt)"),
    ("eu-central-2", "Europe (Zurich)"),
    ("eu-isoe-west-1", "EU ISOE West"),
    ("eu-north-1", "Europe (Stockholm)"),
    ("eu-south-1", "Europe (Milan)"),
    ("eu-south-2", "Europe (Spain)"),
    ("eu-west-1", "Europe (Ireland)"),
    ("eu-west-2", "Europe (London)"),
    ("eu-west-3", "Europe (Paris)"),
    ("eusc-de-east-1", "AWS European Sovereign Cloud (Germany)"),
    ("il-central-1", "Israel (Tel Aviv)"),
    ("me-central-1", "Middle East (UAE)"),
    ("me-south-1", "Middle East (Bahrain)"),
    ("mx-central-1", "Mexico (Central)"),
    ("sa-east-1", "South America (Sao Paulo)"),
    ("us-east-1", "US East (N. Virginia)"),
    ("us-east-2", "US East (Ohio)"),
    ("us-gov-east-1", "AWS GovCloud (US-East)"),
    ("us-gov-west-1", "AWS GovCloud (US-West)"),
    ("us-iso-east-1", "US ISO East"),
    ("us-iso-west-1", "US ISO WEST"),
    ("us-isob-east-1", "US ISOB East (Ohio)"),
    ("us-isob-west-1", "US ISOB West"),
    ("us-isof-east-1", "US ISOF EAST"),
    ("us-isof-south-1", "US ISOF SOUTH"),
    ("us-west-1", "US West (N. California)"),
    ("us-west-2", "US West (Oregon)"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, read_args};

    fn read(config: &str) -> CallResult<Read<Region>> {
        let args = read_args(config);
        check_requests(&[], async |aws| Region::read(aws, &args).await)
    }

    #[test]
    fn the_region_is_the_providers_unless_named() {
        let own = read("{}").unwrap();
        assert_eq!((own.id.as_str(), own.attrs.description.as_str()), ("eu-central-1", "Europe (Frankfurt)"));
        assert_eq!(own.args.endpoint.as_deref(), Some("ec2.eu-central-1.amazonaws.com"));
        for config in [r#"{"name": "cn-north-1"}"#, r#"{"endpoint": "ec2.cn-north-1.amazonaws.com.cn"}"#] {
            let other = read(config).unwrap();
            assert_eq!(
                (other.args.name.as_deref(), other.args.region.as_deref()),
                (Some("cn-north-1"), Some("cn-north-1"))
            );
        }
    }

    #[test]
    fn regions_that_do_not_exist_are_refused() {
        for config in [
            r#"{"region": "eu-nowhere-1"}"#,
            r#"{"endpoint": "ec2.cn-north-1.amazonaws.com"}"#,
            r#"{"endpoint": "ec2.us-east-1.amazonaws.com", "name": "us-east-2"}"#,
        ] {
            assert!(read(config).is_err(), "{config}");
        }
    }
}
