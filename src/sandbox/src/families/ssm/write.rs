//! Writing and deleting parameters.

use std::collections::BTreeSet;

use regex::Regex;

use super::parameter::{Parameter, Version};
use super::{names, not_found, public, tags, validation};
use crate::families::constraints::{length, one_of};
use crate::families::{Family, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ssm",
    operations: &[
        write(
            "PutParameter",
            &[
                "Name",
                "Description",
                "Value",
                "Type",
                "KeyId",
                "Overwrite",
                "Tags",
                "Tier",
                "DataType",
                "AllowedPattern",
            ],
            put,
        ),
        write("DeleteParameter", &["Name"], delete),
        write("DeleteParameters", &["Names"], delete_several),
    ],
    events: &[],
};

const TYPES: &[&str] = &["String", "StringList", "SecureString"];
const TIERS: &[&str] = &["Standard", "Advanced", "Intelligent-Tiering"];
/// How many versions are kept, parameters of the standard tier are allowed, and levels a name may have.
const MOST_VERSIONS: usize = 100;
const MOST_STANDARD: usize = 10_000;
const MOST_LEVELS: usize = 15;
const STANDARD_SIZE: usize = 4096;
const ADVANCED_SIZE: usize = 8192;

fn check_name(name: &str) -> Result<(), Fault> {
    let first = name.trim_start_matches('/').to_lowercase();
    if first.starts_with("aws") {
        let message = format!("No access to reserved parameter name: {name}.");
        return Err(Fault::new("AccessDeniedException", message));
    }
    let is_fine = name.chars().all(|character| character.is_ascii_alphanumeric() || "_.-/".contains(character));
    if first.starts_with("ssm") || !is_fine || name.ends_with('/') || name.contains("//") {
        let message = "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can \
                       consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, \
                       numbers and the following 3 symbols .-_";
        return Err(validation(message));
    }
    if name.contains('/') && !name.starts_with('/') {
        return Err(validation("Parameter name must be a fully qualified name."));
    }
    if name.trim_start_matches('/').split('/').count() > MOST_LEVELS {
        let message = format!("Hierarchies can have a maximum of {MOST_LEVELS} levels");
        return Err(Fault::new("HierarchyLevelLimitExceededException", message));
    }
    Ok(())
}

/// Returns the tier that a value gets, given the one that it has.
fn tier(input: &Tree, value: &str, present: Option<&str>) -> Result<&'static str, Fault> {
    let asked = one_of(input, "Tier", TIERS)?;
    let is_large = value.len() > STANDARD_SIZE;
    let tier = match (asked, present) {
        (Some("Advanced"), _) | (None, Some("Advanced")) => "Advanced",
        (Some("Intelligent-Tiering"), present) if is_large || present == Some("Advanced") => "Advanced",
        (Some("Standard"), Some("Advanced")) => {
            let message = "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the \
                           advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the \
                           advanced parameter and recreate it as a standard parameter.";
            return Err(validation(message));
        }
        _ => "Standard",
    };
    if tier == "Standard" && is_large {
        let message = "Standard tier parameters support a maximum parameter value of 4096 characters. To create a \
                       larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more \
                       information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/\
                       parameter-store-advanced-parameters.html";
        return Err(validation(message));
    }
    if value.len() > ADVANCED_SIZE {
        return Err(validation("Advanced tier parameters support a maximum parameter value of 8192 characters."));
    }
    Ok(tier)
}

fn key_of(scope: &Scope<'_>, input: &Tree, kind: &str) -> Result<Option<String>, Fault> {
    let key = length(1, 256).optional(input, "KeyId")?;
    match (kind, key) {
        ("SecureString", None | Some("alias/aws/ssm")) => Ok(Some("alias/aws/ssm".to_owned())),
        ("SecureString", Some(key)) => match scope.kms_key(key) {
            Ok((_, found)) if found.state() == "Enabled" => Ok(Some(key.to_owned())),
            Ok(_) => Err(Fault::new("InvalidKeyId", format!("{key} is disabled or pending deletion."))),
            Err(Fault::Coded { message, .. }) => Err(Fault::new("InvalidKeyId", message)),
            Err(fault) => Err(fault),
        },
        (_, None) => Ok(None),
        (_, Some(_)) => Err(validation("KeyId is allowed only for SecureString parameters.")),
    }
}

