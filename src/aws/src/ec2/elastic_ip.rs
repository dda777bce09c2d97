//! `aws_eip`: a public IPv4 address that stays.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Address as Remote, AddressAttributeName, DomainType, ResourceType};
use landfall_provider::value::{Type, Value};
use landfall_provider::{
    Args, Attrs, CallError, CallResult, Change, Created, Facts, Filled, Known, Object, Observed, Overrides, Phase,
    Planned, Resource, Step, Tags, Timing, Token, Traced, Within, usually,
};

use crate::client::Aws;
use crate::describe::{VALUES_PER_FILTER, by_id, filter, only};
use crate::ec2::arn::arn;
use crate::ec2::fresh::not_visible_yet;
use crate::ec2::tags::{forget_intent, retag, specification_with_intent, traced};
use crate::error::{Answer, Fault, Unless, fault, incomplete, is_one_of};
use crate::planning::at;
use crate::tags::from_service;

const GONE: &[Fault] = &[
    fault("InvalidAllocationID.NotFound"),
    fault("InvalidAddress.NotFound"),
    fault("AuthFailure").saying("does not belong to you"),
];
const DISASSOCIATED: &[Fault] = &[fault("InvalidAssociationID.NotFound")];
/// Errors that pass: what used the address is on its way out, or what will use it is not running yet.
const BUSY: &[Fault] = &[
    fault("InvalidIPAddress.InUse").of("ReleaseAddress"),
    fault("InvalidInstanceID").of("AssociateAddress").saying("pending instance"),
];

/// A public IPv4 address that stays.
pub struct ElasticIp;

/// What a user may write.
#[derive(Args, Clone)]
pub struct ElasticIpArgs {
    /// Address of a pool of the user's own.
    #[arg(replace)]
    address: Option<String>,
    /// Private address, among several of an interface, that the address is mapped to.
    associate_with_private_ip: Option<String>,
    /// Pool of customer-owned addresses.
    customer_owned_ipv4_pool: Option<String>,
    /// `vpc`.
    #[arg(replace, one_of("vpc", "standard"))]
    domain: Filled<String>,
    /// Instance that has the address.
    instance: Filled<String>,
    /// IPAM pool that the address is taken from.
    #[arg(replace)]
    ipam_pool_id: Filled<String>,
    /// Locations that announce the address.
    #[arg(replace)]
    network_border_group: Filled<String>,
    /// Network interface that has the address.
    network_interface: Filled<String>,
    /// Pool that the address is taken from.
    #[arg(replace)]
    public_ipv4_pool: Filled<String>,
    /// Tags.
    tags: Tags,
}

/// What only the service decides.
#[derive(Attrs, Clone)]
pub struct ElasticIpAttrs {
    /// Id, as `id`.
    allocation_id: String,
    /// ARN.
    arn: String,
    /// Id of the association with an interface.
    association_id: String,
    /// Address in a carrier's network.
    carrier_ip: String,
    /// Customer-owned address.
    customer_owned_ip: String,
    /// Name of the private address.
    private_dns: Option<String>,
    /// Private address that the address is mapped to.
    private_ip: String,
    /// Name that the address resolves back to.
    ptr_record: String,
    /// Name of the address.
    public_dns: Option<String>,
    /// The address.
    public_ip: String,
}

impl Resource for ElasticIp {
    type Args = ElasticIpArgs;
    type Attrs = ElasticIpAttrs;
    type Client = Aws;

    const TYPE: &'static str = "aws_eip";
    const TIMING: Timing = Timing::new().update("5m", usually("1s")).delete("3m", usually("1s"));
    const READ_AT_ONCE: usize = VALUES_PER_FILTER;

    /// What follows from the association is unknown once that changes.
    fn plan(_: &Facts, planned: &Planned<'_>) -> Overrides {
        let mut overrides = Overrides::none();
        let targets = ["instance", "network_interface", "associate_with_private_ip"];
        if planned.is_create() || !targets.iter().any(|name| planned.changes(name)) {
            return overrides;
        }
        let open = targets[..2].iter().filter(|name| at(planned.config, name).is_none() && !planned.changes(name));
        for name in open.chain(&["association_id", "private_dns", "private_ip"]) {
            overrides.set(name, Value::unknown(Type::String));
        }
        overrides
    }

