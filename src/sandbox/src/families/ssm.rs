//! Systems Manager: the public parameters of images.

use serde::{Deserialize, Serialize};

use super::Family;

/// The families of the service.
pub const FAMILIES: &[&Family] = &[];

/// What the service keeps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Store {}
