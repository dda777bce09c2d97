//! What the network plugin of a node does in the account: it takes addresses for pods, and an interface more.

use std::time::Duration;

use crate::facts;
use crate::families::ec2::interface::Attachment;
use crate::families::ec2::{NewInterface, tags::Tags};
use crate::families::eks::join::{READY, REGISTERS, Verdict, meant_for, verdict};
use crate::scope::Scope;

/// The network plugin of a node looks at its addresses.
pub const ARRIVE: &str = "eks.node-network";
/// How often it is looked whether a node has joined, at first and later on.
const AGAIN: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(900));
/// How long it is looked often, and how long at all.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(1800), Duration::from_secs(6 * 3600));
/// How descriptions of the plugin's interfaces begin.
const DESCRIPTION: &str = "aws-K8S-";

/// Waits for a machine that may become a node.
pub fn launched(scope: &mut Scope<'_>, instance_id: &str) {
    scope.later(REGISTERS + READY, ARRIVE, instance_id);
}

/// Takes addresses once an instance is a node.
pub fn arrive(scope: &mut Scope<'_>, id: &str) {
    let Some(instance) = scope.ec2().instances.get(id).filter(|instance| instance.is_up()) else { return };
    let age = scope.now.since(instance.launched);
    let Some(name) = meant_for(scope, id, instance).map(str::to_owned) else { return };
    let Ok(cluster) = scope.eks().cluster(&name) else { return };
    if matches!(verdict(scope, cluster, id), Verdict::Joined { .. }) {
        if !cluster.network.is_ipv6 && !cluster.auto_mode.is_on() {
            take_addresses(scope, &name, id);
        }
    } else if age < PATIENCE.1 {
        let after = if age < PATIENCE.0 { AGAIN.0 } else { AGAIN.1 };
        scope.later(after, ARRIVE, id);
    }
}

/// Fills the first interface, and keeps a further one in reserve, as the plugin does by default.
fn take_addresses(scope: &mut Scope<'_>, cluster: &str, id: &str) {
    let store = scope.ec2();
    let Some(instance) = store.instances.get(id) else { return };
    let Some(machine) = facts::instance_types().get(&instance.instance_type) else { return };
    let (subnet_id, now) = (instance.subnet_id.clone(), scope.now);
    let interfaces = store.interfaces_of(id);
    let Some((first, interface)) = interfaces.first().map(|(id, own)| ((*id).to_owned(), (*own).clone())) else {
        return;
    };
    let most = machine.ipv4_per_interface as usize;
    let has_room = interfaces.len() < machine.interfaces_of_first_card as usize;
    let free = usize::try_from(store.free_addresses(&subnet_id)).unwrap_or(usize::MAX);
    let wanted = most.saturating_sub(interface.addresses.len()).min(free);
    if interfaces.iter().any(|(_, own)| own.description.starts_with(DESCRIPTION)) || wanted == 0 {
        return;
    }
    let device_index = u32::try_from(interfaces.len()).unwrap_or(1);
    let Ok(addresses) = crate::families::ec2::interface::take_free(scope.ec2(), &subnet_id, wanted) else { return };
    if let Some(own) = scope.ec2_mut().interfaces.get_mut(&first) {
        own.addresses.extend(addresses);
    }
    let free = free - wanted;
    if !has_room || free == 0 {
        return;
    }
    let new = NewInterface {
        subnet_id,
        groups: interface.groups.clone(),
        description: format!("{DESCRIPTION}{id}"),
        secondary_count: (most - 1).min(free - 1),
        ..NewInterface::default()
    };
    let Ok(made) = scope.make_interface(new) else { return };
    let attachment = Attachment {
        id: scope.ids().ec2("eni-attach"),
        instance_id: Some(id.to_owned()),
        owner: scope.account.to_owned(),
        device_index,
        card_index: 0,
        is_deleted_with_it: true,
        at: now,
    };
    let store = scope.ec2_mut();
    if let Some(own) = store.interfaces.get_mut(&made) {
        own.attachment = Some(attachment);
    }
    let tags = [("cluster.k8s.amazonaws.com/name", cluster), ("node.k8s.amazonaws.com/instance_id", id)];
    store.tag_new(&made, tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into_iter().collect::<Tags>());
}

/// An instance ends. Where its cluster is gone or going, or by bad luck, the plugin cannot see to its interfaces: they
/// stay, available.
pub fn ending(scope: &mut Scope<'_>, id: &str) {
    let own = scope.ec2().interfaces_of(id).into_iter().filter(|(_, own)| own.description.starts_with(DESCRIPTION));
    let own: Vec<String> = own.map(|(id, _)| id.to_owned()).collect();
    let Some(first) = own.first() else { return };
    let cluster = scope.ec2().tag(first, "cluster.k8s.amazonaws.com/name").unwrap_or_default();
    let is_up = scope.eks().clusters.get(cluster).is_some_and(crate::families::eks::Cluster::is_up);
    if is_up && !scope.strikes("interface-left") {
        return;
    }
    for id in own {
        let attachment = scope.ec2_mut().interfaces.get_mut(&id).and_then(|own| own.attachment.as_mut());
        if let Some(attachment) = attachment {
            attachment.is_deleted_with_it = false;
        }
    }
}
