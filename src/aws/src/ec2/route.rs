//! `aws_route`: one route of a route table.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{Route as Remote, RouteTable};
use landfall_provider::value::{Type, Value};
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Phase,
    Planned, Resource, Step, Timing, Token, Traced, Within, usually, within,
};

use crate::client::Aws;
use crate::describe::{VALUES_PER_FILTER, filter, only};
use crate::ec2::checksum::crc32;
use crate::ec2::fresh::not_visible_yet;
use crate::ec2::route_entry::{self as entry, Destination, RouteEntry, is_foreign};
use crate::error::{Answer, Fault, fault, is_one_of};
use crate::planning::{at, promise, text_at};

/// The service at odds with itself for a while.
const UNSETTLED: &[Fault] = &[fault("InvalidParameterException"), fault("InvalidTransitGatewayID.NotFound")];
const NOT_ATTACHED: &[Fault] = &[fault("Gateway.NotAttached")];
const DESTINATIONS: [&str; 3] = ["destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"];
/// All targets but the interface, which the service fills.
const TARGETS: [&str; 10] = [
    "carrier_gateway_id",
    "core_network_arn",
    "egress_only_gateway_id",
    "gateway_id",
    "local_gateway_id",
    "nat_gateway_id",
    "odb_network_arn",
    "transit_gateway_id",
    "vpc_endpoint_id",
    "vpc_peering_connection_id",
];

/// One route of a route table.
pub struct Route;

/// What a user may write.
#[derive(Args, Clone)]
#[args(
    exactly_one("destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"),
    exactly_one(
        "carrier_gateway_id",
        "core_network_arn",
        "egress_only_gateway_id",
        "gateway_id",
        "local_gateway_id",
        "nat_gateway_id",
        "network_interface_id",
        "odb_network_arn",
        "transit_gateway_id",
        "vpc_endpoint_id",
        "vpc_peering_connection_id"
    )
)]
pub struct RouteArgs {
    /// Route table.
    #[arg(replace)]
    route_table_id: String,
    /// IPv4 range.
    #[arg(replace, format(ipv4_cidr))]
    destination_cidr_block: Option<String>,
    /// IPv6 range.
    #[arg(replace, format(ipv6_cidr), equivalent(cidr))]
    destination_ipv6_cidr_block: Option<String>,
    /// Prefix list.
    #[arg(replace)]
    destination_prefix_list_id: Option<String>,
    /// Carrier gateway.
    #[arg(conflicts("destination_ipv6_cidr_block"))]
    carrier_gateway_id: Option<String>,
    /// Core network of Cloud WAN.
    #[arg(format(arn))]
    core_network_arn: Option<String>,
    /// Egress-only internet gateway.
    #[arg(conflicts("destination_cidr_block"))]
    egress_only_gateway_id: Option<String>,
    /// Internet gateway, virtual private gateway, or `local`.
    gateway_id: Option<String>,
    /// Local gateway of an Outpost.
    local_gateway_id: Option<String>,
    /// NAT gateway.
    nat_gateway_id: Option<String>,
    /// Network interface.
    network_interface_id: Filled<String>,
    /// Network of Oracle databases.
    #[arg(format(arn))]
    odb_network_arn: Option<String>,
    /// Transit gateway.
    transit_gateway_id: Option<String>,
    /// Endpoint of a Gateway Load Balancer.
    #[arg(conflicts("destination_prefix_list_id"))]
    vpc_endpoint_id: Option<String>,
    /// Peering connection.
    vpc_peering_connection_id: Option<String>,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct RouteAttrs {
    /// Instance that the interface is attached to.
    instance_id: String,
    /// Its account.
    instance_owner_id: String,
    /// How the route came about.
    origin: String,
    /// `active`, or `blackhole` where the target is gone.
    state: String,
}

impl Resource for Route {
    type Args = RouteArgs;
    type Attrs = RouteAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_route";
    const TIMING: Timing =
        Timing::new().create("5m", usually("1s")).update("2m", usually("1s")).delete("5m", usually("1s"));
    const READ_AT_ONCE: usize = VALUES_PER_FILTER;
    const CREATE_IS_WHOLE: bool = true;

    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let destination = DESTINATIONS.iter().find_map(|name| text_at(planned.proposed, name));
        if let (Some(table), Some(destination)) = (text_at(planned.proposed, "route_table_id"), destination) {
            promise(&mut overrides, planned, Some(&id(table, destination)), None);
        }
        let moves = !planned.is_create() && TARGETS.iter().any(|name| planned.changes(name));
        if moves && at(planned.config, "network_interface_id").is_none() {
            for name in ["network_interface_id", "instance_id", "instance_owner_id"] {
                overrides.set(name, Value::unknown(Type::String));
            }
        }
        overrides
    }

