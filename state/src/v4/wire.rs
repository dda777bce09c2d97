//! The JSON form, field by field in the order in which Terraform writes them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[derive(Serialize, Deserialize)]
pub(super) struct File<'a> {
    pub version: Option<u64>,
    #[serde(default, borrow)]
    pub terraform_version: Cow<'a, str>,
    #[serde(default)]
    pub serial: u64,
    #[serde(default, borrow)]
    pub lineage: Cow<'a, str>,
    #[serde(default, borrow)]
    pub outputs: BTreeMap<Cow<'a, str>, Output<'a>>,
    #[serde(default, borrow)]
    pub resources: Vec<Resource<'a>>,
    #[serde(default)]
    pub check_results: Option<Vec<CheckResult>>,
}

/// An output, also in the log of finished steps.
#[derive(Serialize, Deserialize)]
pub(crate) struct Output<'a> {
    #[serde(borrow)]
    pub value: Cow<'a, RawValue>,
    #[serde(borrow)]
    pub r#type: Cow<'a, RawValue>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub sensitive: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Resource<'a> {
    #[serde(default, borrow, skip_serializing_if = "str::is_empty")]
    pub module: Cow<'a, str>,
    #[serde(borrow)]
    pub mode: Cow<'a, str>,
    #[serde(borrow)]
    pub r#type: Cow<'a, str>,
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    #[serde(borrow)]
    pub provider: Cow<'a, str>,
    #[serde(default, borrow)]
    pub instances: Vec<Instance<'a>>,
}

/// One object of an instance, also in the log of finished steps.
#[derive(Serialize, Deserialize)]
pub(crate) struct Instance<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_key: Option<IndexKey>,
    #[serde(default, borrow, skip_serializing_if = "str::is_empty")]
    pub status: Cow<'a, str>,
    #[serde(default, borrow, skip_serializing_if = "str::is_empty")]
    pub deposed: Cow<'a, str>,
    #[serde(default)]
    pub schema_version: u64,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<&'a RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes_flat: Option<serde_json::Value>,
    #[serde(default)]
    pub sensitive_attributes: Vec<Vec<PathStep>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_schema_version: Option<u64>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub identity: Option<&'a RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<String>,
    #[serde(default, borrow, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub create_before_destroy: bool,
}

/// `index_key`: a number or a string.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum IndexKey {
    Index(u64),
    Name(String),
}

impl Serialize for IndexKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Index(index) => serializer.serialize_u64(*index),
            Self::Name(name) => serializer.serialize_str(name),
        }
    }
}

impl<'de> Deserialize<'de> for IndexKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(name) => Ok(Self::Name(name)),
            serde_json::Value::Number(number) if number.is_u64() => {
                Ok(Self::Index(number.as_u64().unwrap_or_default()))
            }
            other => Err(serde::de::Error::custom(format!("an index key is a whole number or a string, not {other}"))),
        }
    }
}

/// One step of a path to a sensitive attribute.
#[derive(Serialize, Deserialize)]
pub(crate) struct PathStep {
    pub r#type: String,
    pub value: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
pub(super) struct CheckResult {
    pub object_kind: String,
    pub config_addr: String,
    pub status: String,
    #[serde(default)]
    pub objects: Option<Vec<CheckObject>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct CheckObject {
    pub object_addr: String,
    pub status: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failure_messages: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde wants")]
fn is_false(value: &bool) -> bool {
    !value
}
