//! `aws_route_table_association`: the route table of a subnet, or of a gateway's incoming traffic.

use aws_sdk_ec2::types::{RouteTableAssociation as Remote, RouteTableAssociationStateCode};
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Known, Object, Observed, Phase, Resource, Step, Timing, Token,
    Traced, Within, usually, within,
};

use crate::client::Aws;
use crate::describe::{VALUES_PER_FILTER, by_id, filter, only};
use crate::ec2::fresh::not_visible_yet;
use crate::error::{Answer, Fault, Unless, fault, incomplete, is_one_of};

const GONE: &[Fault] = &[fault("InvalidAssociationID.NotFound")];
const TABLE_NOT_VISIBLE: &[Fault] = &[
    fault("InvalidRouteTableID.NotFound").of("AssociateRouteTable"),
    fault("InvalidRouteTableID.NotFound").of("ReplaceRouteTableAssociation"),
];

/// The route table of a subnet, or of a gateway's incoming traffic.
pub struct RouteTableAssociation;

/// What a user may write.
#[derive(Args, Clone)]
#[args(exactly_one("subnet_id", "gateway_id"))]
pub struct RouteTableAssociationArgs {
    /// Internet gateway or virtual private gateway.
    #[arg(replace)]
    gateway_id: Option<String>,
    /// Route table; changed in place, which gives the association another id.
    route_table_id: String,
    /// Subnet.
    #[arg(replace)]
    subnet_id: Option<String>,
}

/// What only the service decides: nothing.
#[derive(Attrs, Clone)]
pub struct RouteTableAssociationAttrs {}

impl Resource for RouteTableAssociation {
    type Args = RouteTableAssociationArgs;
    type Attrs = RouteTableAssociationAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_route_table_association";
    const TIMING: Timing =
        Timing::new().create("5m", usually("1s")).update("2m", usually("1s")).delete("5m", usually("1s"));
    const READ_AT_ONCE: usize = VALUES_PER_FILTER;
    const CREATE_IS_WHOLE: bool = true;

    async fn create(aws: &Aws, args: &RouteTableAssociationArgs, _: &Token) -> CallResult<Created> {
        let answer = aws
            .ec2()
            .associate_route_table()
            .set_gateway_id(args.gateway_id.clone())
            .route_table_id(&args.route_table_id)
            .set_subnet_id(args.subnet_id.clone())
            .send()
            .await
            .answer()?;
        Ok(Created::with_id(answer.association_id.ok_or_else(|| incomplete("AssociateRouteTable", "association id"))?))
    }

    /// An association is nothing but what it joins.
    async fn trace(aws: &Aws, args: &RouteTableAssociationArgs, _: &Token) -> CallResult<Traced> {
        Ok(match replaced(aws, args).await? {
            Observed::There { object, .. } => Traced::Made(Created::with_id(object.id)),
            _ => Traced::Nothing,
        })
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        match known {
            Known::Import { id } => imported(aws, id).await,
            Known::Prior(_) | Known::New { .. } => only(Self::observe_many(aws, std::slice::from_ref(known)).await),
        }
    }

