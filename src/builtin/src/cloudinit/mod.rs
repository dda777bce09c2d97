//! The `cloudinit` provider: configuration of cloud-init, as a text of several parts.

mod config;
mod data;
mod gzip;
mod mime;

pub use config::CloudinitConfig;
pub use data::CloudinitConfigData;
