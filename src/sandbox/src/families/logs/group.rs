//! Log groups.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::filter::MetricFilter;
use super::stream::Stream;
use super::tags::{self, Tags};
use super::{GROUP_NAME, PAGING, invalid, listed, millis, not_found, nothing};
use crate::families::constraints::{length, one_of, range};
use crate::families::iam::allows_service;
use crate::families::page::{Paging, page};
use crate::families::{Family, read, write};
use crate::protocol::fault::Fault;
use crate::scope::Scope;
use crate::timestamp::Timestamp;
use crate::tree;
use crate::tree::Tree;

pub const FAMILY: Family = Family {
    service: "logs",
    operations: &[
        write(
            "CreateLogGroup",
            &["logGroupName", "kmsKeyId", "tags", "logGroupClass", "deletionProtectionEnabled"],
            create,
        ),
        read(
            "DescribeLogGroups",
            &[
                "logGroupNamePrefix",
                "logGroupNamePattern",
                "logGroupClass",
                "logGroupIdentifiers",
                "limit",
                "nextToken",
            ],
            describe,
        ),
        read(
            "ListLogGroups",
            &[
                "logGroupNamePattern",
                "logGroupClass",
                "includeLinkedAccounts",
                "accountIdentifiers",
                "limit",
                "nextToken",
            ],
            list,
        ),
        write("DeleteLogGroup", &["logGroupName"], delete),
        write("PutRetentionPolicy", &["logGroupName", "retentionInDays"], put_retention),
        write("DeleteRetentionPolicy", &["logGroupName"], delete_retention),
        write("AssociateKmsKey", &["logGroupName", "kmsKeyId"], associate_key),
        write("DisassociateKmsKey", &["logGroupName"], disassociate_key),
        write("PutLogGroupDeletionProtection", &["logGroupIdentifier", "deletionProtectionEnabled"], protect),
    ],
    events: &[],
};

const RETENTIONS: &[i64] =
    &[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
const CLASSES: &[&str] = &["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"];

/// A log group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Group {
    /// When it was made.
    pub created: Timestamp,
    /// How long events are kept, in days; for ever where this is nothing.
    pub retention_days: Option<i64>,
    /// ARN of the key that encrypts it.
    pub kms_key: Option<String>,
    /// `STANDARD` or `INFREQUENT_ACCESS`.
    pub class: String,
    /// Whether it must not be deleted.
    pub is_protected: bool,
    /// Its tags.
    pub tags: Tags,
    /// Its streams by name.
    pub streams: BTreeMap<String, Stream>,
    /// Its metric filters by name.
    #[serde(default)]
    pub metric_filters: BTreeMap<String, MetricFilter>,
}

impl Group {
    fn new(created: Timestamp) -> Self {
        Self {
            created,
            retention_days: None,
            kms_key: None,
            class: "STANDARD".to_owned(),
            is_protected: false,
            tags: Tags::new(),
            streams: BTreeMap::new(),
            metric_filters: BTreeMap::new(),
        }
    }
}

/// Makes a group, where it is not there, as services do that write to it.
pub fn ensure(scope: &mut Scope<'_>, name: &str) {
    let now = scope.now;
    scope.logs_mut().groups.entry(name.to_owned()).or_insert_with(|| Group::new(now));
}

/// Returns the ARN of a group, without the `:*` at its end that some answers have.
pub fn arn(scope: &Scope<'_>, name: &str) -> String {
    scope.arn("logs", &format!("log-group:{name}"))
}

fn key(scope: &Scope<'_>, input: &Tree, group: &str) -> Result<Option<String>, Fault> {
    let Some(key) = length(0, 256).optional(input, "kmsKeyId")?.filter(|key| !key.is_empty()) else { return Ok(None) };
    let service = format!("logs.{}.amazonaws.com", scope.region);
    let is_usable = key.starts_with("arn:")
        && scope.kms_key(key).is_ok_and(|(_, key)| {
            let lets_in = |principal: &str| allows_service(&key.policy, principal, "kms:Encrypt");
            key.state() == "Enabled" && key.is_symmetric() && (lets_in(&service) || lets_in("logs.amazonaws.com"))
        });
    if is_usable {
        return Ok(Some(key.to_owned()));
    }
    let group = arn(scope, group);
    let message = format!("The specified KMS key does not exist or is not allowed to be used with Arn '{group}'");
    Err(Fault::new("AccessDeniedException", message))
}

