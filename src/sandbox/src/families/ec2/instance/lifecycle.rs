//! Stopping, starting and ending instances.

use std::time::Duration;

use super::{Doing, STOPPING};
use crate::families::autoscaling;
use crate::families::ec2::filters::{Filters, one};
use crate::families::ec2::{PAGING, kinds, spot_fleet, spot_request};
use crate::families::eks::nodes;
use crate::families::page::page;
use crate::families::{Operation, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const TERMINATE: Operation =
    write("TerminateInstances", &["InstanceId", "Force", "SkipOsShutdown"], terminate_instances);
pub const STOP: Operation = write("StopInstances", &["InstanceId", "Force", "Hibernate", "SkipOsShutdown"], stop);
pub const START: Operation = write("StartInstances", &["InstanceId"], start);
pub const REBOOT: Operation = write("RebootInstances", &["InstanceId"], reboot);
pub const MONITOR: Operation = write("MonitorInstances", &["InstanceId"], |scope, input| monitor(scope, input, true));
pub const UNMONITOR: Operation =
    write("UnmonitorInstances", &["InstanceId"], |scope, input| monitor(scope, input, false));
pub const STATUS: Operation = read(
    "DescribeInstanceStatus",
    &["InstanceId", "Filter", "MaxResults", "NextToken", "IncludeAllInstances", "IncludeManagedResources"],
    status,
);

/// An instance has ended: what goes with it goes.
pub const ENDED: &str = "ec2.instance-ended";
/// An instance that has ended is no longer listed.
pub const FORGOTTEN: &str = "ec2.instance-forgotten";

/// How long instances are listed that have ended.
const REMEMBERED: Duration = Duration::from_secs(3600);
/// After how long the status checks of a started instance pass.
const CHECKED: Duration = Duration::from_secs(120);

/// Returns the instances that an input names, all of them there.
fn named<'a>(scope: &Scope<'_>, input: &'a Tree) -> Result<Vec<&'a str>, Fault> {
    let ids = input.texts("InstanceId");
    if ids.is_empty() {
        return Err(Fault::missing("InstanceId"));
    }
    kinds::check_all(scope.ec2(), &ids, "i")?;
    Ok(ids)
}

fn changed(scope: &mut Scope<'_>, ids: &[&str], change: impl Fn(&mut Scope<'_>, &str)) -> Tree {
    let mut set = Vec::new();
    for id in ids {
        let state = |scope: &Scope<'_>| scope.ec2().instances.get(*id).map(|own| own.state_shown(scope.now));
        let previous = state(scope);
        change(scope, id);
        set.push(tree! { "instanceId": *id, "currentState": state(scope), "previousState": previous });
    }
    tree! { "instancesSet": set }
}

fn terminate_instances(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let ids = named(scope, input)?;
    for id in &ids {
        let instance = scope.ec2().instance(id)?;
        if instance.is_kept && instance.doing != Doing::Ending {
            let message = format!(
                "The instance '{id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try \
                 again."
            );
            return Err(Fault::new("OperationNotPermitted", message));
        }
    }
    Ok(changed(scope, &ids, terminate))
}

/// Ends an instance for its user.
pub fn terminate(scope: &mut Scope<'_>, id: &str) {
    terminated_by(scope, id, ("Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"));
}

/// Ends an instance for a reason, code and message. One that ends already goes on.
pub fn terminated_by(scope: &mut Scope<'_>, id: &str, (code, message): (&str, &str)) {
    let now = scope.now;
    let Some(instance) = scope.ec2_mut().instances.get_mut(id).filter(|own| own.doing != Doing::Ending) else { return };
    instance.doing = Doing::Ending;
    instance.since = now;
    instance.reason = Some((code.to_owned(), message.to_owned()));
    let request = instance.spot_request_id.clone();
    if let Some(request) = request {
        spot_request::ended(scope, &request, code);
    }
    spot_fleet::lost(scope, id);
    autoscaling::lost(scope, id);
    scope.later(STOPPING, ENDED, id);
}

pub fn ended(scope: &mut Scope<'_>, id: &str) {
    if !scope.ec2().instances.contains_key(id) {
        return;
    }
    nodes::ending(scope, id);
    let interfaces = scope.ec2().interfaces_of(id).into_iter();
    let goes =
        |own: &crate::families::ec2::Interface| own.attachment.as_ref().is_some_and(|own| own.is_deleted_with_it);
    let interfaces: Vec<_> = interfaces.map(|(id, own)| (id.to_owned(), goes(own))).collect();
    for (interface, goes) in interfaces {
        if goes {
            scope.remove_interface(&interface);
        } else if let Some(interface) = scope.ec2_mut().interfaces.get_mut(&interface) {
            interface.attachment = None;
        }
    }
    scope.ec2_mut().release_volumes(id);
    scope.later(REMEMBERED, FORGOTTEN, id);
}

pub fn forgotten(scope: &mut Scope<'_>, id: &str) {
    let store = scope.ec2_mut();
    store.instances.remove(id);
    store.tags.remove(id);
}

fn incorrect(id: &str, what: &str) -> Fault {
    let message = format!("The instance '{id}' is not in a state from which it can be {what}.");
    Fault::new("IncorrectInstanceState", message)
}

