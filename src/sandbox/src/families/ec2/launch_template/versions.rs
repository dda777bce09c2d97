//! Versions of launch templates: numbered from 1, never changed.

use serde::{Deserialize, Serialize};

use super::{LaunchTemplate, PAGING, data, missing_version, number};
use crate::families::ec2::filters::{Filters, one};
use crate::families::ec2::instance::image_id;
use crate::families::ec2::shape;
use crate::families::page::page;
use crate::families::{Operation, read, token, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const CREATE: Operation = write(
    "CreateLaunchTemplateVersion",
    &[
        "ClientToken",
        "LaunchTemplateId",
        "LaunchTemplateName",
        "SourceVersion",
        "VersionDescription",
        "LaunchTemplateData",
    ],
    create,
);
pub const DESCRIBE: Operation = read(
    "DescribeLaunchTemplateVersions",
    &[
        "LaunchTemplateId",
        "LaunchTemplateName",
        "LaunchTemplateVersion",
        "MinVersion",
        "MaxVersion",
        "ResolveAlias",
        "Filter",
        "MaxResults",
        "NextToken",
    ],
    describe,
);
pub const DELETE: Operation =
    write("DeleteLaunchTemplateVersions", &["LaunchTemplateId", "LaunchTemplateName", "LaunchTemplateVersion"], delete);

/// How many versions a template may have.
const MOST: usize = 10_000;

/// A version of a launch template.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Version {
    /// What it was said to be.
    pub description: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// ARN of who made it.
    pub created_by: String,
    /// What is launched, as it was written.
    pub data: Tree,
}

impl Version {
    pub fn new(scope: &Scope<'_>, description: Option<&str>, data: &Tree) -> Result<Self, Fault> {
        if let Some(long) = description.filter(|description| description.chars().count() > 255) {
            return Err(Fault::invalid("VersionDescription", long, "The maximum length is 255 characters."));
        }
        let description = description.map(ToOwned::to_owned);
        Ok(Self { description, created: scope.now, created_by: scope.caller().arn, data: data.clone() })
    }
}

fn shown(id: &str, template: &LaunchTemplate, version_number: u64) -> Tree {
    let version = &template.versions[&version_number];
    tree! {
        "launchTemplateId": id,
        "launchTemplateName": template.name.as_str(),
        "versionNumber": number(version_number),
        "versionDescription": version.description.as_deref(),
        "createTime": version.created,
        "createdBy": version.created_by.as_str(),
        "defaultVersion": version_number == template.default_version,
        "launchTemplateData": shape::shown(shape::TEMPLATE_DATA, &version.data),
    }
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    token::once(scope, "CreateLaunchTemplateVersion", input, "ClientToken", token::ec2_mismatch, |scope| {
        let data = input.at("LaunchTemplateData").ok_or_else(|| Fault::missing("LaunchTemplateData"))?;
        let (id, template) = scope.ec2().named_template(input, "")?;
        let data = match input.text("SourceVersion")? {
            Some(wanted) => {
                let source = template.number_of(Some(wanted)).ok_or_else(|| missing_version(id, wanted))?;
                data::merged(&template.versions[&source].data, data)
            }
            None => data.clone(),
        };
        data::check(&data)?;
        if template.versions.len() >= scope.limit("launch-template-versions", MOST) {
            let message = "You have reached the maximum number of versions for this launch template.";
            return Err(Fault::new("LaunchTemplateVersionLimitExceeded", message));
        }
        let version = Version::new(scope, input.text("VersionDescription")?, &data)?;
        let (id, number) = (id.to_owned(), template.last_number + 1);
        let store = scope.ec2_mut();
        if let Some(template) = store.launch_templates.get_mut(&id) {
            template.versions.insert(number, version);
            (template.latest_version, template.last_number) = (number, number);
        }
        Ok(tree! { "launchTemplateVersion": shown(&id, &store.launch_templates[&id], number) })
    })
}