fn create(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let name = GROUP_NAME.need(input, "logGroupName")?;
    if name.starts_with("aws/") {
        return Err(invalid("Log groups starting with AWS/ are reserved for AWS."));
    }
    let class = one_of(input, "logGroupClass", CLASSES)?.unwrap_or("STANDARD");
    if class == "DELIVERY" {
        return Err(Fault::not_modelled("log groups of the class `DELIVERY`"));
    }
    let (tags, is_protected) = (tags::given(input, "tags")?, input.bool("deletionProtectionEnabled")?);
    if scope.logs().groups.contains_key(name) {
        return Err(Fault::new("ResourceAlreadyExistsException", "The specified log group already exists"));
    }
    let group = Group {
        kms_key: key(scope, input, name)?,
        class: class.to_owned(),
        is_protected: is_protected.unwrap_or_default(),
        tags,
        ..Group::new(scope.now)
    };
    scope.logs_mut().groups.insert(name.to_owned(), group);
    Ok(nothing())
}

fn describe(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let prefix = GROUP_NAME.optional(input, "logGroupNamePrefix")?;
    let pattern = input.text("logGroupNamePattern")?;
    if prefix.is_some() && pattern.is_some() {
        let message = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.";
        return Err(invalid(message));
    }
    let class = one_of(input, "logGroupClass", CLASSES)?;
    let identifiers = input.texts("logGroupIdentifiers");
    let pattern = pattern.map(str::to_lowercase);
    let wanted = scope.logs().groups.iter().filter(|(name, group)| {
        prefix.is_none_or(|prefix| name.starts_with(prefix))
            && pattern.as_ref().is_none_or(|pattern| name.to_lowercase().contains(pattern))
            && class.is_none_or(|class| group.class == class)
            && (identifiers.is_empty() || identifiers.iter().any(|id| *id == name.as_str() || *id == arn(scope, name)))
    });
    listed(input, "logGroups", wanted.map(|(name, group)| shown(scope, name, group)))
}

/// A pattern is one or more words with `|` between, which names have in them, or begin with after a `^`.
fn list(scope: &Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let pattern = length(3, 129).optional(input, "logGroupNamePattern")?;
    let class = one_of(input, "logGroupClass", CLASSES)?;
    let accounts = input.texts("accountIdentifiers");
    let is_own = accounts.is_empty() || accounts.contains(&scope.account);
    range(input, "limit", 1, 1000)?;
    let fits = |name: &str| {
        let word_fits = |word: &str| match word.strip_prefix('^') {
            Some(start) => name.starts_with(start),
            None => name.contains(word),
        };
        pattern.is_none_or(|pattern| pattern.split('|').any(word_fits))
    };
    let wanted = scope.logs().groups.iter();
    let wanted = wanted.filter(|(name, group)| is_own && fits(name) && class.is_none_or(|class| group.class == class));
    let rows = wanted.map(|(name, group)| {
        tree! {
            "logGroupName": name,
            "logGroupArn": arn(scope, name),
            "logGroupClass": group.class.as_str(),
        }
    });
    let page = page(&Paging { most: 1000, ..PAGING }, input, rows)?;
    Ok(tree! { "logGroups": page.items, "nextToken": page.next })
}

fn shown(scope: &Scope<'_>, name: &str, group: &Group) -> Tree {
    let arn = arn(scope, name);
    tree! {
        "logGroupName": name,
        "creationTime": millis(group.created),
        "retentionInDays": group.retention_days,
        "metricFilterCount": group.metric_filters.len(),
        "arn": format!("{arn}:*"),
        "storedBytes": 0,
        "kmsKeyId": group.kms_key.as_ref(),
        "logGroupClass": group.class.as_str(),
        "logGroupArn": arn,
        "deletionProtectionEnabled": group.is_protected,
    }
}

fn delete(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, group) = scope.logs().group(input)?;
    if group.is_protected {
        let message = "The log group cannot be deleted because deletion protection is enabled.";
        return Err(Fault::new("ValidationException", message));
    }
    let name = name.to_owned();
    scope.logs_mut().groups.remove(&name);
    Ok(nothing())
}

fn put_retention(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let days = input.int("retentionInDays")?.ok_or_else(|| Fault::missing("retentionInDays"))?;
    if !RETENTIONS.contains(&days) {
        let all: Vec<String> = RETENTIONS.iter().map(i64::to_string).collect();
        let why = format!("Member must satisfy enum value set: [{}]", all.join(", "));
        return Err(Fault::invalid("retentionInDays", days, &why));
    }
    scope.logs_mut().group_mut(input)?.retention_days = Some(days);
    Ok(nothing())
}

fn delete_retention(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    scope.logs_mut().group_mut(input)?.retention_days = None;
    Ok(nothing())
}

fn associate_key(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let (name, _) = scope.logs().group(input)?;
    let key = key(scope, input, name)?.ok_or_else(|| Fault::missing("kmsKeyId"))?;
    scope.logs_mut().group_mut(input)?.kms_key = Some(key);
    Ok(nothing())
}

fn disassociate_key(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    scope.logs_mut().group_mut(input)?.kms_key = None;
    Ok(nothing())
}

