//! Launch templates.

pub mod data;
mod versions;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use versions::Version;

use super::filters::{Filters, one};
use super::{Store, kinds, tags};
use crate::families::page::{Paging, page};
use crate::families::{Family, read, token, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "ec2",
    operations: &[
        write(
            "CreateLaunchTemplate",
            &["ClientToken", "LaunchTemplateName", "VersionDescription", "LaunchTemplateData", "TagSpecification"],
            create,
        ),
        read(
            "DescribeLaunchTemplates",
            &["LaunchTemplateId", "LaunchTemplateName", "Filter", "MaxResults", "NextToken"],
            describe,
        ),
        write(
            "ModifyLaunchTemplate",
            &["ClientToken", "LaunchTemplateId", "LaunchTemplateName", "SetDefaultVersion"],
            modify,
        ),
        write("DeleteLaunchTemplate", &["LaunchTemplateId", "LaunchTemplateName"], delete),
        versions::CREATE,
        versions::DESCRIBE,
        versions::DELETE,
    ],
    events: &[],
};

/// How many templates a region may have.
const MOST: usize = 5000;

/// How lists of templates and of versions are paged.
const PAGING: Paging = Paging { least: 1, most: 200, usual: 200, ..super::PAGING };

/// A launch template.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LaunchTemplate {
    /// Its name, one of its region.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// ARN of who made it.
    pub created_by: String,
    /// Number of the version that is used where none is named.
    pub default_version: u64,
    /// Number of the newest version that is there.
    pub latest_version: u64,
    /// Number of the newest version that ever was; numbers are not used again.
    pub last_number: u64,
    /// Versions by number.
    pub versions: BTreeMap<u64, Version>,
}

impl LaunchTemplate {
    fn shown(&self, store: &Store, id: &str) -> Tree {
        tree! {
            "launchTemplateId": id,
            "launchTemplateName": self.name.as_str(),
            "createTime": self.created,
            "createdBy": self.created_by.as_str(),
            "defaultVersionNumber": number(self.default_version),
            "latestVersionNumber": number(self.latest_version),
            "tagSet": store.tag_set(id),
        }
    }

    /// Returns the number that a version's name means: a number, `$Latest`, `$Default`, or nothing for the default one.
    pub fn number_of(&self, version: Option<&str>) -> Option<u64> {
        let number = match version.filter(|version| !version.is_empty()) {
            None | Some("$Default") => Some(self.default_version),
            Some("$Latest") => Some(self.latest_version),
            Some(number) => number.parse().ok(),
        };
        number.filter(|number| self.versions.contains_key(number))
    }
}

