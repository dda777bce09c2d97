//! Types of the Key Management Service.

mod alias;
mod key;
mod tags;

use crate::registry::{BoxedResource, regional};

/// Returns the resource types.
pub fn resources() -> Vec<BoxedResource> {
    vec![regional::<alias::Alias>("kms"), regional::<key::Key>("kms")]
}
