//! EC2: networks, security groups, instances, templates, fleets.

pub mod cidr;
pub mod filters;
mod image;
mod key_pair;
pub mod kinds;
mod subnet;
mod tags;
mod vpc;
mod zones;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use key_pair::KeyPair;
pub use subnet::Subnet;
pub use tags::Tags;
pub use vpc::Vpc;

use super::Family;
use super::page::Paging;
use crate::protocol::fault::Fault;
use crate::scope::Scope;

/// The families of the service.
pub const FAMILIES: &[&Family] =
    &[&image::FAMILY, &key_pair::FAMILY, &subnet::FAMILY, &tags::FAMILY, &vpc::FAMILY, &zones::FAMILY];

/// What the service keeps. Each family has its maps, by id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Store {
    /// Tags of everything, by id.
    pub tags: BTreeMap<String, Tags>,
    /// VPCs.
    pub vpcs: BTreeMap<String, Vpc>,
    /// Key pairs.
    pub key_pairs: BTreeMap<String, KeyPair>,
    /// Subnets.
    pub subnets: BTreeMap<String, Subnet>,
}

/// How EC2 pages most lists.
pub const PAGING: Paging = Paging {
    size: "MaxResults",
    token: "NextToken",
    least: 5,
    most: 1000,
    usual: 1000,
    bad_token: |token| Fault::new("InvalidNextToken", format!("The token '{token}' is invalid")),
};

/// Makes what a region has from the start.
pub(crate) fn open_region(_: &mut Scope<'_>) {}
