//! What services leave behind and what keeps a VPC, subnet or security group from being deleted.

use landfall_provider::CallResult;

use crate::client::Aws;
use crate::describe::filter;
use crate::error::{Answer, Fault, Unless, fault};

/// Starts of descriptions of interfaces whose maker is gone once they are detached: the VPC CNI's, those of the load
/// balancer controller's cluster and of functions.
const LEFT_BEHIND: &[&str] = &["aws-K8S-", "Amazon EKS ", "AWS Lambda VPC ENI"];
const GONE: &[Fault] = &[fault("InvalidNetworkInterfaceID.NotFound")];
const GUARD_DUTY_LATER: &[Fault] = &[fault("DependencyViolation"), fault("InvalidGroup.NotFound")];

/// Deletes detached interfaces that no one will come back for, among those that a filter matches (`subnet-id`,
/// `group-id`).
///
/// # Errors
/// What DescribeNetworkInterfaces or DeleteNetworkInterface failed with.
pub async fn remove_interfaces(aws: &Aws, filter_name: &str, id: &str) -> CallResult<()> {
    let filters = [filter(filter_name, vec![id.to_owned()]), filter("status", vec!["available".to_owned()])].concat();
    let describe = aws.ec2().describe_network_interfaces().set_filters(Some(filters));
    for interface in describe.send().await.answer()?.network_interfaces() {
        let description = interface.description().unwrap_or_default();
        if let Some(id) = interface.network_interface_id()
            && LEFT_BEHIND.iter().any(|start| description.starts_with(start))
        {
            aws.ec2().delete_network_interface().network_interface_id(id).send().await.answer().unless(GONE)?;
        }
    }
    Ok(())
}

/// Deletes the endpoints and security groups that GuardDuty puts into VPCs with monitored instances; it knows them by
/// a tag. Endpoints that are on their way out still use their group: it goes at a later attempt.
///
/// # Errors
/// What DescribeVpcEndpoints, DeleteVpcEndpoints, DescribeSecurityGroups or DeleteSecurityGroup failed with.
pub async fn remove_guard_duty(aws: &Aws, vpc: &str) -> CallResult<()> {
    let filters = [filter("vpc-id", vec![vpc.to_owned()]), filter("tag:GuardDutyManaged", vec!["true".to_owned()])];
    let filters = filters.concat();
    let endpoints = aws.ec2().describe_vpc_endpoints().set_filters(Some(filters.clone())).send().await.answer()?;
    let ids: Vec<_> =
        endpoints.vpc_endpoints().iter().filter_map(|endpoint| endpoint.vpc_endpoint_id.clone()).collect();
    if !ids.is_empty() {
        aws.ec2().delete_vpc_endpoints().set_vpc_endpoint_ids(Some(ids)).send().await.answer()?;
    }
    let groups = aws.ec2().describe_security_groups().set_filters(Some(filters)).send().await.answer()?;
    for id in groups.security_groups().iter().filter_map(|group| group.group_id()) {
        aws.ec2().delete_security_group().group_id(id).send().await.answer().unless(GUARD_DUTY_LATER)?;
    }
    Ok(())
}
