//! Aliases: names of keys.

use serde::{Deserialize, Serialize};

use super::key::OF_SERVICES;
use super::{existing, lasting, listed, not_found, resource_of};
use crate::families::constraints::{Text, length};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "kms",
    operations: &[
        write("CreateAlias", &["AliasName", "TargetKeyId"], create),
        write("UpdateAlias", &["AliasName", "TargetKeyId"], update),
        write("DeleteAlias", &["AliasName"], delete),
        read("ListAliases", &["KeyId", "Limit", "Marker"], list),
    ],
    events: &[],
};

const NAME: Text = Text {
    least: 1,
    most: 256,
    pattern: "^[a-zA-Z0-9:/_-]+$",
    accepts: |text| text.chars().all(|character| character.is_ascii_alphanumeric() || ":/_-".contains(character)),
};
/// How many aliases a key may have.
const MOST: usize = 50;

/// An alias.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Alias {
    /// Id of its key.
    pub target: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it last got a key.
    pub updated: Timestamp,
}

fn named(input: &Tree) -> Result<&str, Fault> {
    let name = NAME.need(input, "AliasName")?;
    let invalid = |message: String| Err(Fault::new("ValidationException", message));
    match name.strip_prefix("alias/") {
        None | Some("") => invalid("Invalid identifier".to_owned()),
        Some(rest) if rest.contains(':') => invalid(format!("{name} contains invalid characters for an alias")),
        Some(rest) if rest.starts_with("aws/") => Err(Fault::new("NotAuthorizedException", "")),
        Some(_) => Ok(name),
    }
}

/// Returns the key that an alias is to have.
fn target(scope: &Scope<'_>, input: &Tree) -> Result<String, Fault> {
    let name = length(1, 2048).need(input, "TargetKeyId")?;
    if resource_of(scope, name)?.starts_with("alias/") {
        return Err(Fault::new("ValidationException", "Aliases must refer to keys. Not aliases"));
    }
    Ok(lasting(scope, input, "TargetKeyId")?.0.to_owned())
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = named(input)?;
    let target = target(scope, input)?;
    let aliases = &scope.kms().aliases;
    if aliases.contains_key(name) {
        let arn = scope.arn("kms", name);
        return Err(Fault::new("AlreadyExistsException", format!("An alias with the name {arn} already exists")));
    }
    if aliases.values().filter(|alias| alias.target == target).count() >= MOST {
        return Err(Fault::new("LimitExceededException", "The limit of aliases of a key has been reached."));
    }
    let alias = Alias { target, created: scope.now, updated: scope.now };
    scope.kms_mut().aliases.insert(name.to_owned(), alias);
    Ok(Tree::object())
}

fn absent(scope: &Scope<'_>, name: &str) -> Fault {
    not_found(format!("Alias {} is not found.", scope.arn("kms", name)))
}

/// The old key and the new one must be for the same use.
fn update(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = named(input)?;
    let target = target(scope, input)?;
    let (_, old) = scope.kms_key(name).map_err(|_| absent(scope, name))?;
    let new = &scope.kms().keys[&target];
    if (old.usage.as_str(), old.is_symmetric()) != (new.usage.as_str(), new.is_symmetric()) {
        let message = "The current and new KMS keys of an alias must be of the same type and have the same key usage.";
        return Err(Fault::new("ValidationException", message));
    }
    let now = scope.now;
    if let Some(alias) = scope.kms_mut().aliases.get_mut(name) {
        alias.target = target;
        alias.updated = now;
    }
    Ok(Tree::object())
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = named(input)?;
    if scope.kms_mut().aliases.remove(name).is_none() {
        return Err(absent(scope, name));
    }
    Ok(Tree::object())
}

/// Aliases of services are listed without a key: they get it when it is used.
fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let of_key = if input.has("KeyId") { Some(existing(scope, input, "KeyId")?.0) } else { None };
    let arn = |name: &str| scope.arn("kms", name);
    let own = scope.kms().aliases.iter().filter(|(_, alias)| of_key.is_none_or(|id| alias.target == id));
    let own = own.map(|(name, alias)| {
        tree! {
            "AliasName": name,
            "AliasArn": arn(name),
            "TargetKeyId": alias.target.as_str(),
            "CreationDate": alias.created,
            "LastUpdatedDate": alias.updated,
        }
    });
    let of_services = OF_SERVICES.iter().filter(|_| of_key.is_none()).map(|service| {
        let name = format!("alias/aws/{service}");
        tree! { "AliasArn": arn(&name), "AliasName": name }
    });
    listed(input, 50, "Aliases", own.chain(of_services).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::kms::key::tests::key;
    use crate::testing::{Cloud, code};

    #[test]
    fn aliases_name_keys_and_can_be_moved() {
        let cloud = Cloud::new();
        let (one, other) = (key(&cloud), key(&cloud));
        let of = |key: &str| tree! { "AliasName": "alias/eks/c", "TargetKeyId": key };
        cloud.call("kms", "CreateAlias", of(&one)).unwrap();
        let again = cloud.call("kms", "CreateAlias", of(&other));
        let arn = "arn:aws:kms:eu-central-1:111122223333:alias/eks/c";
        let message = format!("An alias with the name {arn} already exists");
        assert_eq!(again, Err(Fault::new("AlreadyExistsException", message)));
        cloud.call("kms", "UpdateAlias", of(&other)).unwrap();
        let shown = cloud.call("kms", "DescribeKey", tree! { "KeyId": arn }).unwrap();
        assert_eq!(shown.need("KeyMetadata.KeyId"), Ok(other.as_str()));
        let list = cloud.call("kms", "ListAliases", tree! { "KeyId": other.as_str() }).unwrap();
        assert_eq!(list.list_at("Aliases")[0].need("AliasArn"), Ok(arn));
        cloud.call("kms", "DeleteAlias", tree! { "AliasName": "alias/eks/c" }).unwrap();
        let gone = cloud.call("kms", "DeleteAlias", tree! { "AliasName": "alias/eks/c" });
        assert_eq!(gone, Err(not_found(format!("Alias {arn} is not found."))));
    }

    #[test]
    fn names_and_targets_are_checked() {
        let cloud = Cloud::new();
        let id = key(&cloud);
        let create = |name: &str, target: &str| {
            code(cloud.call("kms", "CreateAlias", tree! { "AliasName": name, "TargetKeyId": target }))
        };
        assert_eq!(create("mine", &id), "ValidationException");
        assert_eq!(create("alias/a b", &id), "ValidationException");
        assert_eq!(create("alias/aws/mine", &id), "NotAuthorizedException");
        assert_eq!(create("alias/a", "alias/b"), "ValidationException");
        assert_eq!(create("alias/a", "00000000-0000-0000-0000-000000000000"), "NotFoundException");
    }
}
