//! `aws_route_table`: where the traffic of subnets goes.

use aws_sdk_ec2::types::{ResourceType, RouteTable as Remote};
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Filled, Goal, Known, Object, Observed, Phase, Resource, Set,
    Settled, Step, Tags, Timing, Token, Within, usually, within,
};

use crate::client::Aws;
use crate::describe::{VALUES_PER_FILTER, by_id, filter, only};
use crate::ec2::arn::arn;
use crate::ec2::fresh::not_visible_yet;
use crate::ec2::route_entry::{self as entry, RouteEntry, is_foreign};
use crate::ec2::tags::{retag, specification};
use crate::error::{Answer, Fault, Unless, fault, incomplete, is_one_of};
use crate::tags::from_service;

const GONE: &[Fault] = &[fault("InvalidRouteTableID.NotFound")];
const DISASSOCIATED: &[Fault] = &[fault("InvalidAssociationID.NotFound")];
const IN_USE: &[Fault] = &[fault("DependencyViolation").of("DeleteRouteTable")];
/// Gateways that are not attached everywhere yet.
const NOT_READY: &[Fault] =
    &[fault("Gateway.NotAttached"), fault("InvalidParameterException"), fault("InvalidTransitGatewayID.NotFound")];

/// Where the traffic of subnets goes.
pub struct RouteTable;

/// What a user may write.
#[derive(Args, Clone)]
pub struct RouteTableArgs {
    /// VPC.
    #[arg(replace)]
    vpc_id: String,
    /// Virtual private gateways whose routes appear in the table. Unset, they are left alone.
    propagating_vgws: Filled<Set<String>>,
    /// All routes but those that came by themselves. Unset, they are left alone.
    #[arg(as_block)]
    route: Filled<Set<RouteEntry>>,
    /// Tags.
    tags: Tags,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct RouteTableAttrs {
    /// ARN.
    arn: String,
    /// Account that owns the table.
    owner_id: String,
}

impl Resource for RouteTable {
    type Args = RouteTableArgs;
    type Attrs = RouteTableAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_route_table";
    const CREATE_REPEATS: bool = true;
    const TIMING: Timing =
        Timing::new().create("5m", usually("1s")).update("2m", usually("1s")).delete("5m", usually("1s"));
    const READ_AT_ONCE: usize = VALUES_PER_FILTER;

    async fn create(aws: &Aws, args: &RouteTableArgs, token: &Token) -> CallResult<Created> {
        let answer = aws
            .ec2()
            .create_route_table()
            .vpc_id(&args.vpc_id)
            .set_tag_specifications(specification(ResourceType::RouteTable, &args.tags.all)?)
            .client_token(token)
            .send()
            .await
            .answer()?;
        let id = answer.route_table.and_then(|table| table.route_table_id);
        Ok(Created::with_id(id.ok_or_else(|| incomplete("CreateRouteTable", "route table id"))?))
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        only(Self::observe_many(aws, std::slice::from_ref(known)).await)
    }

    async fn observe_many(aws: &Aws, known: &[Known<Self>]) -> Vec<CallResult<Observed<Self>>> {
        let describe = async |ids| {
            let request = aws.ec2().describe_route_tables().set_filters(Some(filter("route-table-id", ids)));
            request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.answer()
        };
        by_id(known, describe, Remote::route_table_id, |known, remote| Ok(observed(aws, known, remote))).await
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        let planned = change.planned;
        let none = Set::new();
        if change.wants(there, |args| &args.propagating_vgws)
            && let Some(gateways) = planned.propagating_vgws.get()
        {
            propagate(aws, &there.id, there.args.propagating_vgws.get().unwrap_or(&none), gateways).await?;
        }
        let no_routes = Set::new();
        if change.wants(there, |args| &args.route)
            && let Some(routes) = planned.route.get()
        {
            reroute(aws, &there.id, there.args.route.get().unwrap_or(&no_routes), routes).await?;
        }
        retag(aws, &there.id, change.prior.map(|prior| &prior.tags), &planned.tags).await?;
        Ok(Step::Done)
    }

    /// A table goes when no subnet uses it.
    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        let request = aws.ec2().describe_route_tables();
        let request = request.set_filters(Some(filter("route-table-id", vec![there.id.clone()])));
        let answer = request.send().await.answer()?;
        for association in answer.route_tables().iter().flat_map(|table| table.associations()) {
            if let Some(id) = association.route_table_association_id()
                && association.main != Some(true)
            {
                let request = aws.ec2().disassociate_route_table().association_id(id);
                request.send().await.answer().unless(DISASSOCIATED)?;
            }
        }
        aws.ec2().delete_route_table().route_table_id(&there.id).send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    /// Reads of routes lag behind.
    fn settled(goal: &Goal<'_, Self>, there: &Object<Self>) -> Settled {
        let planned = goal.planned;
        let shows_gateways =
            !planned.propagating_vgws.is_set() || planned.propagating_vgws == there.args.propagating_vgws;
        let shows_routes = match (planned.route.get(), there.args.route.get()) {
            (Some(planned), Some(there)) => planned.iter().all(|entry| has(there, entry)),
            (Some(planned), None) => planned.is_empty(),
            (None, _) => true,
        };
        match shows_gateways && shows_routes {
            true => Settled::Yes,
            false => Settled::Waiting("the routes to become visible".to_owned()),
        }
    }

