//! Network interfaces that services leave behind and that keep a subnet or security group from being deleted.

use landfall_provider::CallResult;

use crate::client::Aws;
use crate::describe::filter;
use crate::error::{Answer, Fault, Unless, fault};

/// Starts of descriptions of interfaces whose maker is gone once they are detached: the VPC CNI's, those of the load
/// balancer controller's cluster and of functions.
const LEFT_BEHIND: &[&str] = &["aws-K8S-", "Amazon EKS ", "AWS Lambda VPC ENI"];
const GONE: &[Fault] = &[fault("InvalidNetworkInterfaceID.NotFound")];

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