fn number(number: u64) -> Tree {
    Tree::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

impl Store {
    /// Returns a template by id or name, with its id.
    ///
    /// # Errors
    /// When it is not there.
    pub fn launch_template(&self, id: Option<&str>, name: Option<&str>) -> Result<(&str, &LaunchTemplate), Fault> {
        match (id.filter(|id| !id.is_empty()), name.filter(|name| !name.is_empty())) {
            (Some(_), Some(_)) => {
                let message = "Cannot specify both launch template ID and launch template name.";
                Err(Fault::new("InvalidParameterCombination", message))
            }
            (None, None) => {
                let message = "Either a launch template ID or a launch template name must be specified in the request.";
                Err(Fault::new("MissingParameter", message))
            }
            (Some(id), None) => {
                let found = self.launch_templates.get_key_value(id).map(|(id, template)| (id.as_str(), template));
                found.ok_or_else(|| missing_id(id))
            }
            (None, Some(name)) => {
                let found = self.launch_templates.iter().find(|(_, template)| template.name == name);
                found.map(|(id, template)| (id.as_str(), template)).ok_or_else(|| missing_name(name))
            }
        }
    }

    /// Returns the template that an input names by the members of this prefix, such as `LaunchTemplate.`.
    ///
    /// # Errors
    /// When it is not there.
    pub fn named_template(&self, input: &Tree, prefix: &str) -> Result<(&str, &LaunchTemplate), Fault> {
        let member = |name: &str| input.text(&format!("{prefix}{name}"));
        self.launch_template(member("LaunchTemplateId")?, member("LaunchTemplateName")?)
    }
}

fn missing_id(id: &str) -> Fault {
    let is_formed = id.strip_prefix("lt-").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if is_formed {
        let message = format!("The specified launch template, with template ID {id}, does not exist.");
        Fault::new("InvalidLaunchTemplateId.NotFound", message)
    } else {
        Fault::new("InvalidLaunchTemplateId.Malformed", format!("Invalid id: \"{id}\" (expecting \"lt-...\")"))
    }
}

fn missing_name(name: &str) -> Fault {
    let message = format!("The specified launch template, with template name {name}, does not exist.");
    Fault::new("InvalidLaunchTemplateName.NotFoundException", message)
}

/// Returns the error for a version that is not there.
pub fn missing_version(id: &str, version: &str) -> Fault {
    let message = format!("Could not find the specified version {version} for the launch template with ID {id}.");
    Fault::new("InvalidLaunchTemplateId.VersionNotFound", message)
}

fn checked_name(name: &str) -> Result<(), Fault> {
    let is_fine = |character: char| character.is_ascii_alphanumeric() || "().-/_".contains(character);
    if (3..=128).contains(&name.len()) && name.chars().all(is_fine) {
        return Ok(());
    }
    let message = "Launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the \
                   following characters: - ( ) . / _";
    Err(Fault::new("InvalidLaunchTemplateName.MalformedException", message))
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    token::once(scope, "CreateLaunchTemplate", input, "ClientToken", token::ec2_mismatch, |scope| {
        let name = input.need("LaunchTemplateName")?;
        checked_name(name)?;
        let data = input.at("LaunchTemplateData").ok_or_else(|| Fault::missing("LaunchTemplateData"))?;
        data::check(data)?;
        let tags = tags::specified(input, "launch-template")?;
        let store = scope.ec2();
        if store.launch_templates.values().any(|template| template.name == name) {
            let message = "Launch template name already in use.";
            return Err(Fault::new("InvalidLaunchTemplateName.AlreadyExistsException", message));
        }
        if store.launch_templates.len() >= scope.limit("launch-templates", MOST) {
            let message = "You have reached the maximum number of launch templates for this region.";
            return Err(Fault::new("LaunchTemplateLimitExceeded", message));
        }
        let version = Version::new(scope, input.text("VersionDescription")?, data)?;
        let template = LaunchTemplate {
            name: name.to_owned(),
            created: scope.now,
            created_by: version.created_by.clone(),
            default_version: 1,
            latest_version: 1,
            last_number: 1,
            versions: BTreeMap::from([(1, version)]),
        };
        let id = scope.ids().ec2("lt");
        let store = scope.ec2_mut();
        store.tag_new(&id, tags);
        let shown = template.shown(store, &id);
        store.launch_templates.insert(id, template);
        Ok(tree! { "launchTemplate": shown })
    })
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let store = scope.ec2();
    let (ids, names) = (input.texts("LaunchTemplateId"), input.texts("LaunchTemplateName"));
    for id in &ids {
        store.launch_template(Some(id), None)?;
    }
    for name in &names {
        store.launch_template(None, Some(name))?;
    }
    let filters = Filters::read(input)?;
    let mut found = Vec::new();
    for (id, template) in &store.launch_templates {
        let is_named = ids.contains(&id.as_str()) || names.contains(&template.name.as_str());
        let passes = filters.accept_tagged(store, id, |name| match name {
            "launch-template-name" => one(&template.name),
            "create-time" => one(template.created),
            _ => None,
        })?;
        if passes && (is_named || (ids.is_empty() && names.is_empty())) {
            found.push((id, template));
        }
    }
    let page = page(&PAGING, input, found)?;
    let set = page.items.into_iter().map(|(id, template)| template.shown(store, id));
    Ok(tree! { "launchTemplates": Tree::list(set), "nextToken": page.next })
}

fn modify(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    token::once(scope, "ModifyLaunchTemplate", input, "ClientToken", token::ec2_mismatch, |scope| {
        let (id, template) = scope.ec2().named_template(input, "")?;
        let wanted = input.need("SetDefaultVersion")?;
        let number = template.number_of(Some(wanted)).ok_or_else(|| missing_version(id, wanted))?;
        let id = id.to_owned();
        let store = scope.ec2_mut();
        let template = store.launch_templates.get_mut(&id).ok_or_else(|| kinds::missing(&id))?;
        template.default_version = number;
        Ok(tree! { "launchTemplate": store.launch_templates[&id].shown(store, &id) })
    })
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (id, template) = scope.ec2().named_template(input, "")?;
    let (id, shown) = (id.to_owned(), template.shown(scope.ec2(), id));
    let store = scope.ec2_mut();
    store.launch_templates.remove(&id);
    store.tags.remove(&id);
    Ok(tree! { "launchTemplate": shown })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    fn make(cloud: &Cloud, name: &str) -> Result<Tree, Fault> {
        let data = tree! { "InstanceType": "m5.large", "ImageId": "ami-0123456789abcdef0" };
        cloud.ec2("CreateLaunchTemplate", tree! { "LaunchTemplateName": name, "LaunchTemplateData": data })
    }

    #[test]
    fn names_are_of_one_template_and_of_a_form() {
        let cloud = Cloud::new();
        make(&cloud, "nodes").unwrap();
        assert_eq!(code(make(&cloud, "nodes")), "InvalidLaunchTemplateName.AlreadyExistsException");
        assert_eq!(code(make(&cloud, "a b c")), "InvalidLaunchTemplateName.MalformedException");
        let delete = || cloud.ec2("DeleteLaunchTemplate", tree! { "LaunchTemplateName": "nodes" });
        delete().unwrap();
        assert_eq!(code(delete()), "InvalidLaunchTemplateName.NotFoundException");
    }

    #[test]
    fn one_token_makes_one_template() {
        let cloud = Cloud::new();
        let with = |name: &str| {
            let data = tree! { "InstanceType": "m5.large" };
            let input = tree! { "LaunchTemplateName": name, "LaunchTemplateData": data, "ClientToken": "t" };
            cloud.ec2("CreateLaunchTemplate", input)
        };
        assert_eq!(with("nodes").unwrap(), with("nodes").unwrap());
        assert_eq!(code(with("other")), "IdempotentParameterMismatch");
    }

    #[test]
    fn lists_are_by_id_name_and_tag() {
        let cloud = Cloud::new();
        let data = tree! { "InstanceType": "m5.large" };
        let tags = tree! { "ResourceType": "launch-template", "Tag": vec![tree! { "Key": "a", "Value": "b" }] };
        let input = tree! { "LaunchTemplateName": "one", "LaunchTemplateData": data, "TagSpecification": vec![tags] };
        let made = cloud.http("ec2", "CreateLaunchTemplate", input).unwrap();
        let id = made.need("launchTemplate.launchTemplateId").unwrap();
        make(&cloud, "two").unwrap();
        let count = |input: Tree| {
            let answer = cloud.ec2("DescribeLaunchTemplates", input).unwrap();
            answer.list_at("launchTemplates").len()
        };
        let filter = tree! { "Name": "tag:a", "Value": vec!["b"] };
        assert_eq!(count(tree! {}), 2);
        assert_eq!(count(tree! { "LaunchTemplateId": vec![id] }), 1);
        assert_eq!(count(tree! { "LaunchTemplateName": vec!["two"] }), 1);
        assert_eq!(count(tree! { "Filter": vec![filter] }), 1);
        let absent = cloud.ec2("DescribeLaunchTemplates", tree! { "LaunchTemplateId": vec!["lt-0aaaaaaaaaaaaaaaa"] });
        assert_eq!(code(absent), "InvalidLaunchTemplateId.NotFound");
    }
}