fn stop(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let ids = named(scope, input)?;
    if input.bool("Hibernate")? == Some(true) {
        return Err(Fault::not_modelled("hibernation of instances"));
    }
    for id in &ids {
        let instance = scope.ec2().instance(id)?;
        if instance.is_kept_running {
            let message = format!(
                "The instance '{id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again."
            );
            return Err(Fault::new("OperationNotPermitted", message));
        }
        if instance.doing == Doing::Ending || instance.state(scope.now) == "pending" {
            return Err(incorrect(id, "stopped"));
        }
        if instance.spot_request_id.is_some() {
            let message = format!(
                "You can't stop the Spot Instance '{id}' because it is associated with a one-time Spot Instance request. You can only stop Spot Instances associated with persistent Spot Instance requests."
            );
            return Err(Fault::new("UnsupportedOperation", message));
        }
    }
    Ok(changed(scope, &ids, halt))
}

/// Stops an instance that runs. The public address of its subnet goes; elastic ones stay.
pub fn halt(scope: &mut Scope<'_>, id: &str) {
    let now = scope.now;
    if let Some(instance) = scope.ec2_mut().instances.get_mut(id).filter(|own| own.doing == Doing::Running) {
        (instance.doing, instance.since) = (Doing::Stopping, now);
        let message = "Client.UserInitiatedShutdown: User initiated shutdown";
        instance.reason = Some(("Client.UserInitiatedShutdown".to_owned(), message.to_owned()));
    }
    let interfaces: Vec<String> = scope.ec2().interfaces_of(id).into_iter().map(|(id, _)| id.to_owned()).collect();
    for interface in interfaces {
        if let Some(interface) = scope.ec2_mut().interfaces.get_mut(&interface) {
            interface.public_ip = None;
        }
    }
}

fn start(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let ids = named(scope, input)?;
    for id in &ids {
        if ["stopping", "shutting-down", "terminated"].contains(&scope.ec2().instance(id)?.state(scope.now)) {
            return Err(incorrect(id, "started"));
        }
    }
    Ok(changed(scope, &ids, start_again))
}

/// Starts an instance that is stopped.
pub fn start_again(scope: &mut Scope<'_>, id: &str) {
    let now = scope.now;
    if let Some(instance) = scope.ec2_mut().instances.get_mut(id).filter(|own| own.doing == Doing::Stopping) {
        (instance.doing, instance.since, instance.launched) = (Doing::Running, now, now);
        instance.reason = None;
    }
    let interfaces = scope.ec2().interfaces_of(id);
    let [(interface, own)] = interfaces[..] else { return };
    let maps = scope.ec2().subnets.get(&own.subnet_id).is_some_and(|subnet| subnet.maps_public_ip);
    let interface = interface.to_owned();
    if maps {
        let address = crate::families::ec2::elastic_ip::public_address(scope);
        if let Some(own) = scope.ec2_mut().interfaces.get_mut(&interface) {
            own.public_ip = Some(address);
        }
    }
}

fn reboot(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    for id in named(scope, input)? {
        if scope.ec2().instance(id)?.doing != Doing::Running {
            return Err(incorrect(id, "rebooted"));
        }
    }
    Ok(tree! { "return": true })
}

fn monitor(scope: &mut Scope<'_>, input: &Tree, is_on: bool) -> Result<Tree, Fault> {
    let ids = named(scope, input)?;
    let mut set = Vec::new();
    for id in ids {
        scope.ec2_mut().instance_mut(id)?.is_monitored = is_on;
        let state = if is_on { "pending" } else { "disabling" };
        set.push(tree! { "instanceId": id, "monitoring": tree! { "state": state } });
    }
    Ok(tree! { "instancesSet": set })
}

fn status(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let store = scope.ec2();
    let named = kinds::named(store, input, "InstanceId", "i")?;
    let filters = Filters::read(input)?;
    let shows_all = input.bool("IncludeAllInstances")? == Some(true);
    let mut found = Vec::new();
    for (id, instance) in &store.instances {
        let state = instance.state(scope.now);
        let check = match state {
            "running" if scope.now.since(instance.since) >= CHECKED => "ok",
            "running" => "initializing",
            _ => "not-applicable",
        };
        let passes = filters.accept_tagged(store, id, |name| match name {
            "availability-zone" => one(&instance.zone),
            "instance-state-name" => one(state),
            "instance-status.status" | "system-status.status" => one(check),
            _ => None,
        })?;
        let is_named = named.as_ref().is_none_or(|ids| ids.contains(&id.as_str()));
        if is_named && passes && (shows_all || state == "running") {
            let detail = match check {
                "ok" => Some("passed"),
                "initializing" => Some("initializing"),
                _ => None,
            };
            let details = detail.map(|status| tree! { "name": "reachability", "status": status });
            let summary = tree! { "status": check, "details": Tree::list(details) };
            found.push(tree! {
                "instanceId": id,
                "availabilityZone": instance.zone.as_str(),
                "instanceState": instance.state_shown(scope.now),
                "systemStatus": &summary,
                "instanceStatus": summary,
            });
        }
    }
    let page = page(&PAGING, input, found)?;
    Ok(tree! { "instanceStatusSet": page.items, "nextToken": page.next })
}