    async fn create(aws: &Aws, args: &RouteArgs, _: &Token) -> CallResult<Created> {
        entry::create(aws, &args.route_table_id, &args.entry()).await?;
        Ok(Created::with_id(id(&args.route_table_id, args.destination())))
    }

    /// A route is nothing but its table, destination and target.
    async fn trace(aws: &Aws, args: &RouteArgs, _: &Token) -> CallResult<Traced> {
        let created = Created::with_id(id(&args.route_table_id, args.destination()));
        let known = Known::New { args: args.clone(), created: created.clone() };
        let there = Self::observe(aws, &known).await?;
        let is_same = |object: &Object<Self>| object.args.entry() == args.entry();
        Ok(match there {
            Observed::There { object, .. } if is_same(&object) => Traced::Made(created),
            _ => Traced::Nothing,
        })
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        only(Self::observe_many(aws, std::slice::from_ref(known)).await)
    }

    /// Routes are parts of their tables: each table is read once.
    async fn observe_many(aws: &Aws, known: &[Known<Self>]) -> Vec<CallResult<Observed<Self>>> {
        let places: Vec<_> = known.iter().map(Place::of).collect();
        let tables = places.iter().flatten().map(|place| place.table.clone()).collect();
        let found = match describe_tables(aws, tables).await {
            Ok(found) => found,
            Err(error) => return known.iter().map(|_| Err(error.clone())).collect(),
        };
        let find = |(known, place): (&Known<Self>, CallResult<Place>)| {
            let place = place?;
            let routes = found.get(&place.table).into_iter().flat_map(|table| table.routes());
            let mut routes = routes.filter(|route| RouteEntry::of(route).destination() == place.destination);
            Ok(routes.find(|route| !is_foreign(route)).map_or(Observed::Gone, |route| observed(known, &place, route)))
        };
        known.iter().zip(places).map(find).collect()
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        if change.wants_unless(there, |one, other| one.entry() == other.entry()) {
            entry::replace(aws, &there.args.route_table_id, &change.planned.entry()).await?;
        }
        Ok(Step::Done)
    }

    /// The local route goes with its table only.
    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        let entry = there.args.entry();
        if entry.is_local() {
            return Ok(Step::Left);
        }
        entry::delete(aws, &there.args.route_table_id, &entry).await?;
        Ok(Step::Done)
    }

    fn retry(error: &CallError) -> Option<Within> {
        if is_one_of(error, UNSETTLED) {
            return Some(Within::DEADLINE);
        }
        if is_one_of(error, NOT_ATTACHED) { Some(within("1m")) } else { not_visible_yet(error) }
    }
}

impl RouteArgs {
    fn entry(&self) -> RouteEntry {
        let entry = RouteEntry {
            cidr_block: self.destination_cidr_block.clone(),
            ipv6_cidr_block: self.destination_ipv6_cidr_block.clone(),
            destination_prefix_list_id: self.destination_prefix_list_id.clone(),
            carrier_gateway_id: self.carrier_gateway_id.clone(),
            core_network_arn: self.core_network_arn.clone(),
            egress_only_gateway_id: self.egress_only_gateway_id.clone(),
            gateway_id: self.gateway_id.clone(),
            local_gateway_id: self.local_gateway_id.clone(),
            nat_gateway_id: self.nat_gateway_id.clone(),
            network_interface_id: self.network_interface_id.to_option(),
            odb_network_arn: self.odb_network_arn.clone(),
            transit_gateway_id: self.transit_gateway_id.clone(),
            vpc_endpoint_id: self.vpc_endpoint_id.clone(),
            vpc_peering_connection_id: self.vpc_peering_connection_id.clone(),
        };
        entry.with_one_target()
    }

