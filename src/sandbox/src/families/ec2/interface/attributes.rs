//! What ModifyNetworkInterfaceAttribute sets.

use super::{check_group_count, own, own_mut};
use crate::families::ec2::list::Listed;
use crate::families::{Operation, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const MODIFY: Operation = write(
    "ModifyNetworkInterfaceAttribute",
    &["NetworkInterfaceId", "Description", "SourceDestCheck", "SecurityGroupId", "Attachment", "EnablePrimaryIpv6"],
    modify,
);
pub const DESCRIBE: Operation =
    read("DescribeNetworkInterfaceAttribute", &["NetworkInterfaceId", "Attribute"], describe);

fn modify(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("NetworkInterfaceId")?;
    let vpc_id = own(scope.ec2(), id)?.vpc_id.clone();
    let groups = input.texts("SecurityGroupId");
    let given = ["Description", "SourceDestCheck", "SecurityGroupId", "Attachment", "EnablePrimaryIpv6"];
    if given.iter().filter(|member| input.has(member)).count() != 1 {
        let message = "Exactly one attribute may be modified by a call.";
        return Err(Fault::new("InvalidParameterCombination", message));
    }
    scope.ec2().check_groups(&groups, &vpc_id)?;
    check_group_count(scope, groups.len())?;
    let (description, check) = (input.text("Description.Value")?, input.bool("SourceDestCheck.Value")?);
    let attachment = match input.at("Attachment") {
        Some(attachment) => Some((attachment.need("AttachmentId")?, attachment.bool("DeleteOnTermination")?)),
        None => None,
    };
    let has_primary = input.bool("EnablePrimaryIpv6")?;
    let interface = own_mut(scope.ec2_mut(), id)?;
    match has_primary {
        Some(true) if interface.ipv6.is_empty() => {
            let message = format!("The network interface '{id}' has no IPv6 address.");
            return Err(Fault::new("InvalidParameterValue", message));
        }
        Some(false) if interface.has_primary_ipv6 => {
            let message = "A primary IPv6 address stays as long as the network interface.";
            return Err(Fault::new("InvalidParameterValue", message));
        }
        _ => interface.has_primary_ipv6 |= has_primary == Some(true),
    }
    if let Some((attachment_id, is_deleted)) = attachment {
        let missing = || {
            let message = format!("The networkInterface attachment ID '{attachment_id}' does not exist");
            Fault::new("InvalidAttachmentID.NotFound", message)
        };
        let own = interface.attachment.as_mut().filter(|own| own.id == attachment_id).ok_or_else(missing)?;
        own.is_deleted_with_it = is_deleted.unwrap_or(own.is_deleted_with_it);
    }
    if let Some(description) = description {
        description.clone_into(&mut interface.description);
    }
    interface.checks_source = check.unwrap_or(interface.checks_source);
    if !groups.is_empty() {
        interface.groups = groups.into_iter().map(ToOwned::to_owned).collect();
    }
    Ok(tree! { "return": true })
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, name) = (input.need("NetworkInterfaceId")?, input.need("Attribute")?);
    super::kinds::check(scope.ec2(), id, "eni")?;
    let interface = &scope.ec2().interfaces[id];
    let answer = tree! { "networkInterfaceId": id };
    Ok(match name {
        "description" => answer.with("description", tree! { "value": interface.description.as_str() }),
        "sourceDestCheck" => answer.with("sourceDestCheck", tree! { "value": interface.checks_source }),
        "groupSet" | "attachment" => answer.with(name, interface.shown(scope, id).at(name)),
        other => return Err(Fault::invalid("attribute", other, "Unknown attribute.")),
    })
}
