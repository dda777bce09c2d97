//! The AWS provider: resource types and data sources of EKS and what it stands on, one file each.
//!
//! A type's file says what to call and what is there; `landfall-provider`'s runtime decides when. Shared here: the
//! client, errors as data, tags, policies, reads of many objects at once. This crate knows nothing of the language, the
//! engine or the state. Main types: [`AwsProvider`], [`Aws`]. How to write a type: `README.md` beside this crate.

pub mod arn;
pub mod client;
pub mod convert;
pub mod describe;
pub mod error;
pub mod names;
pub mod partition;
pub mod planning;
pub mod policy;
mod provider;
pub mod registry;
pub mod tags;
pub mod time;

mod autoscaling;
mod ec2;
mod eks;
mod iam;
mod kms;
mod logs;
mod meta;
mod ssm;
mod sts;

#[cfg(test)]
mod schema_test;
#[cfg(test)]
mod test_support;

pub use client::Aws;
pub use eks::token::{ClusterToken, token};
pub use provider::{AwsProvider, Transport};