/// Checks that a value as a whole fits a pattern.
fn check_pattern(pattern: Option<&str>, value: &str) -> Result<(), Fault> {
    let Some(pattern) = pattern else { return Ok(()) };
    let Ok(whole) = Regex::new(&format!("^(?:{pattern})$")) else {
        let message = "The request does not meet the regular expression requirement.";
        return Err(Fault::new("InvalidAllowedPatternException", message));
    };
    if whole.is_match(value) {
        return Ok(());
    }
    let message = format!("Parameter value, cannot be validated against allowedPattern: {pattern}");
    Err(Fault::new("ParameterPatternMismatchException", message))
}

fn put(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = length(1, 2048).need(input, "Name")?;
    check_name(name)?;
    let value = length(1, usize::MAX).need(input, "Value")?;
    let kind = one_of(input, "Type", TYPES)?;
    let description = length(0, 1024).optional(input, "Description")?;
    let overwrites = input.bool("Overwrite")?.unwrap_or_default();
    let pattern = length(0, 1024).optional(input, "AllowedPattern")?.filter(|pattern| !pattern.is_empty());
    check_pattern(pattern, value)?;
    let data_type = input.text("DataType")?.unwrap_or("text");
    match data_type {
        "text" | "aws:ec2:image" => {}
        "aws:ssm:integration" => {
            return Err(Fault::not_modelled("parameters of the data type `aws:ssm:integration`"));
        }
        other => {
            let message =
                format!("The following data type is not supported: {other} (Data type names are all lowercase.)");
            return Err(validation(message));
        }
    }
    let new_tags = tags::given(input)?;
    if overwrites && !new_tags.is_empty() {
        let message = "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, \
                       please remove overwrite flag. To update tags for an existing parameter, please use \
                       AddTagsToResource or RemoveTagsFromResource.";
        return Err(validation(message));
    }
    let present = scope.ssm().parameters.get(name);
    if present.is_some() && !overwrites {
        let message = "The parameter already exists. To overwrite this value, set the overwrite option in the request \
                       to true.";
        return Err(Fault::new("ParameterAlreadyExists", message));
    }
    let old = present.map(Parameter::newest);
    let kind = kind.or(old.map(|old| old.kind.as_str()));
    let kind = kind.ok_or_else(|| validation("A parameter type is required when you create a parameter."))?;
    if old.is_some_and(|old| (old.kind == "SecureString") != (kind == "SecureString")) {
        let message = "A parameter can't be changed from SecureString to another type, or the other way round.";
        return Err(validation(message));
    }
    let tier = tier(input, value, present.map(|present| present.tier.as_str()))?;
    if present.is_none() && tier == "Standard" && scope.ssm().parameters.len() >= MOST_STANDARD {
        let message = "You have exceeded the number of parameters for this AWS account.";
        return Err(Fault::new("ParameterLimitExceeded", message));
    }
    let version = Version {
        number: old.map_or(1, |old| old.number + 1),
        kind: kind.to_owned(),
        value: value.to_owned(),
        description: description.map(str::to_owned).or_else(|| old.and_then(|old| old.description.clone())),
        key_id: key_of(scope, input, kind)?,
        modified: scope.now,
        modified_by: scope.caller().arn,
        pattern: pattern.map(str::to_owned),
        labels: BTreeSet::new(),
    };
    let number = version.number;
    let parameter = scope.ssm_mut().parameters.entry(name.to_owned()).or_insert_with(|| Parameter {
        tier: String::new(),
        data_type: data_type.to_owned(),
        tags: new_tags,
        versions: Vec::new(),
    });
    tier.clone_into(&mut parameter.tier);
    parameter.versions.push(version);
    let surplus = parameter.versions.len().saturating_sub(MOST_VERSIONS);
    parameter.versions.drain(..surplus);
    Ok(tree! { "Version": number, "Tier": tier })
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = length(1, 2048).need(input, "Name")?;
    if name.starts_with(public::PREFIX) {
        check_name(name)?;
    }
    scope.ssm_mut().parameters.remove(name).map(|_| tree! {}).ok_or_else(not_found)
}

