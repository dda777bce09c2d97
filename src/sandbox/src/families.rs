//! The services' operations, by family of resources: one small file each, with its handlers and one table.

pub mod autoscaling;
pub mod constraints;
pub mod dynamodb;
pub mod ec2;
pub mod eks;
pub mod iam;
pub mod kms;
pub mod logs;
pub mod page;
pub mod s3;
mod shown;
pub mod ssm;
pub mod sts;
pub mod token;

use crate::inventory::Inventory;
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree::Tree;

/// A family of resources: part of a service.
#[derive(Debug)]
pub struct Family {
    /// The service, as signatures name it.
    pub service: &'static str,
    /// What can be called.
    pub operations: &'static [Operation],
    /// What happens by itself: see [`Scope::later`].
    pub events: &'static [Event],
}

/// An operation that can be called.
#[derive(Debug)]
pub struct Operation {
    /// Its name, such as `CreateVpc`.
    pub name: &'static str,
    /// The members of its input that the handler knows. Others are refused by name: nothing is dropped in silence.
    pub members: &'static [&'static str],
    /// What carries it out.
    pub handler: Handler,
}

/// What carries an operation out.
#[derive(Clone, Copy, Debug)]
pub enum Handler {
    /// It changes nothing.
    Read(fn(&Scope<'_>, &Tree) -> Result<Tree, Fault>),
    /// It may change the world; where it refuses, it has changed nothing.
    Write(fn(&mut Scope<'_>, &Tree) -> Result<Tree, Fault>),
}

/// Something that happens by itself.
#[derive(Debug)]
pub struct Event {
    /// Its name: service, full stop, what happens.
    pub name: &'static str,
    /// What it does to its subject. The subject may be gone, or changed since.
    pub happen: fn(&mut Scope<'_>, &str),
}

/// Returns an operation that changes nothing.
pub const fn read(
    name: &'static str,
    members: &'static [&'static str],
    handler: fn(&Scope<'_>, &Tree) -> Result<Tree, Fault>,
) -> Operation {
    Operation { name, members, handler: Handler::Read(handler) }
}

/// Returns an operation that may change the world.
pub const fn write(
    name: &'static str,
    members: &'static [&'static str],
    handler: fn(&mut Scope<'_>, &Tree) -> Result<Tree, Fault>,
) -> Operation {
    Operation { name, members, handler: Handler::Write(handler) }
}

/// All families, by service.
const ALL: &[&[&Family]] = &[
    autoscaling::FAMILIES,
    dynamodb::FAMILIES,
    ec2::FAMILIES,
    eks::FAMILIES,
    iam::FAMILIES,
    kms::FAMILIES,
    logs::FAMILIES,
    s3::FAMILIES,
    ssm::FAMILIES,
    sts::FAMILIES,
];

fn families() -> impl Iterator<Item = &'static Family> {
    ALL.iter().copied().flatten().copied()
}

/// Returns an operation of a service.
pub fn operation(service: &str, name: &str) -> Option<&'static Operation> {
    let of_service = families().filter(|family| family.service == service);
    of_service.flat_map(|family| family.operations).find(|operation| operation.name == name)
}

/// Returns service and name of every operation.
pub fn operations() -> impl Iterator<Item = (&'static str, &'static str)> {
    families().flat_map(|family| family.operations.iter().map(|operation| (family.service, operation.name)))
}

/// Lets an event happen.
pub(crate) fn happen(scope: &mut Scope<'_>, name: &str, subject: &str) {
    // A file of another version of the sandbox may have events that are not known here.
    if let Some(event) = families().flat_map(|family| family.events).find(|event| event.name == name) {
        (event.happen)(scope, subject);
    }
}

/// Makes what a region has from the start.
pub(crate) fn open_region(scope: &mut Scope<'_>) {
    ec2::open_region(scope);
}

/// Adds what exists in a region to a list.
pub(crate) fn show_region(inventory: &mut Inventory<'_, '_>) {
    ec2::shown::add(inventory);
    shown::add_region(inventory);
}

/// Adds what exists in an account, but in no region, to a list.
pub(crate) fn show_account(inventory: &mut Inventory<'_, '_>) {
    shown::add_account(inventory);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_and_event_is_there_once() {
        let mut seen = BTreeSet::new();
        for operation in operations() {
            assert!(seen.insert(operation), "{operation:?} is there twice");
        }
        let mut seen = BTreeSet::new();
        for event in families().flat_map(|family| family.events) {
            assert!(seen.insert(event.name), "{} is there twice", event.name);
        }
    }
}
