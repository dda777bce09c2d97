//! Which instance has which instance profile.

use super::{Doing, Profile, plan};
use crate::families::ec2::PAGING;
use crate::families::ec2::filters::{Filters, one};
use crate::families::page::page;
use crate::families::{Operation, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const DESCRIBE: Operation =
    read("DescribeIamInstanceProfileAssociations", &["AssociationId", "Filter", "MaxResults", "NextToken"], describe);
pub const ASSOCIATE: Operation = write("AssociateIamInstanceProfile", &["IamInstanceProfile", "InstanceId"], associate);
pub const REPLACE: Operation =
    write("ReplaceIamInstanceProfileAssociation", &["IamInstanceProfile", "AssociationId"], replace);
pub const DISASSOCIATE: Operation = write("DisassociateIamInstanceProfile", &["AssociationId"], disassociate);

fn shown(instance_id: &str, profile: &Profile, state: &str) -> Tree {
    tree! {
        "associationId": profile.association_id.as_str(),
        "instanceId": instance_id,
        "iamInstanceProfile": tree! { "arn": profile.arn.as_str(), "id": profile.id.as_str() },
        "state": state,
    }
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (ids, filters) = (input.texts("AssociationId"), Filters::read(input)?);
    let mut found = Vec::new();
    for (instance_id, instance) in &scope.ec2().instances {
        let Some(profile) = instance.profile.as_ref().filter(|_| instance.doing != Doing::Ending) else { continue };
        let passes = filters.accept(|name| match name {
            "instance-id" => one(instance_id),
            "state" => one("associated"),
            _ => None,
        })?;
        if passes && (ids.is_empty() || ids.contains(&profile.association_id.as_str())) {
            found.push(shown(instance_id, profile, "associated"));
        }
    }
    let page = page(&PAGING, input, found)?;
    Ok(tree! { "iamInstanceProfileAssociationSet": page.items, "nextToken": page.next })
}

fn profile(scope: &mut Scope<'_>, input: &Tree) -> Result<Profile, Fault> {
    let found = plan::profile(scope, input)?;
    let (arn, id) = found.ok_or_else(|| Fault::missing("IamInstanceProfile"))?;
    Ok(Profile { association_id: scope.ids().ec2("iip-assoc"), arn, id })
}

fn associate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = input.need("InstanceId")?;
    if scope.ec2().instance(id)?.profile.is_some() {
        let message = format!("There is an existing association for instance {id}");
        return Err(Fault::new("IncorrectState", message));
    }
    let profile = profile(scope, input)?;
    let answer = shown(id, &profile, "associating");
    scope.ec2_mut().instance_mut(id)?.profile = Some(profile);
    Ok(tree! { "iamInstanceProfileAssociation": answer })
}

fn instance_of(scope: &Scope<'_>, association: &str) -> Result<String, Fault> {
    let has_it = |own: &super::Instance| own.profile.as_ref().is_some_and(|own| own.association_id == association);
    let mut all = scope.ec2().instances.iter();
    all.find(|(_, own)| has_it(own)).map(|(id, _)| id.clone()).ok_or_else(|| {
        let message = format!("An invalid association-id of '{association}' was given");
        Fault::new("InvalidAssociationID.NotFound", message)
    })
}

fn replace(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let instance_id = instance_of(scope, input.need("AssociationId")?)?;
    let profile = profile(scope, input)?;
    let answer = shown(&instance_id, &profile, "associating");
    scope.ec2_mut().instance_mut(&instance_id)?.profile = Some(profile);
    Ok(tree! { "iamInstanceProfileAssociation": answer })
}

fn disassociate(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let instance_id = instance_of(scope, input.need("AssociationId")?)?;
    let profile = scope.ec2_mut().instance_mut(&instance_id)?.profile.take();
    let answer = profile.map(|profile| shown(&instance_id, &profile, "disassociating"));
    Ok(tree! { "iamInstanceProfileAssociation": answer })
}
