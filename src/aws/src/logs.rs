//! Types of CloudWatch Logs.

mod log_group;

use crate::registry::{BoxedResource, regional};

/// Returns the resource types.
pub fn resources() -> Vec<BoxedResource> {
    vec![regional::<log_group::LogGroup>("logs")]
}
