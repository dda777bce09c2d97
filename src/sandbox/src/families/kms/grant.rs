//! Grants: who may use a key besides its policy.

use serde::{Deserialize, Serialize};

use super::{Key, disabled, existing, existing_mut, lasting, listed, not_found};
use crate::families::constraints::length;
use crate::families::iam::invalid_principal;
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "kms",
    operations: &[
        write(
            "CreateGrant",
            &["KeyId", "GranteePrincipal", "RetiringPrincipal", "Operations", "Constraints", "GrantTokens", "Name"],
            create,
        ),
        read("ListGrants", &["KeyId", "GrantId", "GranteePrincipal", "Limit", "Marker"], list),
        read("ListRetirableGrants", &["RetiringPrincipal", "Limit", "Marker"], list_retirable),
        write("RevokeGrant", &["KeyId", "GrantId"], revoke),
        write("RetireGrant", &["KeyId", "GrantId", "GrantToken"], retire),
    ],
    events: &[],
};

const OPERATIONS: &[&str] = &[
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "Sign",
    "Verify",
    "GetPublicKey",
    "CreateGrant",
    "RetireGrant",
    "DescribeKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateMac",
    "VerifyMac",
    "DeriveSharedSecret",
];

/// A grant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// Its id.
    pub id: String,
    /// Its last token.
    pub token: String,
    /// When it was made.
    pub created: Timestamp,
    /// Its name; the same grant with the same name is made once.
    pub name: Option<String>,
    /// Who may use the key.
    pub grantee: String,
    /// Who may give the grant back.
    pub retiring: Option<String>,
    /// What it allows.
    pub operations: Vec<String>,
    /// On which conditions.
    pub constraints: Tree,
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, key) = lasting(scope, input, "KeyId")?;
    if !key.is_enabled {
        return Err(disabled(scope, id));
    }
    let grantee = length(1, 256).need(input, "GranteePrincipal")?;
    let retiring = length(1, 256).optional(input, "RetiringPrincipal")?;
    for principal in [Some(grantee), retiring].into_iter().flatten() {
        check_principal(scope, principal)?;
    }
    let operations = input.texts("Operations");
    if operations.is_empty() {
        return Err(Fault::missing("Operations"));
    }
    if let Some(other) = operations.iter().find(|operation| !OPERATIONS.contains(operation)) {
        let why = format!("Member must satisfy enum value set: [{}]", OPERATIONS.join(", "));
        return Err(Fault::invalid("operations", *other, &why));
    }
    let name = length(1, 256).optional(input, "Name")?;
    let new = Grant {
        id: scope.ids().hex(64),
        token: scope.ids().lower(120),
        created: scope.now,
        name: name.map(str::to_owned),
        grantee: grantee.to_owned(),
        retiring: retiring.map(str::to_owned),
        operations: operations.into_iter().map(str::to_owned).collect(),
        constraints: input.at("Constraints").cloned().unwrap_or_default(),
    };
    let key = existing_mut(scope, input)?;
    let same = key.grants.iter_mut().find(|grant| new.name.is_some() && is_same(grant, &new));
    let (id, token) = (new.id.clone(), new.token.clone());
    let id = match same {
        Some(grant) => {
            grant.token.clone_from(&token);
            grant.id.clone()
        }
        None => {
            key.grants.push(new);
            id
        }
    };
    Ok(tree! { "GrantId": id, "GrantToken": token })
}

fn is_same(grant: &Grant, new: &Grant) -> bool {
    let all = Grant { id: grant.id.clone(), token: grant.token.clone(), created: grant.created, ..new.clone() };
    *grant == all
}

fn check_principal(scope: &Scope<'_>, principal: &str) -> Result<(), Fault> {
    let is_service = principal.ends_with(".amazonaws.com");
    let document = serde_json::json!({ "Statement": [{ "Principal": { "AWS": principal } }] });
    if !is_service && (principal == "*" || invalid_principal(scope, &document).is_some()) {
        return Err(Fault::new("InvalidArnException", format!("{principal} is not a valid principal")));
    }
    Ok(())
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, key) = existing(scope, input, "KeyId")?;
    let (grant_id, grantee) = (input.text("GrantId")?, input.text("GranteePrincipal")?);
    let wanted = key.grants.iter().filter(|grant| {
        grant_id.is_none_or(|id| grant.id == id) && grantee.is_none_or(|grantee| grant.grantee == grantee)
    });
    listed(input, 50, "Grants", wanted.map(|grant| shown(scope, id, grant)).collect::<Vec<_>>())
}