    async fn observe_many(aws: &Aws, known: &[Known<Self>]) -> Vec<CallResult<Observed<Self>>> {
        let describe = async |ids| describe(aws, "association.route-table-association-id", ids).await;
        let id_of = Remote::route_table_association_id;
        let mut answers = by_id(known, describe, id_of, |_, remote| Ok(observed(remote))).await;
        for (known, answer) in known.iter().zip(&mut answers) {
            if let (Ok(Observed::Gone), Some(args)) = (&answer, known.args()) {
                *answer = replaced(aws, args).await;
            }
        }
        answers
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        if change.wants(there, |args| &args.route_table_id) {
            let table = &change.planned.route_table_id;
            let request = aws.ec2().replace_route_table_association().association_id(&there.id).route_table_id(table);
            request.send().await.answer()?;
        }
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        aws.ec2().disassociate_route_table().association_id(&there.id).send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    fn retry(error: &CallError) -> Option<Within> {
        if is_one_of(error, TABLE_NOT_VISIBLE) { Some(within("5m")) } else { not_visible_yet(error) }
    }
}

async fn describe(aws: &Aws, name: &str, values: Vec<String>) -> CallResult<Vec<Remote>> {
    let request = aws.ec2().describe_route_tables().set_filters(Some(filter(name, values)));
    let tables = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.answer()?;
    Ok(tables.into_iter().flat_map(|table| table.associations.unwrap_or_default()).collect())
}

/// ReplaceRouteTableAssociation gives the association another id: it is known by what it joins.
async fn replaced(aws: &Aws, args: &RouteTableAssociationArgs) -> CallResult<Observed<RouteTableAssociation>> {
    let (name, value) = match (&args.subnet_id, &args.gateway_id) {
        (Some(subnet), _) => ("association.subnet-id", subnet),
        (None, Some(gateway)) => ("association.gateway-id", gateway),
        (None, None) => return Ok(Observed::Gone),
    };
    find(aws, name, value, &args.route_table_id).await
}

/// An association is imported by subnet or gateway, and route table.
async fn imported(aws: &Aws, id: &str) -> CallResult<Observed<RouteTableAssociation>> {
    let Some((target, table)) = id.split_once('/') else {
        let message = "the id of an association has the form SUBNET_ID/ROUTE_TABLE_ID or GATEWAY_ID/ROUTE_TABLE_ID";
        return Err(CallError::local("import", message));
    };
    let is_subnet = target.starts_with("subnet-");
    let name = if is_subnet { "association.subnet-id" } else { "association.gateway-id" };
    find(aws, name, target, table).await
}

async fn find(aws: &Aws, name: &str, target: &str, table: &str) -> CallResult<Observed<RouteTableAssociation>> {
    let found = describe(aws, name, vec![target.to_owned()]).await?;
    let joins = |remote: &&Remote| {
        let is_target = remote.subnet_id() == Some(target) || remote.gateway_id() == Some(target);
        is_target && remote.route_table_id() == Some(table)
    };
    Ok(found.iter().find(joins).map_or(Observed::Gone, observed))
}

fn observed(remote: &Remote) -> Observed<RouteTableAssociation> {
    let args = RouteTableAssociationArgs {
        gateway_id: remote.gateway_id.clone(),
        route_table_id: remote.route_table_id.clone().unwrap_or_default(),
        subnet_id: remote.subnet_id.clone(),
    };
    let id = remote.route_table_association_id.clone().unwrap_or_default();
    let object = Object { id, args, attrs: RouteTableAssociationAttrs {}, private: None };
    let state = remote.association_state.as_ref();
    let message = state.and_then(|state| state.status_message()).unwrap_or("the association failed");
    let phase = match state.and_then(|state| state.state.as_ref()) {
        Some(RouteTableAssociationStateCode::Disassociated) => return Observed::Gone,
        Some(RouteTableAssociationStateCode::Failed) => Phase::Failed(message.to_owned()),
        Some(RouteTableAssociationStateCode::Associated) | None => Phase::Ready,
        Some(state) => Phase::Pending(state.to_string()),
    };
    Observed::There { phase, object }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, fails, ok, read_args};

    const BY_ID: &str = "ec2 DescribeRouteTables Filter.1.Name=association.route-table-association-id \
        Filter.1.Value.1=rtbassoc-1";
    const BY_SUBNET: &str = "ec2 DescribeRouteTables Filter.1.Name=association.subnet-id Filter.1.Value.1=subnet-1";

    /// A table with an association of a subnet in zone b, too.
    fn table(id: &str, association: &str, state: &str) -> String {
        format!(
            "<routeTableSet><item><routeTableId>{id}</routeTableId><associationSet>\
             <item><routeTableAssociationId>rtbassoc-9</routeTableAssociationId><routeTableId>{id}</routeTableId>\
             <subnetId>subnet-9</subnetId></item>\
             <item><routeTableAssociationId>{association}</routeTableAssociationId><routeTableId>{id}</routeTableId>\
             <subnetId>subnet-1</subnetId><associationState><state>{state}</state></associationState></item>\
             </associationSet></item></routeTableSet>"
        )
    }