    fn destination(&self) -> &str {
        let written = self.destination_cidr_block.as_ref().or(self.destination_ipv6_cidr_block.as_ref());
        written.or(self.destination_prefix_list_id.as_ref()).map_or("", String::as_str)
    }
}

/// Where a route is.
struct Place {
    table: String,
    destination: Destination,
}

impl Place {
    fn of(known: &Known<Route>) -> CallResult<Self> {
        let (table, destination) = match (known.args(), known.id().split_once('_')) {
            (Some(args), _) => (args.route_table_id.as_str(), args.destination()),
            (None, Some(parts)) => parts,
            (None, None) => {
                let message = "the id of a route has the form ROUTE_TABLE_ID_DESTINATION, as in rtb-1_0.0.0.0/0";
                return Err(CallError::local("import", message));
            }
        };
        Ok(Self { table: table.to_owned(), destination: Destination::new(destination) })
    }
}

async fn describe_tables(aws: &Aws, tables: BTreeSet<String>) -> CallResult<BTreeMap<String, RouteTable>> {
    if tables.is_empty() {
        return Ok(BTreeMap::new());
    }
    let filters = Some(filter("route-table-id", tables.into_iter().collect()));
    let request = aws.ec2().describe_route_tables().set_filters(filters);
    let answer = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.answer()?;
    Ok(answer.into_iter().filter_map(|table| Some((table.route_table_id.clone()?, table))).collect())
}

fn observed(known: &Known<Route>, place: &Place, remote: &Remote) -> Observed<Route> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let entry = RouteEntry::of(remote);
    let args = RouteArgs {
        route_table_id: place.table.clone(),
        destination_cidr_block: entry.cidr_block,
        destination_ipv6_cidr_block: entry.ipv6_cidr_block,
        destination_prefix_list_id: entry.destination_prefix_list_id,
        carrier_gateway_id: entry.carrier_gateway_id,
        core_network_arn: entry.core_network_arn,
        egress_only_gateway_id: entry.egress_only_gateway_id,
        gateway_id: entry.gateway_id,
        local_gateway_id: entry.local_gateway_id,
        nat_gateway_id: entry.nat_gateway_id,
        network_interface_id: entry.network_interface_id.into(),
        odb_network_arn: entry.odb_network_arn,
        transit_gateway_id: entry.transit_gateway_id,
        vpc_endpoint_id: entry.vpc_endpoint_id,
        vpc_peering_connection_id: entry.vpc_peering_connection_id,
    };
    let attrs = RouteAttrs {
        instance_id: text(&remote.instance_id),
        instance_owner_id: text(&remote.instance_owner_id),
        origin: remote.origin.as_ref().map(|origin| origin.as_str().to_owned()).unwrap_or_default(),
        state: remote.state.as_ref().map(|state| state.as_str().to_owned()).unwrap_or_default(),
    };
    let id = known.args().map(|args| id(&args.route_table_id, args.destination()));
    let id = id.unwrap_or_else(|| self::id(&place.table, args.destination()));
    Observed::There { phase: Phase::Ready, object: Object { id, args, attrs, private: None } }
}