/// Without a template, only `$Latest` and `$Default` of all templates can be asked for.
fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let store = scope.ec2();
    let wanted = input.texts("LaunchTemplateVersion");
    let bound = |member: &str| Ok(input.int(member)?.and_then(|bound| u64::try_from(bound).ok()));
    let (least, most): (Option<u64>, Option<u64>) = (bound("MinVersion")?, bound("MaxVersion")?);
    let filters = Filters::read(input)?;
    let mut found = Vec::new();
    if input.has("LaunchTemplateId") || input.has("LaunchTemplateName") {
        let (id, template) = store.named_template(input, "")?;
        if wanted.is_empty() {
            found.extend(template.versions.keys().rev().map(|number| (id, template, *number)));
        }
        for version in wanted {
            let number = template.number_of(Some(version)).ok_or_else(|| missing_version(id, version))?;
            found.push((id, template, number));
        }
    } else {
        if wanted.is_empty() || wanted.iter().any(|version| !["$Latest", "$Default"].contains(version)) {
            let message = "You must specify either a launch template ID or launch template name.";
            return Err(Fault::new("MissingParameter", message));
        }
        for (id, template) in &store.launch_templates {
            let numbers = wanted.iter().filter_map(|version| template.number_of(Some(version)));
            found.extend(numbers.map(|number| (id.as_str(), template, number)));
        }
    }
    let in_bounds = |number| least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most);
    let mut passing = Vec::new();
    for (id, template, number) in found {
        if in_bounds(number) && filters.accept(|name| filter_values(template, number, name))? {
            passing.push((id, template, number));
        }
    }
    let page = page(&PAGING, input, passing)?;
    let resolves = input.bool("ResolveAlias")? == Some(true);
    let mut set = Vec::new();
    for (id, template, number) in page.items {
        let mut shown = shown(id, template, number);
        let data = &template.versions[&number].data;
        if resolves && data.has("ImageId") {
            let image = image_id(scope, data)?;
            let resolved = shown.at("launchTemplateData").cloned().unwrap_or_default().with("imageId", image);
            shown.set("launchTemplateData", resolved);
        }
        set.push(shown);
    }
    Ok(tree! { "launchTemplateVersionSet": set, "nextToken": page.next })
}

fn filter_values(template: &LaunchTemplate, number: u64, name: &str) -> Option<Vec<String>> {
    let version = &template.versions[&number];
    let of_data = |path: &str| Some(version.data.at(path).map(Tree::quoted).into_iter().collect());
    match name {
        "create-time" => one(version.created),
        "is-default-version" => one(number == template.default_version),
        "image-id" => of_data("ImageId"),
        "instance-type" => of_data("InstanceType"),
        "kernel-id" => of_data("KernelId"),
        "ram-disk-id" => of_data("RamDiskId"),
        "ebs-optimized" => of_data("EbsOptimized"),
        "iam-instance-profile" => of_data("IamInstanceProfile.Arn"),
        "http-endpoint" => of_data("MetadataOptions.HttpEndpoint"),
        "http-tokens" => of_data("MetadataOptions.HttpTokens"),
        _ => None,
    }
}

/// Each version goes or stays by itself; the answer says which.
fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let versions = input.texts("LaunchTemplateVersion");
    if versions.is_empty() {
        return Err(Fault::missing("LaunchTemplateVersion"));
    }
    let (id, template) = scope.ec2().named_template(input, "")?;
    let (id, name) = (id.to_owned(), template.name.clone());
    let (mut gone, mut kept) = (Vec::new(), Vec::new());
    let store = scope.ec2_mut();
    let Some(template) = store.launch_templates.get_mut(&id) else { return Ok(Tree::object()) };
    for version in versions {
        let item = tree! { "launchTemplateId": &id, "launchTemplateName": &name, "versionNumber": version };
        let refused = match version.parse::<u64>() {
            Ok(number) if number == template.default_version => {
                let message = format!("Version {number} is the default version of the template and cannot be deleted.");
                Some(("unexpectedError", message))
            }
            Ok(number) if template.versions.remove(&number).is_some() => None,
            _ => Some(("launchTemplateVersionDoesNotExist", missing_text(&id, version))),
        };
        match refused {
            None => gone.push(item),
            Some((code, message)) => {
                kept.push(item.with("responseError", tree! { "code": code, "message": message }));
            }
        }
    }
    template.latest_version = template.versions.keys().next_back().copied().unwrap_or(1);
    Ok(tree! {
        "successfullyDeletedLaunchTemplateVersionSet": gone,
        "unsuccessfullyDeletedLaunchTemplateVersionSet": kept,
    })
}

