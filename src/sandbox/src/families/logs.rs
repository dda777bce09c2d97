//! CloudWatch Logs: groups, streams, and policies that let services write.

mod event;
mod filter;
mod group;
mod policy;
mod stream;
mod tags;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use group::{Group, ensure as ensure_group};
pub use policy::ResourcePolicy;
pub use stream::Stream;

use super::Family;
use super::constraints::{Text, range};
use super::page::{Paging, page};
use crate::protocol::fault::Fault;
use crate::tree;
use crate::tree::Tree;

/// The families of the service.
pub const FAMILIES: &[&Family] =
    &[&event::FAMILY, &filter::FAMILY, &group::FAMILY, &policy::FAMILY, &stream::FAMILY, &tags::FAMILY];

/// What the service keeps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Store {
    /// Groups by name.
    pub groups: BTreeMap<String, Group>,
    /// Resource policies by name.
    pub policies: BTreeMap<String, ResourcePolicy>,
}

const GROUP_NAME: Text = Text {
    least: 1,
    most: 512,
    pattern: r"[\.\-_/#A-Za-z0-9]+",
    accepts: |text| text.chars().all(|character| character.is_ascii_alphanumeric() || ".-_/#".contains(character)),
};

const PAGING: Paging = Paging {
    size: "limit",
    token: "nextToken",
    least: 1,
    most: 50,
    usual: 50,
    bad_token: |_| invalid("The specified nextToken is invalid."),
};

fn listed(input: &Tree, name: &str, items: impl IntoIterator<Item = Tree>) -> Result<Tree, Fault> {
    range(input, PAGING.size, PAGING.least, PAGING.most)?;
    let page = page(&PAGING, input, items)?;
    Ok(Tree::object().with(name, page.items).with("nextToken", page.next))
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::new("InvalidParameterException", message)
}

fn not_found() -> Fault {
    Fault::new("ResourceNotFoundException", "The specified log group does not exist.")
}

impl Store {
    fn group(&self, input: &Tree) -> Result<(&str, &Group), Fault> {
        let name = GROUP_NAME.need(input, "logGroupName")?;
        let found = self.groups.get_key_value(name).map(|(name, group)| (name.as_str(), group));
        found.ok_or_else(not_found)
    }

    fn group_mut(&mut self, input: &Tree) -> Result<&mut Group, Fault> {
        let name = GROUP_NAME.need(input, "logGroupName")?;
        self.groups.get_mut(name).ok_or_else(not_found)
    }
}

/// Returns a moment as this service writes it: milliseconds since 1970.
fn millis(moment: crate::timestamp::Timestamp) -> Tree {
    Tree::Int(moment.millis())
}

/// An answer without members.
fn nothing() -> Tree {
    tree! {}
}