fn list_retirable(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let principal = length(1, 256).need(input, "RetiringPrincipal")?;
    check_principal(scope, principal)?;
    let grants = scope.kms().keys.iter().flat_map(|(id, key)| key.grants.iter().map(move |grant| (id, grant)));
    let wanted = grants.filter(|(_, grant)| grant.retiring.as_deref() == Some(principal));
    listed(input, 50, "Grants", wanted.map(|(id, grant)| shown(scope, id, grant)).collect::<Vec<_>>())
}

fn shown(scope: &Scope<'_>, key_id: &str, grant: &Grant) -> Tree {
    tree! {
        "KeyId": scope.kms_key_arn(key_id),
        "GrantId": grant.id.as_str(),
        "Name": grant.name.as_ref(),
        "CreationDate": grant.created,
        "GranteePrincipal": grant.grantee.as_str(),
        "RetiringPrincipal": grant.retiring.as_ref(),
        "IssuingAccount": scope.global_arn("iam", "root"),
        "Operations": Tree::list(&grant.operations),
        "Constraints": &grant.constraints,
    }
}

fn remove(key: &mut Key, is_it: impl Fn(&Grant) -> bool) -> Option<Grant> {
    let at = key.grants.iter().position(is_it)?;
    Some(key.grants.remove(at))
}

fn revoke(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let id = length(1, 128).need(input, "GrantId")?;
    let gone = remove(existing_mut(scope, input)?, |grant| grant.id == id);
    gone.map(|_| Tree::object()).ok_or_else(|| not_found(format!("Grant ID {id} not found")))
}

/// A grant is named by key and id, or by its token.
fn retire(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    if input.has("GrantId") {
        return revoke(scope, input);
    }
    let token = length(1, 8192).need(input, "GrantToken")?;
    let mut keys = scope.kms_mut().keys.values_mut();
    let gone = keys.find_map(|key| remove(key, |grant| grant.token == token));
    gone.map(|_| Tree::object())
        .ok_or_else(|| Fault::new("InvalidGrantTokenException", "The grant token is not valid."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::kms::key::tests::key;
    use crate::testing::{Cloud, code};

    #[test]
    fn grants_are_found_by_who_retires_them() {
        let cloud = Cloud::new();
        let (id, root) = (key(&cloud), "arn:aws:iam::111122223333:root");
        let input = tree! {
            "KeyId": id.as_str(), "GranteePrincipal": root, "Operations": vec!["Decrypt"], "RetiringPrincipal": root,
        };
        cloud.call("kms", "CreateGrant", input).unwrap();
        let list = |who: &str| cloud.call("kms", "ListRetirableGrants", tree! { "RetiringPrincipal": who });
        assert_eq!(list(root).unwrap().list_at("Grants").len(), 1);
        assert_eq!(code(list("nobody")), "InvalidArnException");
    }

    #[test]
    fn grants_are_made_once_by_name_and_revoked() {
        let cloud = Cloud::new();
        let id = key(&cloud);
        let create = |grantee: &str| {
            let operations = vec!["Decrypt", "CreateGrant"];
            let input = tree! {
                "KeyId": id.as_str(), "GranteePrincipal": grantee, "Operations": operations, "Name": "nodes",
            };
            cloud.call("kms", "CreateGrant", input)
        };
        let root = "arn:aws:iam::111122223333:root";
        let made = create(root).unwrap();
        assert_eq!(create(root).unwrap().need("GrantId"), made.need("GrantId"));
        assert_eq!(code(create("arn:aws:iam::111122223333:role/absent")), "InvalidArnException");
        let list = || cloud.call("kms", "ListGrants", tree! { "KeyId": id.as_str() }).unwrap();
        assert_eq!(list().list_at("Grants")[0].texts("Operations"), ["Decrypt", "CreateGrant"]);
        let grant = tree! { "KeyId": id.as_str(), "GrantId": made.need("GrantId").unwrap() };
        cloud.call("kms", "RevokeGrant", grant.clone()).unwrap();
        assert_eq!(code(cloud.call("kms", "RevokeGrant", grant)), "NotFoundException");
        assert_eq!(list().list_at("Grants").len(), 0);
    }
}
