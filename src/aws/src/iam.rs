//! Types of IAM.

mod document;
mod faults;
mod instance_profile;
mod policy_document;
mod role;
mod role_policy_attachment;
mod session_context;
mod tags;

use crate::registry::{BoxedDataSource, BoxedResource, global, global_data};

/// Returns the resource types.
pub fn resources() -> Vec<BoxedResource> {
    vec![
        global::<instance_profile::InstanceProfile>("iam"),
        global::<role::Role>("iam"),
        global::<role_policy_attachment::RolePolicyAttachment>("iam"),
    ]
}

/// Returns the data sources.
pub fn data_sources() -> Vec<BoxedDataSource> {
    vec![global_data::<policy_document::PolicyDocument>(""), global_data::<session_context::SessionContext>("iam")]
}
