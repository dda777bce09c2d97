//! Policies that AWS manages. Of most of them only the name is known here, not the document.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::timestamp::Timestamp;
use crate::world::Ids;

/// A policy that AWS manages.
#[derive(Clone, Debug)]
pub struct AwsPolicy {
    /// Its name.
    pub name: String,
    /// Its path.
    pub path: String,
    /// Its version.
    pub version: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it got its version.
    pub updated: Timestamp,
    /// The document of its version, where it is known.
    pub document: Option<String>,
}

#[derive(Deserialize)]
struct Row {
    path: String,
    default_version: String,
    create_date: String,
    update_date: String,
    document: Option<Value>,
}

static POLICIES: LazyLock<BTreeMap<String, AwsPolicy>> = LazyLock::new(|| {
    let rows: BTreeMap<String, Row> = serde_json::from_str(include_str!("../../../facts/managed_policies.json"))
        .expect("the table is part of the program and tested");
    let known = rows.into_iter().map(|(name, row)| AwsPolicy {
        name,
        path: row.path,
        version: row.default_version,
        created: Timestamp::parse(&row.create_date).unwrap_or_default(),
        updated: Timestamp::parse(&row.update_date).unwrap_or_default(),
        document: row.document.map(|document| document.to_string()),
    });
    let named = include_str!("../../../facts/managed_policy_names.txt").lines().filter_map(of_line);
    known.chain(named).map(|policy| (policy.resource(), policy)).collect()
});

fn of_line(line: &str) -> Option<AwsPolicy> {
    let mut parts = line.split(' ');
    let (path, name) = parts.next()?.rsplit_once('/')?;
    Some(AwsPolicy {
        name: name.to_owned(),
        path: format!("{path}/"),
        version: parts.next()?.to_owned(),
        created: Timestamp::parse(parts.next()?)?,
        updated: Timestamp::parse(parts.next()?)?,
        document: None,
    })
}

impl AwsPolicy {
    /// Returns the last part of the ARN: `policy`, path and name.
    pub fn resource(&self) -> String {
        format!("policy{}{}", self.path, self.name)
    }

    /// Returns the ARN in a partition.
    pub fn arn(&self, partition: &str) -> String {
        format!("arn:{partition}:iam::aws:{}", self.resource())
    }

    /// Returns the unique id: made up, but always the same.
    pub fn id(&self) -> String {
        let seed = self.name.bytes().fold(0, |seed: u64, byte| seed.wrapping_mul(131).wrapping_add(byte.into()));
        Ids::new(seed).iam("ANPA")
    }
}

/// Returns a policy by ARN.
pub fn by_arn(arn: &str) -> Option<&'static AwsPolicy> {
    let resource = arn.split_once(":iam::aws:")?.1;
    POLICIES.get(resource)
}

/// Returns all policies, by path and name.
pub fn all() -> impl Iterator<Item = &'static AwsPolicy> {
    POLICIES.values()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_can_be_read() {
        assert!(by_arn("arn:aws:iam::aws:policy/AmazonEKSClusterPolicy").unwrap().document.is_some());
        assert!(by_arn("arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy").is_some());
        assert!(by_arn("arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicy").is_none());
        assert_eq!(all().count(), 1485);
        assert!(all().all(|policy| policy.created > Timestamp::default()));
    }
}
