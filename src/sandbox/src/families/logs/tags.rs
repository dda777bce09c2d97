//! Tags of log groups, by the old operations too.

use std::collections::BTreeMap;

use super::{group, invalid, not_found, nothing};
use crate::families::constraints::{Text, length};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::tree;
use crate::tree::Tree;

/// Tags of one group.
pub type Tags = BTreeMap<String, String>;

pub const FAMILY: Family = Family {
    service: "logs",
    operations: &[
        write("TagResource", &["resourceArn", "tags"], |scope, input| tag(scope, input, by_arn)),
        write("UntagResource", &["resourceArn", "tagKeys"], |scope, input| untag(scope, input, by_arn, "tagKeys")),
        read("ListTagsForResource", &["resourceArn"], |scope, input| list(scope, input, by_arn)),
        write("TagLogGroup", &["logGroupName", "tags"], |scope, input| tag(scope, input, by_name)),
        write("UntagLogGroup", &["logGroupName", "tags"], |scope, input| untag(scope, input, by_name, "tags")),
        read("ListTagsLogGroup", &["logGroupName"], |scope, input| list(scope, input, by_name)),
    ],
    events: &[],
};

const ARN: Text = Text {
    least: 1,
    most: 1011,
    pattern: r"[\w+=/:,.@-]*",
    accepts: |text| text.chars().all(|character| character.is_ascii_alphanumeric() || "_+=/:,.@-".contains(character)),
};
const MOST: usize = 50;

type NameOf = fn(&Scope<'_>, &Tree) -> Result<String, Fault>;

fn by_name(scope: &Scope<'_>, input: &Tree) -> Result<String, Fault> {
    scope.logs().group(input).map(|(name, _)| name.to_owned())
}

fn by_arn(scope: &Scope<'_>, input: &Tree) -> Result<String, Fault> {
    let arn = ARN.need(input, "resourceArn")?;
    let found = scope.logs().groups.keys().find(|name| group::arn(scope, name) == arn);
    match found {
        Some(name) => Ok(name.clone()),
        None if arn.contains(":log-group:") => Err(not_found()),
        None => Err(invalid(format!("Invalid resource ARN: {arn}"))),
    }
}

/// Returns the tags of a request.
///
/// # Errors
/// When they are refused.
pub fn given(input: &Tree, member: &str) -> Result<Tags, Fault> {
    let mut tags = Tags::new();
    for (key, value) in input.text_map(member) {
        length(1, 128).check(member, &key)?;
        length(0, 256).check(member, &value)?;
        if key.to_lowercase().starts_with("aws:") {
            return Err(invalid("aws: prefixed tag key names are not allowed for external use."));
        }
        tags.insert(key, value);
    }
    check_count(&tags)?;
    Ok(tags)
}

fn check_count(tags: &Tags) -> Result<(), Fault> {
    if tags.len() <= MOST {
        return Ok(());
    }
    Err(Fault::new("TooManyTagsException", "The resource has too many tags."))
}

fn tag(scope: &mut Scope<'_>, input: &Tree, name_of: NameOf) -> Result<Tree, Fault> {
    let new = given(input, "tags")?;
    if new.is_empty() {
        return Err(Fault::missing("tags"));
    }
    let name = name_of(scope, input)?;
    let tags = &mut scope.logs_mut().groups.get_mut(&name).ok_or_else(not_found)?.tags;
    let mut all = tags.clone();
    all.extend(new);
    check_count(&all)?;
    *tags = all;
    Ok(nothing())
}

fn untag(scope: &mut Scope<'_>, input: &Tree, name_of: NameOf, member: &str) -> Result<Tree, Fault> {
    let keys = input.texts(member);
    let name = name_of(scope, input)?;
    let group = scope.logs_mut().groups.get_mut(&name).ok_or_else(not_found)?;
    group.tags.retain(|key, _| !keys.contains(&key.as_str()));
    Ok(nothing())
}

fn list(scope: &Scope<'_>, input: &Tree, name_of: NameOf) -> Result<Tree, Fault> {
    let name = name_of(scope, input)?;
    let mut tags = Tree::object();
    scope.logs().groups[&name].tags.iter().for_each(|(key, value)| tags.set(key, value));
    Ok(tree! { "tags": tags })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    #[test]
    fn tags_are_set_by_arn_and_by_name() {
        let cloud = Cloud::new();
        cloud.call("logs", "CreateLogGroup", tree! { "logGroupName": "/g", "tags": tree! { "a": "1" } }).unwrap();
        let arn = "arn:aws:logs:eu-central-1:111122223333:log-group:/g";
        let named = || tree! { "resourceArn": arn };
        cloud.call("logs", "TagResource", named().with("tags", tree! { "b": "2" })).unwrap();
        cloud.call("logs", "UntagLogGroup", tree! { "logGroupName": "/g", "tags": vec!["a"] }).unwrap();
        let list = cloud.call("logs", "ListTagsForResource", named()).unwrap();
        assert_eq!(list.text_map("tags"), [("b".to_owned(), "2".to_owned())]);
        let with_star = tree! { "resourceArn": format!("{arn}:*") };
        assert_eq!(code(cloud.call("logs", "ListTagsForResource", with_star)), "InvalidParameterException");
        let absent = tree! { "resourceArn": format!("{arn}h") };
        assert_eq!(code(cloud.call("logs", "ListTagsForResource", absent)), "ResourceNotFoundException");
    }
}