fn missing_text(id: &str, version: &str) -> String {
    format!("Could not find the specified version {version} for the launch template with ID {id}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    fn numbers(answer: &Tree) -> Vec<i64> {
        let set = answer.list_at("launchTemplateVersionSet");
        set.iter().map(|version| version.int("versionNumber").unwrap().unwrap()).collect()
    }

    #[test]
    fn versions_count_up_and_are_merged_with_their_source() {
        let cloud = Cloud::new();
        let data = tree! { "InstanceType": "m5.large", "UserData": "YQ==" };
        let make = |operation: &str, input: Tree| cloud.ec2(operation, input.with("LaunchTemplateName", "nodes"));
        make("CreateLaunchTemplate", tree! { "LaunchTemplateData": data }).unwrap();
        let next = tree! { "LaunchTemplateData": tree! { "InstanceType": "m6i.large" }, "SourceVersion": "1" };
        let made = make("CreateLaunchTemplateVersion", next).unwrap();
        let shown = made.at("launchTemplateVersion.launchTemplateData").unwrap();
        assert_eq!((shown.need("instanceType"), shown.need("userData")), (Ok("m6i.large"), Ok("YQ==")));
        let all = |input: Tree| make("DescribeLaunchTemplateVersions", input);
        assert_eq!(numbers(&all(tree! {}).unwrap()), [2, 1]);
        assert_eq!(numbers(&all(tree! { "LaunchTemplateVersion": vec!["$Default"] }).unwrap()), [1]);
        assert_eq!(numbers(&all(tree! { "LaunchTemplateVersion": vec!["$Latest"] }).unwrap()), [2]);
        let absent = all(tree! { "LaunchTemplateVersion": vec!["7"] });
        assert_eq!(code(absent), "InvalidLaunchTemplateId.VersionNotFound");
        make("ModifyLaunchTemplate", tree! { "SetDefaultVersion": "2" }).unwrap();
        let deleted = make("DeleteLaunchTemplateVersions", tree! { "LaunchTemplateVersion": vec!["1", "2", "9"] });
        let deleted = deleted.unwrap();
        assert_eq!(deleted.list_at("successfullyDeletedLaunchTemplateVersionSet").len(), 1);
        assert_eq!(deleted.list_at("unsuccessfullyDeletedLaunchTemplateVersionSet").len(), 2);
    }

    #[test]
    fn images_by_parameter_are_resolved_where_that_is_asked() {
        let cloud = Cloud::new();
        let folder = "/aws/service/eks/optimized-ami/1.33/amazon-linux-2023/x86_64/standard/recommended";
        let alias = format!("resolve:ssm:{folder}/image_id");
        let data = tree! { "ImageId": alias.as_str() };
        let made = tree! { "LaunchTemplateName": "t-1", "LaunchTemplateData": data };
        cloud.ec2("CreateLaunchTemplate", made).unwrap();
        let image = |resolves: bool| {
            let input = tree! { "LaunchTemplateName": "t-1", "ResolveAlias": resolves };
            let answer = cloud.ec2("DescribeLaunchTemplateVersions", input).unwrap();
            answer.list_at("launchTemplateVersionSet")[0].need("launchTemplateData.imageId").unwrap().to_owned()
        };
        let expected = crate::facts::image_of_parameter(folder).unwrap().id(crate::testing::REGION);
        assert_eq!((image(false), image(true)), (alias.clone(), expected));
    }
}