    async fn create(aws: &Aws, args: &ElasticIpArgs, token: &Token) -> CallResult<Created> {
        let answer = aws
            .ec2()
            .allocate_address()
            .domain(args.domain.as_deref().map_or(DomainType::Vpc, DomainType::from))
            .set_address(args.address.clone())
            .set_customer_owned_ipv4_pool(args.customer_owned_ipv4_pool.clone())
            .set_ipam_pool_id(args.ipam_pool_id.to_option())
            .set_network_border_group(args.network_border_group.to_option())
            .set_public_ipv4_pool(args.public_ipv4_pool.to_option())
            .set_tag_specifications(specification_with_intent(ResourceType::ElasticIp, &args.tags, token)?)
            .send()
            .await
            .answer()?;
        Ok(Created::with_id(answer.allocation_id.ok_or_else(|| incomplete("AllocateAddress", "allocation id"))?))
    }

    async fn trace(aws: &Aws, _: &ElasticIpArgs, token: &Token) -> CallResult<Traced> {
        traced(aws, token).await
    }

    async fn observe(aws: &Aws, known: &Known<Self>) -> CallResult<Observed<Self>> {
        only(Self::observe_many(aws, std::slice::from_ref(known)).await)
    }

    async fn observe_many(aws: &Aws, known: &[Known<Self>]) -> Vec<CallResult<Observed<Self>>> {
        let describe = async |ids| {
            let answer = aws.ec2().describe_addresses().set_filters(Some(filter("allocation-id", ids))).send().await;
            let addresses = answer.answer()?.addresses.unwrap_or_default();
            let names = names(aws, &addresses).await?;
            let name = |address: &Remote| names.get(address.allocation_id()?).cloned();
            let named = addresses.into_iter().map(|remote| Named { name: name(&remote).unwrap_or_default(), remote });
            Ok(named.collect())
        };
        let observed = |known: &Known<Self>, found: &Named| Ok(observed(aws, known, &found.remote, found.name.clone()));
        by_id(known, describe, Named::id, observed).await
    }

    async fn update(aws: &Aws, change: &Change<'_, Self>, there: &Object<Self>) -> CallResult<Step> {
        let planned = change.planned;
        let has_target = planned.instance.is_set() || planned.network_interface.is_set();
        if change.wants_unless(there, same_target) && (has_target || change.prior.is_some()) {
            if !there.attrs.association_id.is_empty() {
                disassociate(aws, there).await?;
                return Ok(Step::More);
            }
            if has_target {
                associate(aws, planned, &there.id).await?;
                return Ok(Step::More);
            }
        }
        retag(aws, &there.id, change.prior.map(|prior| &prior.tags), &planned.tags).await?;
        if change.prior.is_none() {
            forget_intent(aws, &there.id).await?;
        }
        Ok(Step::Done)
    }

    async fn delete(aws: &Aws, there: &Object<Self>) -> CallResult<Step> {
        if !there.attrs.association_id.is_empty() && disassociate(aws, there).await? {
            return Ok(Step::More);
        }
        let group = there.args.network_border_group.to_option();
        let release = aws.ec2().release_address().allocation_id(&there.id).set_network_border_group(group);
        release.send().await.answer().unless(GONE)?;
        Ok(Step::Done)
    }

    fn retry(error: &CallError) -> Option<Within> {
        if is_one_of(error, BUSY) { Some(Within::DEADLINE) } else { not_visible_yet(error) }
    }
}

/// Returns whether `planned` asks for the association that `there` has.
fn same_target(there: &ElasticIpArgs, planned: &ElasticIpArgs) -> bool {
    let same = |there: &Filled<String>, planned: &Filled<String>| !planned.is_set() || there == planned;
    let is_free = |args: &ElasticIpArgs| !args.instance.is_set() && !args.network_interface.is_set();
    if is_free(planned) {
        return is_free(there);
    }
    same(&there.instance, &planned.instance)
        && same(&there.network_interface, &planned.network_interface)
        && there.associate_with_private_ip == planned.associate_with_private_ip
}

async fn associate(aws: &Aws, args: &ElasticIpArgs, id: &str) -> CallResult<()> {
    aws.ec2()
        .associate_address()
        .allocation_id(id)
        .set_instance_id(args.instance.to_option())
        .set_network_interface_id(args.network_interface.to_option())
        .set_private_ip_address(args.associate_with_private_ip.clone())
        .send()
        .await
        .answer()?;
    Ok(())
}

/// Returns whether there was an association.
async fn disassociate(aws: &Aws, there: &Object<ElasticIp>) -> CallResult<bool> {
    let request = aws.ec2().disassociate_address().association_id(&there.attrs.association_id);
    Ok(request.send().await.answer().unless(DISASSOCIATED)?.is_some())
}

