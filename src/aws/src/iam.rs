//! Types of IAM.

mod document;
mod faults;
mod instance_profile;
mod openid_connect_provider;
mod policy;
mod policy_document;
mod role;
mod role_policy;
mod role_policy_attachment;
mod service_linked_role;
mod session_context;
mod tags;

use crate::registry::{BoxedDataSource, BoxedResource, global, global_data};

/// Returns the resource types.
pub fn resources() -> Vec<BoxedResource> {
    vec![
        global::<instance_profile::InstanceProfile>("iam"),
        global::<openid_connect_provider::OpenIdConnectProvider>("iam"),
        global::<policy::Policy>("iam"),
        global::<role::Role>("iam"),
        global::<role_policy::RolePolicy>("iam"),
        global::<role_policy_attachment::RolePolicyAttachment>("iam"),
        global::<service_linked_role::ServiceLinkedRole>("iam"),
    ]
}

/// Returns the data sources.
pub fn data_sources() -> Vec<BoxedDataSource> {
    vec![global_data::<policy_document::PolicyDocument>(""), global_data::<session_context::SessionContext>("iam")]
}
