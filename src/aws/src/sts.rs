//! Types of the Security Token Service.

mod caller_identity;

use crate::registry::{BoxedDataSource, global_data};

/// Returns the data sources.
pub fn data_sources() -> Vec<BoxedDataSource> {
    vec![global_data::<caller_identity::CallerIdentity>("sts")]
}