    fn retry(error: &CallError) -> Option<Within> {
        if is_one_of(error, NOT_READY) || is_one_of(error, IN_USE) {
            return Some(Within::DEADLINE);
        }
        let replaced = error.is("ReplaceRoute", "InvalidRoute.NotFound", "");
        if replaced { Some(within("15s")) } else { not_visible_yet(error) }
    }
}

fn has(routes: &[RouteEntry], entry: &RouteEntry) -> bool {
    routes.iter().any(|there| there.destination() == entry.destination())
}

/// Enables and disables propagation.
async fn propagate(aws: &Aws, table: &str, before: &Set<String>, after: &Set<String>) -> CallResult<()> {
    for gateway in before.minus(after) {
        let request = aws.ec2().disable_vgw_route_propagation().route_table_id(table).gateway_id(gateway);
        request.send().await.answer()?;
    }
    for gateway in after.minus(before) {
        let request = aws.ec2().enable_vgw_route_propagation().route_table_id(table).gateway_id(gateway);
        request.send().await.answer()?;
    }
    Ok(())
}

/// Brings routes from `before` to `after`: one for each destination.
async fn reroute(aws: &Aws, table: &str, before: &Set<RouteEntry>, after: &Set<RouteEntry>) -> CallResult<()> {
    for route in before.minus(after).filter(|route| !has(after, route)) {
        entry::delete(aws, table, route).await?;
    }
    for route in after.minus(before) {
        match has(before, route) {
            true => entry::replace(aws, table, route).await?,
            false => entry::create(aws, table, route).await?,
        }
    }
    Ok(())
}

fn observed(aws: &Aws, known: &Known<RouteTable>, remote: &Remote) -> Observed<RouteTable> {
    let args = known.args();
    let owner_id = remote.owner_id.clone().unwrap_or_default();
    let gateways = remote.propagating_vgws().iter().filter_map(|gateway| gateway.gateway_id.clone());
    let args = RouteTableArgs {
        vpc_id: remote.vpc_id.clone().unwrap_or_default(),
        propagating_vgws: gateways.collect::<Set<_>>().into(),
        route: routes(remote, args.and_then(|args| args.route.get())).into(),
        tags: aws.tag_rules().observed(from_service(remote.tags()), args.map(|args| &args.tags)),
    };
    let attrs = RouteTableAttrs { arn: arn(aws, &owner_id, format!("route-table/{}", known.id())), owner_id };
    let object = Object { id: known.id().to_owned(), args, attrs, private: None };
    Observed::There { phase: Phase::Ready, object }
}

/// Returns the routes that users manage, written as they are known; local ones only if they are known.
fn routes(remote: &Remote, known: Option<&Set<RouteEntry>>) -> Set<RouteEntry> {
    let known = known.map(|known| &**known).unwrap_or_default();
    let theirs = remote.routes().iter().filter(|route| !is_foreign(route));
    let entries = theirs.map(RouteEntry::of).filter(|route| !route.is_local() || has(known, route));
    entries.map(|route| written_as_known(route, known)).collect()
}

fn written_as_known(route: RouteEntry, known: &[RouteEntry]) -> RouteEntry {
    match known.iter().find(|known| known.destination() == route.destination()) {
        Some(known) => RouteEntry { ipv6_cidr_block: known.ipv6_cidr_block.clone(), ..route },
        None => route,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, fails, ok, read_args};

    const DESCRIBE: &str = "ec2 DescribeRouteTables Filter.1.Name=route-table-id Filter.1.Value.1=rtb-1";
    const TABLE: &str = "<routeTableSet><item><routeTableId>rtb-1</routeTableId><vpcId>vpc-1</vpcId>\
        <ownerId>123456789012</ownerId><routeSet>\
        <item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId></item>\
        <item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>igw-1</gatewayId></item>\
        <item><destinationIpv6CidrBlock>2001:db8::/32</destinationIpv6CidrBlock><gatewayId>igw-1</gatewayId></item>\
        <item><destinationCidrBlock>172.16.0.0/12</destinationCidrBlock><gatewayId>vgw-1</gatewayId>\
        <origin>EnableVgwRoutePropagation</origin></item>\
        <item><destinationPrefixListId>pl-1</destinationPrefixListId><gatewayId>vpce-1</gatewayId></item></routeSet>\
        <propagatingVgwSet><item><gatewayId>vgw-1</gatewayId></item></propagatingVgwSet>\
        <associationSet><item><routeTableAssociationId>rtbassoc-1</routeTableAssociationId></item></associationSet>\
        </item></routeTableSet>";

    fn observe(known: Known<RouteTable>) -> Object<RouteTable> {
        match check_requests(&[(DESCRIBE, ok(TABLE))], async |aws| RouteTable::observe(aws, &known).await).unwrap() {
            Observed::There { phase: Phase::Ready, object } => object,
            _ => panic!("not ready"),
        }
    }

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn to(range: &str) -> RouteEntry {
        RouteEntry { cidr_block: text(range), ..RouteEntry::default() }
    }

    fn with_routes(routes: Vec<RouteEntry>) -> RouteTableArgs {
        let args = read_args(r#"{"vpc_id": "vpc-1", "propagating_vgws": []}"#);
        RouteTableArgs { route: Set::from(routes).into(), ..args }
    }

    fn there() -> Object<RouteTable> {
        observe(Known::Import { id: "rtb-1".to_owned() })
    }

    #[test]
    fn a_table_is_created_with_a_token() {
        let args = read_args(r#"{"vpc_id": "vpc-1"}"#);
        let script = [(
            "ec2 CreateRouteTable ClientToken=t-1 VpcId=vpc-1",
            ok("<routeTable><routeTableId>rtb-1</routeTableId></routeTable>"),
        )];
        let token = Token("t-1".to_owned());
        let created = check_requests(&script, async |aws| RouteTable::create(aws, &args, &token).await);
        assert_eq!(created, Ok(Created::with_id("rtb-1")));
    }

    #[test]
    fn routes_that_came_by_themselves_are_not_seen() {
        let object = there();
        let ranges: Vec<_> = object.args.route.get().unwrap().iter().map(RouteEntry::destination).collect();
        let expected = ["0.0.0.0/0", "2001:db8::/32"].map(entry::Destination::new);
        assert_eq!(ranges, expected);
    }

    #[test]
    fn known_routes_keep_their_spelling_and_known_local_routes_are_seen() {
        let args = with_routes(vec![
            RouteEntry { gateway_id: text("igw-1"), ipv6_cidr_block: text("2001:0db8::/32"), ..RouteEntry::default() },
            RouteEntry { gateway_id: text("local"), ..to("10.0.0.0/16") },
        ]);
        let object = observe(Known::New { args, created: Created::with_id("rtb-1") });
        let routes = object.args.route.get().unwrap();
        assert_eq!(routes.len(), 3);
        assert!(routes.iter().any(|route| route.ipv6_cidr_block.as_deref() == Some("2001:0db8::/32")));
    }

    #[test]
    fn unlisted_routes_go_and_others_are_replaced_or_added() {
        let there = there();
        let planned = with_routes(vec![
            RouteEntry { nat_gateway_id: text("nat-1"), ..to("0.0.0.0/0") },
            RouteEntry { transit_gateway_id: text("tgw-1"), ..to("192.168.0.0/16") },
        ]);
        let change = Change { prior: Some(&there.args), planned: &planned };
        let done = || ok("<return>true</return>");
        let script = [
            ("ec2 DisableVgwRoutePropagation GatewayId=vgw-1 RouteTableId=rtb-1", done()),
            ("ec2 DeleteRoute RouteTableId=rtb-1 DestinationIpv6CidrBlock=2001:db8::/32", done()),
            ("ec2 ReplaceRoute RouteTableId=rtb-1 DestinationCidrBlock=0.0.0.0/0 NatGatewayId=nat-1", done()),
            ("ec2 CreateRoute TransitGatewayId=tgw-1 RouteTableId=rtb-1 DestinationCidrBlock=192.168.0.0/16", done()),
        ];
        let step = check_requests(&script, async |aws| RouteTable::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn routes_that_are_not_written_are_left_alone() {
        let there = there();
        let planned = read_args(r#"{"vpc_id": "vpc-1"}"#);
        let change = Change { prior: None, planned: &planned };
        let step = check_requests(&[], async |aws| RouteTable::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn a_table_loses_its_subnets_before_it_goes() {
        let there = there();
        let script = [
            (DESCRIBE, ok(TABLE)),
            ("ec2 DisassociateRouteTable AssociationId=rtbassoc-1", fails("InvalidAssociationID.NotFound", "gone")),
            ("ec2 DeleteRouteTable RouteTableId=rtb-1", fails("DependencyViolation", "has dependencies")),
        ];
        let error = check_requests(&script, async |aws| RouteTable::delete(aws, &there).await).unwrap_err();
        assert_eq!(RouteTable::retry(&error), Some(Within::DEADLINE));
    }
}
