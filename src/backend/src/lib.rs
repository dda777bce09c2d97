//! Where states are kept beside local files: the backend `s3`, with Terraform's settings, and keys of KMS.
//!
//! The rules of states in buckets (conditions, leases, journals) are `landfall-state`'s; here is how a bucket is reached:
//! settings, credentials, endpoints, HTTP. This crate knows nothing of the language, providers or the engine. Main types:
//! [`Settings`], [`S3`], [`Access`].

mod access;
mod aws_json;
mod credentials;
mod dynamodb;
mod hash;
mod kms;
mod objects;
mod problem;
mod s3;
mod schema;
mod settings;

pub use access::Access;
pub use hash::{hash, hash_of};
pub use kms::{KmsKey, KmsSettings};
pub use problem::Problem;
pub use s3::S3;
pub use schema::{Kind, SETTINGS};
pub use settings::Settings;
