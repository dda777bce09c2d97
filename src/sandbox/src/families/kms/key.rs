//! Keys.

use serde::{Deserialize, Serialize};

use super::grant::Grant;
use super::rotation::Rotation;
use super::spec::{SPECS, algorithms};
use super::tags::{self, Tags};
use super::{lasting, listed, policy};
use crate::families::constraints::{length, one_of};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;
use crate::world::Ids;

pub const FAMILY: Family = Family {
    service: "kms",
    operations: &[
        write(
            "CreateKey",
            &[
                "Policy",
                "Description",
                "KeyUsage",
                "CustomerMasterKeySpec",
                "KeySpec",
                "Origin",
                "BypassPolicyLockoutSafetyCheck",
                "Tags",
                "MultiRegion",
            ],
            create,
        ),
        read("DescribeKey", &["KeyId", "GrantTokens"], describe),
        read("ListKeys", &["Limit", "Marker"], list),
        write("UpdateKeyDescription", &["KeyId", "Description"], update_description),
    ],
    events: &[],
};

/// Keys that services make for themselves, by the last part of their alias.
pub const OF_SERVICES: &[&str] =
    &["acm", "dynamodb", "ebs", "elasticfilesystem", "lambda", "rds", "s3", "secretsmanager", "ssm"];

/// A key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Key {
    /// When it was made.
    pub created: Timestamp,
    /// Its description.
    pub description: String,
    /// What it is for, such as `ENCRYPT_DECRYPT`.
    pub usage: String,
    /// Its kind, such as `SYMMETRIC_DEFAULT`.
    pub spec: String,
    /// Who may do what with it.
    pub policy: String,
    /// Its tags.
    pub tags: Tags,
    /// Whether it can be used.
    pub is_enabled: bool,
    /// When it will be deleted, where it will.
    pub deletion: Option<Timestamp>,
    /// Whether other regions may have it too.
    pub is_multi_region: bool,
    /// How its material changes.
    pub rotation: Rotation,
    /// Who may use it besides its policy, by id.
    pub grants: Vec<Grant>,
}

impl Key {
    /// Returns the state, such as `Enabled`.
    pub fn state(&self) -> &'static str {
        match (self.deletion, self.is_enabled) {
            (Some(_), _) => "PendingDeletion",
            (None, true) => "Enabled",
            (None, false) => "Disabled",
        }
    }

    /// Returns whether it is a symmetric key for encryption, the only kind that other services take.
    pub fn is_symmetric(&self) -> bool {
        self.spec == "SYMMETRIC_DEFAULT"
    }
}

/// Returns kind and use of a new key.
fn kind(input: &Tree) -> Result<(&str, &str), Fault> {
    let names: Vec<&str> = SPECS.iter().map(|spec| spec.name).collect();
    let old = one_of(input, "CustomerMasterKeySpec", &names)?;
    let spec = one_of(input, "KeySpec", &names)?;
    if old.is_some() && spec.is_some() {
        let message = "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. \
                       CustomerMasterKeySpec is deprecated.";
        return Err(Fault::new("ValidationException", message));
    }
    let spec = spec.or(old).unwrap_or("SYMMETRIC_DEFAULT");
    let usages = ["SIGN_VERIFY", "ENCRYPT_DECRYPT", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"];
    let Some(usage) = one_of(input, "KeyUsage", &usages)? else {
        if spec == "SYMMETRIC_DEFAULT" {
            return Ok((spec, "ENCRYPT_DECRYPT"));
        }
        let message = "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.";
        return Err(Fault::new("ValidationException", message));
    };
    let fits = SPECS.iter().any(|known| known.name == spec && known.usages.contains(&usage));
    if fits {
        return Ok((spec, usage));
    }
    Err(Fault::new("ValidationException", format!("KeyUsage {usage} is not compatible with KeySpec {spec}")))
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (spec, usage) = kind(input)?;
    let description = length(0, 8192).optional(input, "Description")?.unwrap_or_default();
    let origins = ["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"];
    if let Some(origin) = one_of(input, "Origin", &origins)?.filter(|origin| *origin != "AWS_KMS") {
        return Err(Fault::not_modelled(format!("keys of the origin `{origin}`")));
    }
    let is_multi_region = input.bool("MultiRegion")?.unwrap_or_default();
    let tags = tags::given(input)?;
    let policy = match length(1, 131_072).optional(input, "Policy")? {
        Some(policy) => {
            policy::checked(scope, policy, input.bool("BypassPolicyLockoutSafetyCheck")?.unwrap_or_default())?
        }
        None => policy::default(scope),
    };
    let id = if is_multi_region { format!("mrk-{}", scope.ids().hex(32)) } else { scope.ids().uuid() };
    let key = Key {
        created: scope.now,
        description: description.to_owned(),
        usage: usage.to_owned(),
        spec: spec.to_owned(),
        policy,
        tags,
        is_enabled: true,
        deletion: None,
        is_multi_region,
        rotation: Rotation::default(),
        grants: Vec::new(),
    };
    let shown = shown(scope, &id, &key, "CUSTOMER");
    scope.kms_mut().keys.insert(id, key);
    Ok(tree! { "KeyMetadata": shown })
}

fn shown(scope: &Scope<'_>, id: &str, key: &Key, manager: &str) -> Tree {
    let arn = scope.kms_key_arn(id);
    let regions = tree! {
        "MultiRegionKeyType": "PRIMARY",
        "PrimaryKey": tree! { "Arn": arn.as_str(), "Region": scope.region },
        "ReplicaKeys": Tree::List(vec![]),
    };
    let (member, algorithms) = algorithms(&key.spec, &key.usage);
    let metadata = tree! {
        "AWSAccountId": scope.account,
        "KeyId": id,
        "Arn": arn,
        "CreationDate": key.created,
        "Enabled": key.state() == "Enabled",
        "Description": key.description.as_str(),
        "KeyUsage": key.usage.as_str(),
        "KeyState": key.state(),
        "DeletionDate": key.deletion,
        "Origin": "AWS_KMS",
        "KeyManager": manager,
        "CustomerMasterKeySpec": key.spec.as_str(),
        "KeySpec": key.spec.as_str(),
        "MultiRegion": key.is_multi_region,
        "MultiRegionConfiguration": key.is_multi_region.then_some(regions),
    };
    metadata.with(member, algorithms)
}

/// Keys of services are there as soon as somebody looks.
fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = length(1, 2048).need(input, "KeyId")?;
    if let Some(service) = OF_SERVICES.iter().find(|service| is_of_service(scope, name, service)) {
        let key = of_service(service);
        return Ok(tree! { "KeyMetadata": shown(scope, &id_of_service(scope, service), &key, "AWS") });
    }
    let (id, key) = scope.kms_key(name)?;
    Ok(tree! { "KeyMetadata": shown(scope, id, key, "CUSTOMER") })
}

