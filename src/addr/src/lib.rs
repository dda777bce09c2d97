//! Addresses of everything that a configuration names, as immutable value types with one text form that parses back.
//!
//! This crate knows nothing of values, schemas or files. Main types: [`ResourceInstance`] (absolute address of one
//! object), [`ModuleInstance`] (path of module calls with their keys), [`ProviderConfig`].

mod instance_key;
mod module;
mod parse;
mod provider;
mod resource;

pub use instance_key::InstanceKey;
pub use module::{ModuleInstance, ModulePath, ModuleStep};
pub use parse::{ParseError, Target};
pub use provider::{ProviderConfig, ProviderSource};
pub use resource::{AbsResource, ConfigResource, DeposedKey, Mode, Resource, ResourceInstance};
