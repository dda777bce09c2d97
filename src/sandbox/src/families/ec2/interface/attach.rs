//! Interfaces attached to instances that are there, and taken off them.

use super::{Attachment, own};
use crate::families::ec2::{Store, kinds};
use crate::families::{Operation, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const ATTACH: Operation =
    write("AttachNetworkInterface", &["NetworkInterfaceId", "InstanceId", "DeviceIndex", "NetworkCardIndex"], attach);
pub const DETACH: Operation = write("DetachNetworkInterface", &["AttachmentId", "Force"], detach);

fn index(input: &Tree, member: &str) -> Result<Option<u32>, Fault> {
    let Some(index) = input.int(member)? else { return Ok(None) };
    u32::try_from(index).map(Some).map_err(|_| Fault::invalid(member, index, "Expected a number from 0."))
}

fn zone<'a>(store: &'a Store, subnet_id: &str) -> Option<&'a str> {
    store.subnets.get(subnet_id).map(|subnet| subnet.zone.as_str())
}

fn attach(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, instance_id) = (input.need("NetworkInterfaceId")?, input.need("InstanceId")?);
    let device_index = index(input, "DeviceIndex")?.ok_or_else(|| Fault::missing("DeviceIndex"))?;
    let card_index = index(input, "NetworkCardIndex")?.unwrap_or(0);
    let store = scope.ec2();
    let interface = own(store, id)?;
    kinds::check(store, instance_id, "i")?;
    if interface.attachment.is_some() {
        return Err(Fault::new("InvalidNetworkInterface.InUse", format!("Interface: [{id}] in use.")));
    }
    let attached = store.interfaces_of(instance_id);
    let Some((_, first)) = attached.first() else {
        let message = format!("The instance '{instance_id}' is not in a state from which it can be attached to.");
        return Err(Fault::new("IncorrectInstanceState", message));
    };
    if zone(store, &first.subnet_id) != zone(store, &interface.subnet_id) {
        let message = "You may not attach a network interface to an instance if they are not in the same availability \
                       zone";
        return Err(Fault::new("InvalidParameterCombination", message));
    }
    let is_taken = attached.iter().filter_map(|(_, own)| own.attachment.as_ref());
    if is_taken.clone().any(|own| (own.device_index, own.card_index) == (device_index, card_index)) {
        let message =
            format!("Instance '{instance_id}' already has an interface attached at device index '{device_index}'.");
        return Err(Fault::new("InvalidParameterValue", message));
    }
    let attachment = Attachment {
        id: scope.ids().ec2("eni-attach"),
        instance_id: Some(instance_id.to_owned()),
        owner: scope.account.to_owned(),
        device_index,
        card_index,
        is_deleted_with_it: false,
        at: scope.now,
    };
    let answer = tree! { "attachmentId": attachment.id.as_str(), "networkCardIndex": card_index };
    if let Some(interface) = scope.ec2_mut().interfaces.get_mut(id) {
        interface.attachment = Some(attachment);
    }
    Ok(answer)
}

fn detach(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let attachment_id = input.need("AttachmentId")?;
    let mut attached = scope.ec2().interfaces.iter();
    let found = attached.find(|(_, own)| own.attachment.as_ref().is_some_and(|own| own.id == attachment_id));
    let absent = || {
        let message = format!("The attachment ID '{attachment_id}' does not exist");
        Fault::new("InvalidAttachmentID.NotFound", message)
    };
    let (id, interface) = found.ok_or_else(absent)?;
    own(scope.ec2(), id)?;
    let id = id.clone();
    if let Some(Attachment { device_index: 0, card_index, instance_id: Some(_), .. }) = &interface.attachment {
        let message =
            format!("The network interface at device index 0 and networkCard index {card_index} cannot be detached.");
        return Err(Fault::new("OperationNotPermitted", message));
    }
    if let Some(interface) = scope.ec2_mut().interfaces.get_mut(&id) {
        interface.attachment = None;
    }
    Ok(tree! { "return": true })
}
