//! Types of Systems Manager.

mod parameter;

use crate::registry::{BoxedDataSource, regional_data};

/// Returns the data sources.
pub fn data_sources() -> Vec<BoxedDataSource> {
    vec![regional_data::<parameter::Parameter>("ssm")]
}