/// An address, and the name that it is known by.
#[derive(Clone)]
struct Named {
    name: String,
    remote: Remote,
}

impl Named {
    fn id(&self) -> Option<&str> {
        self.remote.allocation_id()
    }
}

/// Returns the names that addresses are known by, by allocation id.
async fn names(aws: &Aws, addresses: &[Remote]) -> CallResult<BTreeMap<String, String>> {
    let ids: Vec<String> = addresses.iter().filter_map(|address| address.allocation_id.clone()).collect();
    let ask = async |ids: &[String]| {
        let request = aws.ec2().describe_addresses_attribute().set_allocation_ids(Some(ids.to_vec()));
        let request = request.attribute(AddressAttributeName::DomainName).into_paginator().items().send();
        request.collect::<Result<Vec<_>, _>>().await.answer().unless(GONE)
    };
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = match ask(&ids).await? {
        Some(found) => found,
        // One that has gone in between hides the others.
        None => {
            let mut found = Vec::new();
            for id in &ids {
                found.extend(ask(std::slice::from_ref(id)).await?.unwrap_or_default());
            }
            found
        }
    };
    Ok(found.into_iter().filter_map(|name| Some((name.allocation_id?, name.ptr_record?))).collect())
}

fn observed(aws: &Aws, known: &Known<ElasticIp>, remote: &Remote, ptr_record: String) -> Observed<ElasticIp> {
    let args = known.args();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let filled = |value: &Option<String>| Filled::from(value.clone().filter(|text| !text.is_empty()));
    let args = ElasticIpArgs {
        address: args.and_then(|args| args.address.clone()),
        associate_with_private_ip: args.and_then(|args| args.associate_with_private_ip.clone()),
        customer_owned_ipv4_pool: remote.customer_owned_ipv4_pool.clone(),
        domain: remote.domain.as_ref().map(|domain| domain.as_str().to_owned()).into(),
        instance: filled(&remote.instance_id),
        ipam_pool_id: args.map(|args| args.ipam_pool_id.clone()).unwrap_or_default(),
        network_border_group: filled(&remote.network_border_group),
        network_interface: filled(&remote.network_interface_id),
        public_ipv4_pool: filled(&remote.public_ipv4_pool),
        tags: aws.tag_rules().observed(from_service(remote.tags()), args.map(|args| &args.tags)),
    };
    let attrs = ElasticIpAttrs {
        allocation_id: known.id().to_owned(),
        arn: arn(aws, "", format!("elastic-ip/{}", known.id())),
        association_id: text(&remote.association_id),
        carrier_ip: text(&remote.carrier_ip),
        customer_owned_ip: text(&remote.customer_owned_ip),
        private_dns: remote.private_ip_address().map(|address| private_name(aws, address)),
        private_ip: text(&remote.private_ip_address),
        ptr_record,
        public_dns: remote.public_ip().map(|address| public_name(aws, address)),
        public_ip: text(&remote.public_ip),
    };
    let object = Object { id: known.id().to_owned(), args, attrs, private: None };
    Observed::There { phase: Phase::Ready, object }
}

/// Returns the name that a VPC's DNS gives a public address.
fn public_name(aws: &Aws, address: &str) -> String {
    let zone = match aws.region() {
        "us-east-1" => "compute-1".to_owned(),
        region => format!("{region}.compute"),
    };
    format!("ec2-{}.{zone}.{}", address.replace('.', "-"), aws.partition().dns_suffix)
}

