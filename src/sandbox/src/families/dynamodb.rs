//! DynamoDB: tables with items by key, enough for locks.

mod condition;
mod item;
mod table;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use table::Table;

use super::Family;
use crate::protocol::fault::Fault;

/// The families of the service.
pub const FAMILIES: &[&Family] = &[&item::FAMILY, &table::FAMILY];

/// What the service keeps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Store {
    /// Tables by name.
    pub tables: BTreeMap<String, Table>,
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::new("ValidationException", message)
}

fn not_found(message: impl Into<String>) -> Fault {
    Fault::new("ResourceNotFoundException", message)
}