    fn args(table: &str) -> RouteTableAssociationArgs {
        read_args(&format!(r#"{{"subnet_id": "subnet-1", "route_table_id": "{table}"}}"#))
    }

    fn new(table: &str) -> Known<RouteTableAssociation> {
        Known::New { args: args(table), created: Created::with_id("rtbassoc-1") }
    }

    fn there() -> Object<RouteTableAssociation> {
        let script = [(BY_ID, ok(table("rtb-1", "rtbassoc-1", "associated")))];
        let observed = check_requests(&script, async |aws| RouteTableAssociation::observe(aws, &new("rtb-1")).await);
        match observed.unwrap() {
            Observed::There { phase: Phase::Ready, object } => object,
            _ => panic!("not ready"),
        }
    }

    #[test]
    fn a_subnet_is_associated() {
        let request = "ec2 AssociateRouteTable SubnetId=subnet-1 RouteTableId=rtb-1";
        let script = [(request, ok("<associationId>rtbassoc-1</associationId>"))];
        let token = Token("t-1".to_owned());
        let create = async |aws: &Aws| RouteTableAssociation::create(aws, &args("rtb-1"), &token).await;
        assert_eq!(check_requests(&script, create), Ok(Created::with_id("rtbassoc-1")));
    }

    #[test]
    fn an_association_is_awaited() {
        let script = [(BY_ID, ok(table("rtb-1", "rtbassoc-1", "associating")))];
        let observed = check_requests(&script, async |aws| RouteTableAssociation::observe(aws, &new("rtb-1")).await);
        let pending = Phase::Pending("associating".to_owned());
        assert!(matches!(observed, Ok(Observed::There { phase, .. }) if phase == pending));
    }

    #[test]
    fn another_table_is_another_id() {
        let there = there();
        let planned = args("rtb-2");
        let change = Change { prior: Some(&there.args), planned: &planned };
        let request = "ec2 ReplaceRouteTableAssociation AssociationId=rtbassoc-1 RouteTableId=rtb-2";
        let script = [(request, ok("<newAssociationId>rtbassoc-2</newAssociationId>"))];
        let step = check_requests(&script, async |aws| RouteTableAssociation::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::Done));
        let script = [(BY_ID, ok("")), (BY_SUBNET, ok(table("rtb-2", "rtbassoc-2", "associated")))];
        let observed = check_requests(&script, async |aws| RouteTableAssociation::observe(aws, &new("rtb-2")).await);
        assert!(matches!(observed, Ok(Observed::There { object, .. }) if object.id == "rtbassoc-2"));
    }

    #[test]
    fn an_association_with_another_table_than_ours_is_not_ours() {
        let script = [(BY_ID, ok("")), (BY_SUBNET, ok(table("rtb-7", "rtbassoc-7", "associated")))];
        let observed = check_requests(&script, async |aws| RouteTableAssociation::observe(aws, &new("rtb-1")).await);
        assert!(matches!(observed, Ok(Observed::Gone)));
    }

    #[test]
    fn an_association_is_imported_by_what_it_joins() {
        let known = Known::Import { id: "subnet-1/rtb-1".to_owned() };
        let script = [(BY_SUBNET, ok(table("rtb-1", "rtbassoc-1", "associated")))];
        let observed = check_requests(&script, async |aws| RouteTableAssociation::observe(aws, &known).await);
        assert!(matches!(observed, Ok(Observed::There { object, .. }) if object.id == "rtbassoc-1"));
    }

    #[test]
    fn deleting_an_association_that_is_gone_succeeds() {
        let there = there();
        let request = "ec2 DisassociateRouteTable AssociationId=rtbassoc-1";
        let script = [(request, fails("InvalidAssociationID.NotFound", "gone"))];
        let step = check_requests(&script, async |aws| RouteTableAssociation::delete(aws, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }
}