/// Returns the name that a VPC's DNS gives a private address.
fn private_name(aws: &Aws, address: &str) -> String {
    let zone = match aws.region() {
        "us-east-1" => "ec2".to_owned(),
        region => format!("{region}.compute"),
    };
    format!("ip-{}.{zone}.internal", address.replace('.', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{check_plan, check_requests, fails, ok, read_args};

    const DESCRIBE: &str = "ec2 DescribeAddresses Filter.1.Name=allocation-id Filter.1.Value.1=eipalloc-1";
    const NAMES: &str = "ec2 DescribeAddressesAttribute AllocationId.1=eipalloc-1 Attribute=domain-name";

    fn address(association: &str) -> Object<ElasticIp> {
        let answer = format!(
            "<addressesSet><item><allocationId>eipalloc-1</allocationId><publicIp>203.0.113.7</publicIp>\
             <domain>vpc</domain><instanceId/>{association}</item></addressesSet>"
        );
        let known = Known::Import { id: "eipalloc-1".to_owned() };
        let script = [(DESCRIBE, ok(answer)), (NAMES, ok("<addressSet/>"))];
        match check_requests(&script, async |aws| ElasticIp::observe(aws, &known).await).unwrap() {
            Observed::There { phase: Phase::Ready, object } => object,
            _ => panic!("not ready"),
        }
    }

    fn associated() -> Object<ElasticIp> {
        address(
            "<associationId>eipassoc-1</associationId><networkInterfaceId>eni-1</networkInterfaceId>\
             <privateIpAddress>10.0.0.5</privateIpAddress>",
        )
    }

    #[test]
    fn an_address_is_allocated_with_its_intent() {
        let args = read_args(r#"{"domain": "vpc"}"#);
        let request = "ec2 AllocateAddress Domain=vpc TagSpecification.1.ResourceType=elastic-ip \
            TagSpecification.1.Tag.1.Key=landfall:intent TagSpecification.1.Tag.1.Value=t-1";
        let script = [(request, ok("<allocationId>eipalloc-1</allocationId>"))];
        let token = Token("t-1".to_owned());
        let created = check_requests(&script, async |aws| ElasticIp::create(aws, &args, &token).await);
        assert_eq!(created, Ok(Created::with_id("eipalloc-1")));
    }

    #[test]
    fn names_follow_from_addresses() {
        let attrs = associated().attrs;
        assert_eq!(attrs.public_dns.as_deref(), Some("ec2-203-0-113-7.eu-central-1.compute.amazonaws.com"));
        assert_eq!(attrs.private_dns.as_deref(), Some("ip-10-0-0-5.eu-central-1.compute.internal"));
        assert!(!address("").args.instance.is_set());
    }

    #[test]
    fn an_address_moves_to_another_interface_in_two_steps() {
        let prior = associated();
        let planned = read_args(r#"{"network_interface": "eni-2"}"#);
        let change = Change { prior: Some(&prior.args), planned: &planned };
        let script = [("ec2 DisassociateAddress AssociationId=eipassoc-1", ok("<return>true</return>"))];
        let step = check_requests(&script, async |aws| ElasticIp::update(aws, &change, &prior).await);
        assert_eq!(step, Ok(Step::More));
        let there = address("");
        let request = "ec2 AssociateAddress AllocationId=eipalloc-1 NetworkInterfaceId=eni-2";
        let step = check_requests(&[(request, ok(""))], async |aws| ElasticIp::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::More));
    }

    #[test]
    fn an_association_that_others_made_is_left_alone() {
        let there = associated();
        let planned = read_args(r#"{"domain": "vpc"}"#);
        let change = Change { prior: None, planned: &planned };
        let script = [("ec2 DeleteTags ResourceId.1=eipalloc-1 Tag.1.Key=landfall:intent", ok(""))];
        let step = check_requests(&script, async |aws| ElasticIp::update(aws, &change, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }

    #[test]
    fn a_new_instance_leaves_the_interface_open() {
        let overrides = check_plan::<ElasticIp>(
            Some(r#"{"instance": "i-1", "network_interface": "eni-1"}"#),
            r#"{"instance": "i-2"}"#,
        );
        let names: Vec<_> = overrides.values.iter().map(|(path, _)| path.to_string()).collect();
        assert!(names.iter().any(|name| name.contains("association_id")), "{names:?}");
        assert!(!names.iter().any(|name| name.contains("instance")), "{names:?}");
    }

    #[test]
    fn an_address_is_released_once_it_is_free() {
        let there = associated();
        let script = [
            ("ec2 DisassociateAddress AssociationId=eipassoc-1", fails("InvalidAssociationID.NotFound", "gone")),
            ("ec2 ReleaseAddress AllocationId=eipalloc-1", fails("InvalidIPAddress.InUse", "in use")),
        ];
        let error = check_requests(&script, async |aws| ElasticIp::delete(aws, &there).await).unwrap_err();
        assert_eq!(ElasticIp::retry(&error), Some(Within::DEADLINE));
        let script = [("ec2 ReleaseAddress AllocationId=eipalloc-1", fails("InvalidAllocationID.NotFound", "gone"))];
        let there = address("");
        let step = check_requests(&script, async |aws| ElasticIp::delete(aws, &there).await);
        assert_eq!(step, Ok(Step::Done));
    }
}
