//! Data sources on AWS itself, which no service is asked for.

mod partition;
mod region;

use crate::registry::{BoxedDataSource, global_data};

/// Returns the data sources.
pub fn data_sources() -> Vec<BoxedDataSource> {
    vec![global_data::<partition::PartitionData>(""), global_data::<region::Region>("")]
}
