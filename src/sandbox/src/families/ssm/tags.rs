//! Tags of parameters.

use std::collections::BTreeMap;

use crate::families::constraints::{length, one_of};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ssm",
    operations: &[
        write("AddTagsToResource", &["ResourceType", "ResourceId", "Tags"], add),
        write("RemoveTagsFromResource", &["ResourceType", "ResourceId", "TagKeys"], remove),
        read("ListTagsForResource", &["ResourceType", "ResourceId"], list),
    ],
    events: &[],
};

/// Tags of one parameter.
type Tags = BTreeMap<String, String>;

const MOST: usize = 50;
const RESOURCES: &[&str] = &[
    "Document",
    "ManagedInstance",
    "MaintenanceWindow",
    "Parameter",
    "PatchBaseline",
    "OpsItem",
    "OpsMetadata",
    "Automation",
    "Association",
];

/// Returns the name of the parameter that an input is about.
fn named<'a>(scope: &Scope<'_>, input: &'a Tree) -> Result<&'a str, Fault> {
    let kind = one_of(input, "ResourceType", RESOURCES)?.ok_or_else(|| Fault::missing("ResourceType"))?;
    if kind != "Parameter" {
        return Err(Fault::not_modelled(format!("tags of `{kind}` in Systems Manager")));
    }
    let name = input.need("ResourceId")?;
    if scope.ssm().parameters.contains_key(name) { Ok(name) } else { Err(invalid_id()) }
}

fn invalid_id() -> Fault {
    Fault::new("InvalidResourceId", "")
}

/// Returns the tags of a request.
///
/// # Errors
/// When they are refused.
pub fn given(input: &Tree) -> Result<Tags, Fault> {
    let mut tags = Tags::new();
    for tag in input.list_at("Tags") {
        let (key, value) = (tag.need("Key")?, tag.text("Value")?.unwrap_or_default());
        length(1, 128).check("tags.member.key", key)?;
        length(0, 256).check("tags.member.value", value)?;
        if key.to_lowercase().starts_with("aws:") {
            let message = "aws: prefixed tag key names are not allowed for external use.";
            return Err(super::validation(message));
        }
        tags.insert(key.to_owned(), value.to_owned());
    }
    check_count(&tags)?;
    Ok(tags)
}

fn check_count(tags: &Tags) -> Result<(), Fault> {
    if tags.len() > MOST { Err(Fault::new("TooManyTagsError", "The resource has too many tags.")) } else { Ok(()) }
}

fn add(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, new) = (named(scope, input)?, given(input)?);
    let parameter = scope.ssm_mut().parameters.get_mut(name).ok_or_else(invalid_id)?;
    let mut all = parameter.tags.clone();
    all.extend(new);
    check_count(&all)?;
    parameter.tags = all;
    Ok(tree! {})
}

fn remove(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, keys) = (named(scope, input)?, input.texts("TagKeys"));
    let parameter = scope.ssm_mut().parameters.get_mut(name).ok_or_else(invalid_id)?;
    parameter.tags.retain(|key, _| !keys.contains(&key.as_str()));
    Ok(tree! {})
}

fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let tags = &scope.ssm().parameters[named(scope, input)?].tags;
    Ok(tree! { "TagList": Tree::list(tags.iter().map(|(key, value)| tree! { "Key": key, "Value": value })) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn tags_are_added_and_taken_away() {
        let cloud = Cloud::new();
        let tag = |key: &str, value: &str| tree! { "Key": key, "Value": value };
        let new = tree! { "Name": "p", "Type": "String", "Value": "v", "Tags": vec![tag("a", "1")] };
        cloud.call("ssm", "PutParameter", new).unwrap();
        let of = |name: &str| tree! { "ResourceType": "Parameter", "ResourceId": name };
        cloud.call("ssm", "AddTagsToResource", of("p").with("Tags", vec![tag("b", "2")])).unwrap();
        cloud.call("ssm", "RemoveTagsFromResource", of("p").with("TagKeys", vec!["a"])).unwrap();
        let list = cloud.call("ssm", "ListTagsForResource", of("p")).unwrap();
        assert_eq!(list.list_at("TagList"), [tag("b", "2")]);
        assert_eq!(code(cloud.call("ssm", "ListTagsForResource", of("absent"))), "InvalidResourceId");
    }
}
