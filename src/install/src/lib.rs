//! Installation of modules: from a source address and a version constraint to a directory with the module's files.
//!
//! It knows sources, versions, registries, git, archives and buckets, and nothing of configurations: who calls which
//! module is told by the caller, and what went wrong is a [`Problem`] that the caller puts at a place. The environment is
//! read by the caller too. Main types: [`Installer`] with [`Call`] and [`Installed`], and [`CliConfig`].

mod archive;
mod cache;
mod checksum;
mod cli_config;
mod digest;
mod error;
mod fetch;
mod git;
mod glob;
mod hosts;
mod install;
mod package;
mod problem;
mod registry;
mod s3;
mod select;
mod web;

pub use cli_config::{CliConfig, CliConfigError};
pub use install::{Call, Event, Installed, Installer, Settings};
pub use problem::{Argument, Problem};
