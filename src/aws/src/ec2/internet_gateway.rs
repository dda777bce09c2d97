//! `aws_internet_gateway`: the way between a VPC and the internet.

use aws_sdk_ec2::types::{AttachmentStatus, InternetGateway as Remote, InternetGatewayAttachment, ResourceType};
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Filled, Goal, Known, Object, Observed, Phase, Resource,
    Settled, Step, Tags, Timing, Token, Traced, Within, usually,
};

use crate::client::Aws;
use crate::describe::{VALUES_PER_FILTER, by_id, filter, only};
use crate::ec2::arn::arn;
use crate::ec2::fresh::not_visible_yet;
use crate::ec2::tags::{forget_intent, retag, specification_with_intent, traced};
use crate::error::{Answer, Fault, Unless, fault, incomplete, is_one_of};
use crate::tags::from_service;

const GONE: &[Fault] = &[fault("InvalidInternetGatewayID.NotFound")];
const DETACHED: &[Fault] = &[fault("Gateway.NotAttached"), fault("InvalidInternetGatewayID.NotFound")];
/// Public addresses of the VPC are still mapped.
const IN_USE: &[Fault] = &[fault("DependencyViolation")];

/// The way between a VPC and the internet.
pub struct InternetGateway;

/// What a user may write.
#[derive(Args, Clone)]
pub struct InternetGatewayArgs {
    /// VPC that the gateway is attached to; a gateway may do without.
    vpc_id: Filled<String>,
    /// Tags.
    tags: Tags,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct InternetGatewayAttrs {
    /// ARN.
    arn: String,
    /// Account that owns the gateway.
    owner_id: String,
}

impl Resource for InternetGateway {
    type Args = InternetGatewayArgs;
    type Attrs = InternetGatewayAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_internet_gateway";
    const TIMING: Timing =
        Timing::new().create("20m", usually("2s")).update("20m", usually("2s")).delete("20m", usually("2s"));
    const READ_AT_ONCE: usize = VALUES_PER_FILTER;

    async fn create(aws: &Aws, args: &InternetGatewayArgs, token: &Token) -> CallResult<Created> {
        let tags = specification_with_intent(ResourceType::InternetGateway, &args.tags, token)?;
        let answer = aws.ec2().create_internet_gateway().set_tag_specifications(tags).send().await.answer()?;
        let id = answer.internet_gateway.and_then(|gateway| gateway.internet_gateway_id);
        Ok(Created::with_id(id.ok_or_else(|| incomplete("CreateInternetGateway", "internet gateway id"))?))
    }

    async fn trace(aws: &Aws, _: &InternetGatewayArgs, token: &Token) -> CallResult<Traced> {
        traced(aws, token).await
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        only(Self::observe_many(aws, std::slice::from_ref(known)).await)
    }