/// Returns the id that a route has in Terraform's states.
fn id(table: &str, destination: &str) -> String {
    format!("r-{table}{}", crc32(destination))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_plan, check_requests, fails, ok, read_args};

    const DESCRIBE: &str = "ec2 DescribeRouteTables Filter.1.Name=route-table-id Filter.1.Value.1=rtb-1";
    const TABLE: &str = "<routeTableSet><item><routeTableId>rtb-1</routeTableId><routeSet>\
        <item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId>\
        <state>active</state><origin>CreateRouteTable</origin></item>\
        <item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>igw-1</gatewayId>\
        <state>active</state><origin>CreateRoute</origin></item>\
        <item><destinationIpv6CidrBlock>2001:db8::/32</destinationIpv6CidrBlock><gatewayId>igw-1</gatewayId>\
        <state>blackhole</state></item></routeSet></item></routeTableSet>";

    fn observe(ids: &[&str]) -> Vec<Observed<Route>> {
        let known: Vec<_> = ids.iter().map(|id| Known::Import { id: (*id).to_owned() }).collect();
        let observed = check_requests(&[(DESCRIBE, ok(TABLE))], async |aws| Route::observe_many(aws, &known).await);
        observed.into_iter().map(Result::unwrap).collect()
    }

    fn there() -> Object<Route> {
        match observe(&["rtb-1_0.0.0.0/0"]).remove(0) {
            Observed::There { phase: Phase::Ready, object } => object,
            _ => panic!("not ready"),
        }
    }

    #[test]
    fn the_id_is_that_of_terraform() {
        assert_eq!(id("rtb-1", "0.0.0.0/0"), "r-rtb-11080289494");
        let args = r#"{"route_table_id": "rtb-1", "destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}"#;
        assert_eq!(check_plan::<Route>(None, args).values[0].1, "r-rtb-11080289494".into());
    }

    #[test]
    fn a_route_is_created_with_its_target() {
        let args = read_args(
            r#"{"route_table_id": "rtb-1", "destination_cidr_block": "0.0.0.0/0", "nat_gateway_id": "nat-1"}"#,
        );
        let request = "ec2 CreateRoute RouteTableId=rtb-1 DestinationCidrBlock=0.0.0.0/0 NatGatewayId=nat-1";
        let token = Token("t-1".to_owned());
        let script = [(request, ok("<return>true</return>"))];
        let created = check_requests(&script, async |aws| Route::create(aws, &args, &token).await);
        assert_eq!(created, Ok(Created::with_id("r-rtb-11080289494")));
    }

    #[test]
    fn routes_of_a_table_are_read_in_one_call() {
        let found = observe(&["rtb-1_0.0.0.0/0", "rtb-1_2001:0db8::/32", "rtb-1_192.168.0.0/16"]);
        let states: Vec<_> = found
            .iter()
            .map(|observed| match observed {
                Observed::There { object, .. } => object.attrs.state.as_str(),
                Observed::Gone => "gone",
            })
            .collect();
        assert_eq!(states, ["active", "blackhole", "gone"]);
    }

    #[test]
    fn a_target_changes_in_place() {
        let there = there();
        let planned = RouteArgs { gateway_id: None, nat_gateway_id: Some("nat-1".to_owned()), ..there.args.clone() };
        let change = Change { prior: Some(&there.args), planned: &planned };
        let request = "ec2 ReplaceRoute RouteTableId=rtb-1 DestinationCidrBlock=0.0.0.0/0 NatGatewayId=nat-1";
        let script = [(request, ok("<return>true</return>"))];
        let step = check_requests(&script, async |aws| Route::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn the_local_route_is_brought_back_and_stays() {
        let args =
            read_args(r#"{"route_table_id": "rtb-1", "destination_cidr_block": "10.0.0.0/16", "gateway_id": "local"}"#);
        let request = "ec2 ReplaceRoute LocalTarget=true RouteTableId=rtb-1 DestinationCidrBlock=10.0.0.0/16";
        let script = [(request, ok("<return>true</return>"))];
        let token = Token("t-1".to_owned());
        assert!(check_requests(&script, async |aws| Route::create(aws, &args, &token).await).is_ok());
        let there = Object { args, ..there() };
        let step = check_requests(&[], async |aws| Route::delete(aws, &there).await);
        assert_eq!(step, Ok(Step::Left));
    }

    #[test]
    fn deleting_a_route_that_is_gone_succeeds_and_a_fresh_gateway_is_tried_again() {
        let there = there();
        let request = "ec2 DeleteRoute RouteTableId=rtb-1 DestinationCidrBlock=0.0.0.0/0";
        let script = [(request, fails("InvalidRoute.NotFound", "no route with destination-cidr-block 0.0.0.0/0"))];
        let step = check_requests(&script, async |aws| Route::delete(aws, &there).await);
        assert_eq!(step, Ok(Step::Done));
        let fresh =
            CallError { operation: "CreateRoute".to_owned(), ..CallError::local("InvalidGatewayID.NotFound", "") };
        assert!(Route::retry(&fresh).is_some());
    }

    #[test]
    fn an_import_id_without_destination_is_refused() {
        let known = Known::Import { id: "rtb-1".to_owned() };
        let observed = check_requests(&[], async |aws| Route::observe(aws, &known).await);
        assert!(observed.is_err_and(|error| error.code == "import"));
    }
}