fn is_of_service(scope: &Scope<'_>, name: &str, service: &str) -> bool {
    let (alias, id) = (format!("alias/aws/{service}"), id_of_service(scope, service));
    let arns = [scope.arn("kms", &alias), scope.kms_key_arn(&id)];
    name == alias || name == id || arns.iter().any(|arn| arn == name)
}

/// Returns the ARN of the key that a service has made for itself.
pub fn arn_of_service(scope: &Scope<'_>, service: &str) -> String {
    scope.kms_key_arn(&id_of_service(scope, service))
}

fn id_of_service(scope: &Scope<'_>, service: &str) -> String {
    let text = format!("{} {} {service}", scope.account, scope.region);
    Ids::new(text.bytes().fold(0, |seed: u64, byte| seed.wrapping_mul(131).wrapping_add(byte.into()))).uuid()
}

fn of_service(service: &str) -> Key {
    Key {
        created: Timestamp::from_millis(1_577_836_800_000),
        description: format!("Default key that protects my {service} data when no other key is defined"),
        usage: "ENCRYPT_DECRYPT".to_owned(),
        spec: "SYMMETRIC_DEFAULT".to_owned(),
        policy: String::new(),
        tags: Tags::new(),
        is_enabled: true,
        deletion: None,
        is_multi_region: false,
        rotation: Rotation::default(),
        grants: Vec::new(),
    }
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let keys = scope.kms().keys.keys();
    let rows = keys.map(|id| tree! { "KeyId": id, "KeyArn": scope.kms_key_arn(id) });
    listed(input, 100, "Keys", rows)
}

fn update_description(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let description = input.text("Description")?.ok_or_else(|| Fault::missing("Description"))?;
    length(0, 8192).check("Description", description)?;
    lasting(scope, input, "KeyId")?;
    description.clone_into(&mut super::existing_mut(scope, input)?.description);
    Ok(Tree::object())
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::families::kms::not_found;
    use crate::testing::{Cloud, code};

    /// Makes a key and returns its id.
    pub fn key(cloud: &Cloud) -> String {
        cloud.call("kms", "CreateKey", tree! {}).unwrap().need("KeyMetadata.KeyId").unwrap().to_owned()
    }

    #[test]
    fn keys_have_defaults_and_are_found_by_id_and_arn() {
        let cloud = Cloud::new();
        let id = key(&cloud);
        let describe = |name: &str| cloud.call("kms", "DescribeKey", tree! { "KeyId": name });
        let shown = describe(&id).unwrap();
        assert_eq!(
            (shown.need("KeyMetadata.KeyState"), shown.need("KeyMetadata.KeySpec")),
            (Ok("Enabled"), Ok("SYMMETRIC_DEFAULT"))
        );
        assert_eq!(describe(shown.need("KeyMetadata.Arn").unwrap()), Ok(shown.clone()));
        let absent = "00000000-0000-0000-0000-000000000000";
        let message = format!("Key 'arn:aws:kms:eu-central-1:111122223333:key/{absent}' does not exist");
        assert_eq!(describe(absent), Err(not_found(message)));
        assert_eq!(describe("key"), Err(not_found("Invalid keyId 'key'")));
        assert_eq!(describe("alias/aws/ebs").unwrap().need("KeyMetadata.KeyManager"), Ok("AWS"));
    }

    #[test]
    fn kind_and_use_fit_each_other() {
        let cloud = Cloud::new();
        let create = |input: Tree| cloud.call("kms", "CreateKey", input);
        assert_eq!(code(create(tree! { "KeySpec": "RSA_2048" })), "ValidationException");
        assert_eq!(code(create(tree! { "KeyUsage": "SIGN_VERIFY" })), "ValidationException");
        let signs = create(tree! { "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY" }).unwrap();
        assert_eq!(signs.texts("KeyMetadata.SigningAlgorithms"), ["ECDSA_SHA_256"]);
        assert_eq!(code(create(tree! { "Origin": "EXTERNAL" })), "NotImplemented");
    }

    #[test]
    fn keys_of_services_that_have_none_are_not_found() {
        let cloud = Cloud::new();
        let arn = "arn:aws:kms:eu-central-1:111122223333:alias/aws/absent";
        for name in ["alias/aws/absent", arn] {
            let shown = cloud.call("kms", "DescribeKey", tree! { "KeyId": name });
            assert_eq!(shown, Err(not_found(format!("Alias {arn} is not found."))), "{name}");
        }
    }
}