    async fn observe_many(aws: &Aws, known: &[Known<Self>]) -> Vec<CallResult<Observed<Self>>> {
        let describe = async |ids| {
            let filters = Some(filter("internet-gateway-id", ids));
            let request = aws.ec2().describe_internet_gateways().set_filters(filters);
            request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.answer()
        };
        by_id(known, describe, Remote::internet_gateway_id, |known, remote| Ok(observed(aws, known, remote))).await
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        let planned = change.planned;
        if change.wants(there, |args| &args.vpc_id) {
            if let (Some(vpc), Some(_)) = (there.args.vpc_id.as_deref(), change.prior) {
                let detach = aws.ec2().detach_internet_gateway().internet_gateway_id(&there.id).vpc_id(vpc);
                detach.send().await.answer().unless(DETACHED)?;
                return Ok(Step::More);
            }
            if let Some(vpc) = planned.vpc_id.as_deref() {
                let attach = aws.ec2().attach_internet_gateway().internet_gateway_id(&there.id).vpc_id(vpc);
                attach.send().await.answer()?;
            }
        }
        retag(aws, &there.id, change.prior.map(|prior| &prior.tags), &planned.tags).await?;
        if change.prior.is_none() {
            forget_intent(aws, &there.id).await?;
        }
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        if let Some(vpc) = there.args.vpc_id.as_deref() {
            let detach = aws.ec2().detach_internet_gateway().internet_gateway_id(&there.id).vpc_id(vpc);
            if detach.send().await.answer().unless(DETACHED)?.is_some() {
                return Ok(Step::More);
            }
        }
        let delete = aws.ec2().delete_internet_gateway().internet_gateway_id(&there.id);
        delete.send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    fn settled(goal: &Goal<'_, Self>, there: &Object<Self>) -> Settled {
        match goal.planned.vpc_id.as_deref() {
            Some(vpc) if there.args.vpc_id.as_deref() != Some(vpc) => {
                Settled::Waiting("the attachment to become visible".to_owned())
            }
            Some(_) | None => Settled::Yes,
        }
    }

    fn retry(error: &CallError) -> Option<Within> {
        if is_one_of(error, IN_USE) { Some(Within::DEADLINE) } else { not_visible_yet(error) }
    }
}

fn observed(aws: &Aws, known: &Known<InternetGateway>, remote: &Remote) -> Observed<InternetGateway> {
    let attachment =
        remote.attachments().iter().find(|attachment| attachment.state != Some(AttachmentStatus::Detached));
    let owner_id = remote.owner_id.clone().unwrap_or_default();
    let args = InternetGatewayArgs {
        vpc_id: attachment.and_then(|attachment| attachment.vpc_id.clone()).into(),
        tags: aws.tag_rules().observed(from_service(remote.tags()), known.args().map(|args| &args.tags)),
    };
    let arn = arn(aws, &owner_id, format!("internet-gateway/{}", known.id()));
    let attrs = InternetGatewayAttrs { arn, owner_id };
    let object = Object { id: known.id().to_owned(), args, attrs, private: None };
    Observed::There { phase: phase(attachment), object }
}

fn phase(attachment: Option<&InternetGatewayAttachment>) -> Phase {
    match attachment.and_then(|attachment| attachment.state.as_ref()) {
        Some(state @ (AttachmentStatus::Attaching | AttachmentStatus::Detaching)) => Phase::Pending(state.to_string()),
        _ => Phase::Ready,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_requests, fails, ok, read_args};

    const DESCRIBE: &str = "ec2 DescribeInternetGateways Filter.1.Name=internet-gateway-id Filter.1.Value.1=igw-1";

    fn gateway(attachments: &str) -> Object<InternetGateway> {
        let answer = format!(
            "<internetGatewaySet><item><internetGatewayId>igw-1</internetGatewayId><ownerId>1</ownerId>\
             <attachmentSet>{attachments}</attachmentSet></item></internetGatewaySet>"
        );
        let known = Known::Import { id: "igw-1".to_owned() };
        let script = [(DESCRIBE, ok(answer))];
        match check_requests(&script, async |aws| InternetGateway::observe(aws, &known).await).unwrap() {
            Observed::There { phase: Phase::Ready, object } => object,
            _ => panic!("not ready"),
        }
    }

    fn attached() -> Object<InternetGateway> {
        gateway("<item><vpcId>vpc-1</vpcId><state>available</state></item>")
    }

    #[test]
    fn a_new_gateway_is_attached_and_waits_until_that_shows() {
        let planned: InternetGatewayArgs = read_args(r#"{"vpc_id": "vpc-1"}"#);
        let change = Change { prior: None, planned: &planned };
        let there = gateway("");
        let script = [
            ("ec2 AttachInternetGateway InternetGatewayId=igw-1 VpcId=vpc-1", ok("<return>true</return>")),
            ("ec2 DeleteTags ResourceId.1=igw-1 Tag.1.Key=landfall:intent", ok("<return>true</return>")),
        ];
        let step = check_requests(&script, async |aws| InternetGateway::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::Done));
        let goal = Goal {
            operation: landfall_provider::Operation::Create,
            prior: None,
            planned: &planned,
            elapsed: std::time::Duration::ZERO,
        };
        assert!(matches!(InternetGateway::settled(&goal, &there), Settled::Waiting(_)));
        assert_eq!(InternetGateway::settled(&goal, &attached()), Settled::Yes);
    }

    #[test]
    fn a_gateway_moves_to_another_vpc_in_two_steps() {
        let prior = attached();
        let planned: InternetGatewayArgs = read_args(r#"{"vpc_id": "vpc-2"}"#);
        let change = Change { prior: Some(&prior.args), planned: &planned };
        let detach = "ec2 DetachInternetGateway InternetGatewayId=igw-1 VpcId=vpc-1";
        let script = [(detach, ok("<return>true</return>"))];
        let step = check_requests(&script, async |aws| InternetGateway::update(aws, &change, &prior).await);
        assert_eq!(step, Ok(Step::More));
        let attach = "ec2 AttachInternetGateway InternetGatewayId=igw-1 VpcId=vpc-2";
        let (there, script) = (gateway(""), [(attach, ok("<return>true</return>"))]);
        let step = check_requests(&script, async |aws| InternetGateway::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn a_gateway_is_detached_before_it_goes() {
        let there = attached();
        let detach = "ec2 DetachInternetGateway InternetGatewayId=igw-1 VpcId=vpc-1";
        let mapped = "Network vpc-1 has some mapped public address(es).";
        let script = [(detach, fails("DependencyViolation", mapped))];
        let error = check_requests(&script, async |aws| InternetGateway::delete(aws, &there).await).unwrap_err();
        assert_eq!(InternetGateway::retry(&error), Some(Within::DEADLINE));
        let script = [
            (detach, fails("Gateway.NotAttached", "not attached")),
            ("ec2 DeleteInternetGateway InternetGatewayId=igw-1", fails("InvalidInternetGatewayID.NotFound", "gone")),
        ];
        let step = check_requests(&script, async |aws| InternetGateway::delete(aws, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }
}
