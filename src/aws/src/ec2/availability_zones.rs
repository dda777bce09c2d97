//! Data source `aws_availability_zones`: zones of a region that the account can use.

use landfall_provider::{Args, Attrs, CallResult, DataSource, Read, Set};

use crate::client::Aws;
use crate::ec2::filters::FilterBlock;
use crate::error::Answer;

/// Zones of a region that the account can use.
pub struct AvailabilityZones;

/// What a user may write.
#[derive(Args, Clone)]
pub struct AvailabilityZonesArgs {
    /// Also zones that the account has not opted into.
    #[arg(optional)]
    all_availability_zones: bool,
    /// Names of zones to leave out.
    #[arg(optional)]
    exclude_names: Set<String>,
    /// Ids of zones to leave out.
    #[arg(optional)]
    exclude_zone_ids: Set<String>,
    /// Filters of DescribeAvailabilityZones.
    #[arg(block)]
    filter: Set<FilterBlock>,
    /// State of the zones.
    #[arg(one_of("available", "information", "impaired", "unavailable", "constrained"))]
    state: Option<String>,
}

/// What is read.
#[derive(Attrs, Clone)]
pub struct AvailabilityZonesAttrs {
    /// Groups of the zones.
    group_names: Set<String>,
    /// Names, in order.
    names: Vec<String>,
    /// Ids, in the order of names.
    zone_ids: Vec<String>,
}

impl DataSource for AvailabilityZones {
    type Args = AvailabilityZonesArgs;
    type Attrs = AvailabilityZonesAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_availability_zones";

    async fn read(aws: &Aws, args: &AvailabilityZonesArgs) -> CallResult<Read<Self>> {
        let state = args.state.iter().map(|state| FilterBlock::of("state", state).request());
        let filters: Vec<_> = state.chain(args.filter.iter().map(FilterBlock::request)).collect();
        let answer = aws
            .ec2()
            .describe_availability_zones()
            .set_all_availability_zones(args.all_availability_zones.then_some(true))
            .set_filters(Some(filters).filter(|filters| !filters.is_empty()))
            .send()
            .await
            .answer()?;
        let mut zones = answer.availability_zones.unwrap_or_default();
        let has = |set: &Set<String>, value: &Option<String>| value.as_ref().is_some_and(|value| set.contains(value));
        zones.retain(|zone| !has(&args.exclude_names, &zone.zone_name) && !has(&args.exclude_zone_ids, &zone.zone_id));
        zones.sort_by(|one, other| one.zone_name.cmp(&other.zone_name));
        let attrs = AvailabilityZonesAttrs {
            group_names: zones.iter().filter_map(|zone| zone.group_name.clone()).collect(),
            names: zones.iter().map(|zone| zone.zone_name.clone().unwrap_or_default()).collect(),
            zone_ids: zones.into_iter().map(|zone| zone.zone_id.unwrap_or_default()).collect(),
        };
        Ok(Read { id: aws.region().to_owned(), args: args.clone(), attrs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, ok, read_args};

    #[test]
    fn zones_come_in_order_without_those_left_out() {
        let args = read_args(
            r#"{"state": "available", "exclude_zone_ids": ["euc1-az1"],
                "filter": [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]}"#,
        );
        let request = "ec2 DescribeAvailabilityZones Filter.1.Name=state Filter.1.Value.1=available \
            Filter.2.Name=opt-in-status Filter.2.Value.1=opt-in-not-required";
        let zone = |name: &str, id: &str| {
            format!(
                "<item><zoneName>eu-central-1{name}</zoneName><zoneId>euc1-az{id}</zoneId>\
                 <groupName>eu-central-1-zg-1</groupName></item>"
            )
        };
        let zones = [zone("b", "3"), zone("c", "1"), zone("a", "2")].concat();
        let script = [(request, ok(format!("<availabilityZoneInfo>{zones}</availabilityZoneInfo>")))];
        let read = check_requests(&script, async |aws| AvailabilityZones::read(aws, &args).await).unwrap();
        assert_eq!(read.id, "eu-central-1");
        assert_eq!(read.attrs.names, ["eu-central-1a", "eu-central-1b"]);
        assert_eq!(read.attrs.zone_ids, ["euc1-az2", "euc1-az3"]);
        assert_eq!(read.attrs.group_names.len(), 1);
    }
}