/// The group is named by name or ARN.
fn protect(scope: &mut Scope<'_>, input: &Tree) -> Result<Tree, Fault> {
    let identifier = length(1, 2048).need(input, "logGroupIdentifier")?;
    let is_protected = input.bool("deletionProtectionEnabled")?;
    let is_protected = is_protected.ok_or_else(|| Fault::missing("deletionProtectionEnabled"))?;
    let name = identifier.split_once(":log-group:").map_or(identifier, |(_, name)| name.trim_end_matches(":*"));
    let group = scope.logs_mut().groups.get_mut(name).ok_or_else(not_found)?;
    group.is_protected = is_protected;
    Ok(nothing())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Cloud, code};

    fn create(cloud: &Cloud, name: &str) -> Result<Tree, Fault> {
        cloud.call("logs", "CreateLogGroup", tree! { "logGroupName": name, "tags": tree! { "a": "b" } })
    }

    #[test]
    fn groups_are_listed_by_prefix_in_order_and_pages() {
        let cloud = Cloud::new();
        for name in ["/aws/eks/b/cluster", "/aws/eks/a/cluster", "/other"] {
            create(&cloud, name).unwrap();
        }
        let input = tree! { "logGroupNamePrefix": "/aws/eks/", "limit": 1 };
        let first = cloud.call("logs", "DescribeLogGroups", input.clone()).unwrap();
        let group = &first.list_at("logGroups")[0];
        assert_eq!(group.need("logGroupName"), Ok("/aws/eks/a/cluster"));
        assert_eq!(group.need("arn"), Ok("arn:aws:logs:eu-central-1:111122223333:log-group:/aws/eks/a/cluster:*"));
        assert!(!group.has("retentionInDays"));
        let next = input.with("nextToken", first.need("nextToken").unwrap());
        let second = cloud.call("logs", "DescribeLogGroups", next).unwrap();
        assert_eq!(second.list_at("logGroups")[0].need("logGroupName"), Ok("/aws/eks/b/cluster"));
        assert!(!second.has("nextToken"));
        let list = |pattern: &str| {
            let found = cloud.call("logs", "ListLogGroups", tree! { "logGroupNamePattern": pattern }).unwrap();
            found.list_at("logGroups").len()
        };
        assert_eq!([list("cluster"), list("^/aws/eks/a"), list("^/other|/b/"), list("^cluster")], [2, 1, 2, 0]);
    }

    #[test]
    fn retention_is_one_of_a_few() {
        let cloud = Cloud::new();
        create(&cloud, "g").unwrap();
        let put = |days: i64| {
            cloud.call("logs", "PutRetentionPolicy", tree! { "logGroupName": "g", "retentionInDays": days })
        };
        put(90).unwrap();
        assert_eq!(code(put(2)), "InvalidParameterException");
        let shown = || cloud.call("logs", "DescribeLogGroups", tree! {}).unwrap().list_at("logGroups")[0].clone();
        assert_eq!(shown().int("retentionInDays"), Ok(Some(90)));
        cloud.call("logs", "DeleteRetentionPolicy", tree! { "logGroupName": "g" }).unwrap();
        assert!(!shown().has("retentionInDays"));
    }

    #[test]
    fn mistakes_have_their_codes() {
        let cloud = Cloud::new();
        create(&cloud, "g").unwrap();
        assert_eq!(code(create(&cloud, "g")), "ResourceAlreadyExistsException");
        assert_eq!(code(create(&cloud, "g h")), "InvalidParameterException");
        let delete = || cloud.call("logs", "DeleteLogGroup", tree! { "logGroupName": "g" });
        let protect = |on: bool| {
            let input = tree! { "logGroupIdentifier": "g", "deletionProtectionEnabled": on };
            cloud.call("logs", "PutLogGroupDeletionProtection", input).unwrap();
        };
        protect(true);
        assert_eq!(code(delete()), "ValidationException");
        protect(false);
        delete().unwrap();
        assert_eq!(delete(), Err(not_found()));
    }

    #[test]
    fn keys_must_let_the_service_in() {
        let cloud = Cloud::new();
        let made = cloud.call("kms", "CreateKey", tree! {}).unwrap();
        let (id, key) = (made.need("KeyMetadata.KeyId").unwrap(), made.need("KeyMetadata.Arn").unwrap());
        let with_key = || cloud.call("logs", "CreateLogGroup", tree! { "logGroupName": "g", "kmsKeyId": key });
        assert_eq!(code(with_key()), "AccessDeniedException");
        let policy = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"},
            {"Effect":"Allow","Principal":{"Service":"logs.eu-central-1.amazonaws.com"},"Action":"kms:Encrypt*","Resource":"*"}]}"#;
        cloud.call("kms", "PutKeyPolicy", tree! { "KeyId": id, "Policy": policy }).unwrap();
        with_key().unwrap();
        let shown = cloud.call("logs", "DescribeLogGroups", tree! {}).unwrap();
        assert_eq!(shown.list_at("logGroups")[0].need("kmsKeyId"), Ok(key));
    }
}