fn delete_several(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let names = names(input)?;
    let parameters = &mut scope.ssm_mut().parameters;
    let (gone, invalid): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| parameters.remove(*name).is_some());
    Ok(tree! { "DeletedParameters": Tree::list(gone), "InvalidParameters": Tree::list(invalid) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    fn put(cloud: &Cloud, input: Tree) -> Result<Tree, Fault> {
        cloud.call("ssm", "PutParameter", input)
    }

    fn parameter(name: &str) -> Tree {
        tree! { "Name": name, "Type": "String", "Value": "v" }
    }

    #[test]
    fn versions_count_up_and_stay_readable() {
        let cloud = Cloud::new();
        put(&cloud, parameter("/a")).unwrap();
        assert_eq!(code(put(&cloud, parameter("/a"))), "ParameterAlreadyExists");
        let changed = parameter("/a").with("Value", "w").with("Overwrite", true);
        assert_eq!(put(&cloud, changed).unwrap().int("Version"), Ok(Some(2)));
        let get = |name: &str| cloud.call("ssm", "GetParameter", tree! { "Name": name });
        assert_eq!(get("/a").unwrap().need("Parameter.Value"), Ok("w"));
        let first = get("arn:aws:ssm:eu-central-1:111122223333:parameter/a:1").unwrap();
        assert_eq!((first.need("Parameter.Value"), first.need("Parameter.Selector")), (Ok("v"), Ok(":1")));
        assert_eq!(code(get("/a:3")), "ParameterVersionNotFound");
        let history = cloud.call("ssm", "GetParameterHistory", tree! { "Name": "/a" }).unwrap();
        assert_eq!(history.list_at("Parameters").len(), 2);
        cloud.call("ssm", "DeleteParameter", tree! { "Name": "/a" }).unwrap();
        assert_eq!(code(get("/a")), "ParameterNotFound");
    }

    #[test]
    fn secrets_are_read_only_decrypted() {
        let cloud = Cloud::new();
        put(&cloud, parameter("secret").with("Type", "SecureString").with("Value", "hidden")).unwrap();
        let get = |is_decrypted: bool| {
            let input = tree! { "Name": "secret", "WithDecryption": is_decrypted };
            cloud.call("ssm", "GetParameter", input).unwrap().need("Parameter.Value").unwrap().to_owned()
        };
        assert_eq!(get(true), "hidden");
        assert!(!get(false).contains("hidden"));
        let absent = parameter("b").with("Type", "SecureString").with("KeyId", "alias/absent");
        assert_eq!(code(put(&cloud, absent)), "InvalidKeyId");
    }

    #[test]
    fn tiers_bound_the_size_and_do_not_go_down() {
        let cloud = Cloud::new();
        let large = |tier: &str| parameter("/a").with("Value", "x".repeat(5000)).with("Tier", tier);
        assert_eq!(code(put(&cloud, large("Standard"))), "ValidationException");
        assert_eq!(put(&cloud, large("Intelligent-Tiering")).unwrap().need("Tier"), Ok("Advanced"));
        let down = parameter("/a").with("Tier", "Standard").with("Overwrite", true);
        assert_eq!(code(put(&cloud, down)), "ValidationException");
    }

    #[test]
    fn names_have_a_form() {
        let cloud = Cloud::new();
        let refused = |name: &str| code(put(&cloud, parameter(name)));
        assert_eq!(refused("/aws/mine"), "AccessDeniedException");
        assert_eq!(refused("ssm-mine"), "ValidationException");
        assert_eq!(refused("a b"), "ValidationException");
        assert_eq!(refused("a/b"), "ValidationException");
        assert_eq!(refused(&"/a".repeat(16)), "HierarchyLevelLimitExceededException");
        assert_eq!(code(put(&cloud, tree! { "Name": "a", "Value": "v" })), "ValidationException");
    }

    #[test]
    fn values_fit_their_pattern_as_a_whole() {
        let cloud = Cloud::new();
        let with = |pattern: &str| put(&cloud, parameter("a").with("Value", "v1").with("AllowedPattern", pattern));
        assert_eq!(code(with("v")), "ParameterPatternMismatchException");
        assert_eq!(code(with("v(")), "InvalidAllowedPatternException");
        with("v[0-9]+").unwrap();
    }
}
